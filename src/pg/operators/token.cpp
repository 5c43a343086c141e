#include "pg/operators/token.hpp"

#include <string_view>

#include "core/json.hpp"
#include "pg/boundary.hpp"
#include "pg/trust/authenticator.hpp"
#include "pg/trust/own_issuer.hpp"

namespace tenancy::pg {
namespace {

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    list += (list.empty() ? "" : ",") + core::json_quote(text);
  }
  return "[" + list + "]";
}

std::string random_id() {
  const char* const uuid = call([] {
    return DatumGetCString(OidFunctionCall1(F_UUID_OUT, OidFunctionCall0(F_GEN_RANDOM_UUID)));
  });
  return uuid;
}

}  // namespace

std::string make_token(const TokenWishes& wishes) {
  const std::string issuer = checked_own_name();
  const core::Seconds now = wall_clock();
  std::string claims = "{\"iss\":" + core::json_quote(issuer);
  const auto add = [&](std::string_view name, const std::string& json) {
    claims.append(",\"").append(name).append("\":").append(json);
  };
  add("aud", core::json_quote(issuer));
  if (wishes.user_id) add("sub", core::json_quote(*wishes.user_id));
  add("tenant_id", core::json_quote(wishes.request.tenant_id));
  add("roles", quoted_list(wishes.roles));
  if (wishes.request.permissions) add("permissions", quoted_list(*wishes.request.permissions));
  add("iat", std::to_string(now));
  add("exp", std::to_string(now + wishes.request.ttl));
  add("jti", core::json_quote(random_id()));
  if (!wishes.members.empty()) claims += "," + wishes.members;
  return sign_with_own_key(issuer, claims + "}");
}

}  // namespace tenancy::pg
