#include "pg/auto_protect/settings.hpp"

#include "pg/postgres.hpp"

namespace tenancy::pg::auto_protect {
namespace {

int mode_setting = static_cast<int>(Mode::typed);
char* schemas_setting = nullptr;

const config_enum_entry kModes[] = {{"off", static_cast<int>(Mode::off), false},
                                    {"typed", static_cast<int>(Mode::typed), false},
                                    {"all", static_cast<int>(Mode::all), false},
                                    {nullptr, 0, false}};

bool is_list(char** value, void**, GucSource) {
  char* const copy = pstrdup(*value);
  List* names = NIL;
  const bool good = SplitIdentifierString(copy, ',', &names);
  if (!good) GUC_check_errdetail("It is a list of schema names, separated by commas.");
  list_free(names);
  pfree(copy);
  return good;
}

}  // namespace

Mode mode() {
  return static_cast<Mode>(mode_setting);
}
const char* schemas() {
  return schemas_setting;
}

void define_settings() {
  DefineCustomEnumVariable(
      "tenancy.auto_protect", "Which new tables are protected by the command that makes them.",
      "off: none. typed: those with a column of type tenancy.tenant_id. all: these, and every "
      "table of the schemas in tenancy.auto_protect_schemas.",
      &mode_setting, static_cast<int>(Mode::typed), kModes, PGC_SUSET, 0, nullptr, nullptr,
      nullptr);
  DefineCustomStringVariable(
      "tenancy.auto_protect_schemas", "Schemas whose new tables are all protected.",
      "Names separated by commas; counts where tenancy.auto_protect is all.", &schemas_setting, "",
      PGC_SUSET, GUC_LIST_INPUT, is_list, nullptr, nullptr);
}

}  // namespace tenancy::pg::auto_protect
