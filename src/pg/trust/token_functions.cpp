// verify_jwt, verify_jws, decode_jwt: looking at tokens without entering.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/bounded_cache.hpp"
#include "core/jws.hpp"
#include "core/jwt.hpp"
#include "pg/datum.hpp"
#include "pg/trust/authenticator.hpp"
#include "pg/trust/refusal.hpp"
#include "pg/trust/settings.hpp"

namespace tenancy::pg {
namespace {

template <typename T>
T value_or_refuse(core::Result<T> result) {
  if (!result.ok()) throw refusal_of(result.error());
  return std::move(result).value();
}

// Parsing a key costs more than using it, and the same few key sets come again and again.
constexpr std::size_t kStatelessKeySets = 32;
constexpr std::size_t kLongestRememberedKeySet = 65536;

std::shared_ptr<const core::KeySet> stateless_keys(std::string_view jwks) {
  static core::BoundedCache<std::shared_ptr<const core::KeySet>> parsed(kStatelessKeySets);
  if (const auto* const known = parsed.find(jwks)) return *known;
  auto keys = std::make_shared<const core::KeySet>(
      value_or_refuse(core::parse_jwks(jwks, core::KeySetUse::stateless)));
  if (jwks.size() <= kLongestRememberedKeySet) parsed.insert(std::string(jwks), keys);
  return keys;
}

[[noreturn]] void refuse_argument(const char* detail, const char* hint) {
  throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "argument is not valid", detail, hint);
}

core::Seconds leeway_argument(FunctionCallInfo fcinfo, int number) {
  if (PG_ARGISNULL(number)) return 0;
  const Interval* const leeway = PG_GETARG_INTERVAL_P(number);
  const bool one_day = leeway->day == 1 && leeway->time == 0;
  if (leeway->month != 0 || (leeway->day != 0 && !one_day) || leeway->time < 0 ||
      leeway->time > USECS_PER_DAY) {
    refuse_argument("leeway is not between 0 and 24 hours.", "Give leeway as '30 s'.");
  }
  return one_day ? SECS_PER_DAY : leeway->time / USECS_PER_SEC;
}

}  // namespace
}  // namespace tenancy::pg

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_verify_jwt) {
  const auto identity = value_or_refuse(authenticate(bytes_argument(fcinfo, 0), {}, wall_clock()));
  return jsonb_result(identity->claims);
}

TENANCY_FUNCTION(tenancy_verify_jwt_with) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) PG_RETURN_NULL();
  core::Expected expected;
  expected.issuer = text_argument(fcinfo, 2);
  expected.audience = texts_argument(fcinfo, 3);
  if (!PG_ARGISNULL(3) && expected.audience.empty()) {
    refuse_argument("audience is an empty array, which no token can match.",
                    "Give the audiences to accept, or NULL to accept any.");
  }
  expected.type = text_argument(fcinfo, 4);
  expected.required_claims = texts_argument(fcinfo, 5);
  expected.leeway = leeway_argument(fcinfo, 6);
  expected.max_bytes = max_token_bytes();
  const auto keys = stateless_keys(bytes_argument(fcinfo, 1));
  const auto token =
      value_or_refuse(core::verify(bytes_argument(fcinfo, 0), *keys, expected, wall_clock()));
  return jsonb_result(token.claims);
}

TENANCY_FUNCTION(tenancy_verify_jws) {
  const auto keys = stateless_keys(bytes_argument(fcinfo, 1));
  const auto verified =
      value_or_refuse(core::verify_jws(bytes_argument(fcinfo, 0), *keys, max_token_bytes()));
  return bytes_result(verified.payload);
}

TENANCY_FUNCTION(tenancy_decode_jwt) {
  const auto token = value_or_refuse(core::decode(bytes_argument(fcinfo, 0), max_token_bytes()));
  return rows_result(fcinfo, {{server_string(token.header), server_string(token.claims)}});
}
