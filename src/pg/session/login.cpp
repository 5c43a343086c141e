// tenancy.login(), logout() and whoami().
#include <optional>
#include <string>

#include "core/credential.hpp"
#include "pg/boundary.hpp"
#include "pg/session/settings.hpp"
#include "pg/session/state.hpp"
#include "pg/session/token_setting.hpp"
#include "pg/session/values.hpp"
#include "pg/types/identifier.hpp"

namespace tenancy::pg::session {
namespace {

std::optional<std::string> text_argument(FunctionCallInfo fcinfo, int number) {
  if (fcinfo->args[number].isnull) return std::nullopt;
  const char* const string = call([&] { return TextDatumGetCString(fcinfo->args[number].value); });
  return std::string(string);
}

std::optional<std::string> tenant_argument(FunctionCallInfo fcinfo, int number) {
  if (fcinfo->args[number].isnull) return std::nullopt;
  return core::decode_identifier(call([&] { return stored_bytes(fcinfo->args[number].value); }));
}

void set_token(const char* value, bool local) {
  call([&] {
    set_config_option(kTokenSetting, value, PGC_USERSET, PGC_S_SESSION,
                      local ? GUC_ACTION_LOCAL : GUC_ACTION_SET, true, 0, false);
  });
}

TupleDesc result_row(FunctionCallInfo fcinfo) {
  return call([&] {
    TupleDesc row = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE) {
      elog(ERROR, "the function does not return tenancy.identity");
    }
    return row;
  });
}

}  // namespace
}  // namespace tenancy::pg::session

namespace {

using namespace tenancy;
using namespace tenancy::pg;
using namespace tenancy::pg::session;

TENANCY_FUNCTION(tenancy_login) {
  const auto token = text_argument(fcinfo, 0);
  const auto tenant_id = tenant_argument(fcinfo, 1);
  const auto agent = text_argument(fcinfo, 3);
  const bool local = fcinfo->args[4].isnull || DatumGetBool(fcinfo->args[4].value);
  if (!token || token->empty()) {
    throw Refused(kCredentialRefused, "credential refused", "No token was given.",
                  "Pass the caller's token. To leave, call tenancy.logout().");
  }
  // Routes are resolved from 0.3 on. Until a route is known to belong to the tenant it is refused.
  if (!fcinfo->args[2].isnull) {
    throw Refused(kOtherTenantsRoute, "the route is not known to belong to the tenant",
                  "No routes are configured in this database.", "Call login without a route.");
  }
  std::string value = *token;
  if (tenant_id) value += ";tenant=" + *tenant_id;
  if (agent) {
    if (!core::is_agent_name(*agent)) {
      throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "not the name of an agent",
                    "An agent's name is 1 to 255 characters of printable ASCII without spaces, "
                    "quotes and semicolons.",
                    "Pass NULL when no agent acts for the user.");
    }
    value += ";agent=" + *agent;
  }
  set_token(value.c_str(), local);
  return identity_row(*held(), result_row(fcinfo));
}

TENANCY_FUNCTION(tenancy_logout) {
  set_token("", false);
  PG_RETURN_VOID();
}

TENANCY_FUNCTION(tenancy_whoami) {
  refresh();
  if (standing() != Standing::in_force) PG_RETURN_NULL();
  return identity_row(*held(), result_row(fcinfo));
}

}  // namespace
