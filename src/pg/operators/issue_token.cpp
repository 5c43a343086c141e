// tenancy.issue_token().
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "pg/datum.hpp"
#include "pg/guard/administration.hpp"
#include "pg/operators/entries.hpp"
#include "pg/operators/token.hpp"
#include "pg/types/arguments.hpp"
#include "pg/types/permission.hpp"

namespace tenancy::pg {
namespace {

constexpr char kWhat[] = "tenancy.issue_token()";
constexpr std::array<std::string_view, 10> kReserved = {
    "aud", "exp", "iat", "iss", "jti", "nbf", "permissions", "roles", "sub", "tenant_id"};

// The text in the server's encoding, as UTF-8.
std::string utf8(const std::string& text) {
  const char* const converted =
      call([&] { return pg_server_to_any(text.c_str(), static_cast<int>(text.size()), PG_UTF8); });
  return converted;
}

std::vector<std::string> roles_argument(FunctionCallInfo fcinfo, int number) {
  std::vector<std::string> roles = texts_argument(fcinfo, number);
  for (std::string& role : roles) role = utf8(role);
  return roles;
}

core::Permissions permissions_argument(FunctionCallInfo fcinfo, int number) {
  if (PG_ARGISNULL(number)) return std::nullopt;
  std::vector<std::string> permissions;
  for (const auto& element : elements_argument(fcinfo, number)) {
    if (element) permissions.emplace_back(call([&] { return pattern_of(*element); }));
  }
  return permissions;
}

core::Seconds ttl_argument(FunctionCallInfo fcinfo, int number) {
  constexpr double kDay = SECS_PER_DAY;
  double seconds = 0;
  if (!PG_ARGISNULL(number)) {
    const Interval* const ttl = PG_GETARG_INTERVAL_P(number);
    seconds = static_cast<double>(ttl->time) / USECS_PER_SEC + kDay * ttl->day +
              kDay * DAYS_PER_MONTH * ttl->month;
  }
  if (!(seconds >= 1 && seconds <= kDay)) {
    throw refused_argument("ttl is not valid", "A token lives between one second and 24 hours.",
                           "Give ttl as '15 min', and issue again when it ends.");
  }
  return static_cast<core::Seconds>(seconds);
}

// The members of the object, without its braces.
std::string further_claims(FunctionCallInfo fcinfo, int number) {
  constexpr char kMessage[] = "claims is not valid";
  constexpr char kForm[] = "Give further claims as {\"name\": \"value\"}.";
  const char* const printed = PG_ARGISNULL(number) ? "" : call([&] {
    Jsonb* const jsonb = PG_GETARG_JSONB_P(number);
    return JsonbToCString(nullptr, &jsonb->root, VARSIZE(jsonb));
  });
  if (*printed != '{') throw refused_argument(kMessage, "It is not a JSON object.", kForm);
  const std::string claims = utf8(printed);
  const auto document = core::JsonDocument::parse(claims);
  if (!document.ok()) throw refused_argument(kMessage, document.error().message, kForm);
  std::string taken;
  for (const std::string_view name : kReserved) {
    if (!document.value().root().member(name)) continue;
    taken.append(taken.empty() ? "" : ", ").append(name);
  }
  if (!taken.empty()) {
    throw refused_argument(kMessage, "The function sets " + taken + " by itself.",
                           "Use the arguments tenant_id, user_id, roles, permissions and ttl.");
  }
  return claims.substr(1, claims.size() - 2);
}

}  // namespace
}  // namespace tenancy::pg

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_issue_token) {
  const auto tenant_id = identifier_argument(fcinfo, 0);
  if (!tenant_id) {
    throw refused_argument("tenant_id is missing", "A token is for one tenant.", "Give tenant_id.");
  }
  TokenWishes wishes;
  wishes.request = {*tenant_id, permissions_argument(fcinfo, 3), ttl_argument(fcinfo, 4)};
  wishes.user_id = identifier_argument(fcinfo, 1);
  wishes.roles = roles_argument(fcinfo, 2);
  wishes.members = further_claims(fcinfo, 5);

  guard::refuse_inside_identity(kWhat);
  const core::OperatorEntry entry = require_entry(kWhat, entries_of_current_role(), wishes.request);
  if (!wishes.request.permissions) wishes.request.permissions = entry.permissions;
  return text_result(make_token(wishes));
}
