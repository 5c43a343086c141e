// Settings that decide what a statement means or what protects it: does one of them have a value
// that someone in this session gave it, and that will outlive the transaction?
#include "pg/session/session_overrides.hpp"

#include <cstring>

#include "pg/boundary.hpp"
#include "pg/compat.hpp"

namespace tenancy::pg::session {
namespace {

constexpr const char* kWatched[] = {"search_path", "role", "row_security",
                                    "standard_conforming_strings", "session_replication_role"};
constexpr int kCount = sizeof kWatched / sizeof *kWatched;

// Built-in settings do not move.
const config_generic* settings[kCount];

struct Lasting {
  GucSource source;
  config_var_val value;
};

config_var_val current_value(const config_generic* setting) {
  config_var_val value{};
  switch (setting->vartype) {
    case PGC_BOOL:
      value.boolval = *reinterpret_cast<const config_bool*>(setting)->variable;
      break;
    case PGC_ENUM:
      value.enumval = *reinterpret_cast<const config_enum*>(setting)->variable;
      break;
    default:
      value.stringval = *reinterpret_cast<const config_string*>(setting)->variable;
  }
  return value;
}

// The value that stays when the transaction commits (guc.c, AtEOXact_GUC).
Lasting lasting_value(const config_generic* setting) {
  Lasting lasting{setting->source, current_value(setting)};
  for (const GucStack* level = setting->stack; level != nullptr; level = level->prev) {
    if (level->state == GUC_SET) break;
    if (level->state == GUC_SET_LOCAL) return {PGC_S_SESSION, level->masked.val};
    lasting = {level->source, level->prior.val};
  }
  return lasting;
}

bool is_reset_value(const config_generic* setting, const config_var_val& value) {
  switch (setting->vartype) {
    case PGC_BOOL:
      return value.boolval == reinterpret_cast<const config_bool*>(setting)->reset_val;
    case PGC_ENUM:
      return value.enumval == reinterpret_cast<const config_enum*>(setting)->reset_val;
    default: {
      const char* const reset = reinterpret_cast<const config_string*>(setting)->reset_val;
      return value.stringval != nullptr && reset != nullptr && strcmp(value.stringval, reset) == 0;
    }
  }
}

}  // namespace

const char* overridden_setting() {
  if (settings[kCount - 1] == nullptr) {
    call([] {
      for (int i = 0; i < kCount; i++) settings[i] = find_setting(kWatched[i]);
    });
  }
  for (const config_generic* const setting : settings) {
    const Lasting lasting = lasting_value(setting);
    if (lasting.source == PGC_S_SESSION && !is_reset_value(setting, lasting.value)) {
      return setting->name;
    }
  }
  return nullptr;
}

}  // namespace tenancy::pg::session
