// tenancy.login(), logout() and whoami().
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/credential.hpp"
#include "pg/datum.hpp"
#include "pg/routes/routes.hpp"
#include "pg/session/settings.hpp"
#include "pg/session/state.hpp"
#include "pg/session/token_setting.hpp"
#include "pg/session/values.hpp"
#include "pg/trust/authenticator.hpp"
#include "pg/trust/refusal.hpp"
#include "pg/types/arguments.hpp"

namespace tenancy::pg::session {
namespace {

Refused wrong_route(std::string detail) {
  return Refused(kOtherTenantsRoute, "credential does not open this route", std::move(detail),
                 "Enter with a credential of the tenant that the route belongs to.");
}

// The credential narrowed to the route's tenant, once it is proven to open it: whose route it is
// comes before everything else that may refuse, and changes nothing in the session.
std::string narrowed_to_route(std::string value, std::string_view route) {
  hide_in_activity_view(core::token_in(value));
  const auto resolved = tenant_of_route(route);
  if (!resolved) throw wrong_route("The route is malformed. " + resolved.error().message);
  if (!resolved.value()) throw wrong_route("No pattern of tenancy.routes matches the route.");
  const std::string& tenant_id = *resolved.value();

  auto credential = core::read_credential(value);
  if (!credential) throw refusal_of(credential.error());
  core::Narrowing& narrowing = credential.value().narrowing;
  const bool narrow = !narrowing.tenant_id;
  if (narrow) narrowing.tenant_id = tenant_id;
  if (narrowing.tenant_id != tenant_id) {
    throw wrong_route("The tenant asked for is not the route's.");
  }
  const auto identity = authenticate(credential.value().token, narrowing, wall_clock());
  if (!identity && identity.error().code == core::Errc::wrong_tenant) {
    throw wrong_route(sentence_of(identity.error().message));
  }
  if (!identity) throw refusal_of(identity.error());
  return narrow ? std::move(value) + ";tenant=" + tenant_id : std::move(value);
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
  const auto tenant_id = identifier_argument(fcinfo, 1);
  const auto route = text_argument(fcinfo, 2);
  const auto agent = text_argument(fcinfo, 3);
  const bool local = fcinfo->args[4].isnull || DatumGetBool(fcinfo->args[4].value);
  if (!token || token->empty()) {
    throw Refused(kCredentialRefused, "credential refused", "No token was given.",
                  "Pass the caller's token. To leave, call tenancy.logout().");
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
  if (route) value = narrowed_to_route(std::move(value), *route);
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
