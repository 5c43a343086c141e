// tenancy.pre_request(), for PostgREST's db-pre-request.
//
// PostgREST puts the request's headers into a setting of the transaction that any SQL may change
// later. So nothing is believed of it: the one member that is read is a credential, which
// tenancy.token verifies like any other.
#include <optional>
#include <string>

#include "core/credential.hpp"
#include "core/json.hpp"
#include "pg/boundary.hpp"
#include "pg/session/token_setting.hpp"

namespace tenancy::pg::session {
namespace {

constexpr int kUnauthorized = MAKE_SQLSTATE('P', 'T', '4', '0', '1');
constexpr int kForbidden = MAKE_SQLSTATE('P', 'T', '4', '0', '3');
constexpr int kTooManyRequests = MAKE_SQLSTATE('P', 'T', '4', '2', '9');

// PostgREST answers with the status that stands in the SQLSTATE.
int http_state(int sqlstate) {
  switch (sqlstate) {
    case kNoIdentity:
    case kCredentialRefused:
    case kExpired:
    case kRevoked:
      return kUnauthorized;
    case kOtherTenantsRoute:
    case kPermissionDenied:
      return kForbidden;
    case kRateLimited:
    case kQuotaExhausted:
      return kTooManyRequests;
    default:
      return sqlstate;
  }
}

// An error callback may add to the error it is called for; this one changes its SQLSTATE, so that
// message, DETAIL and HINT stay as they are.
void say_as_http(void*) {
  const int sqlstate = geterrcode();
  if (http_state(sqlstate) != sqlstate) errcode(http_state(sqlstate));
}

void enter(const std::string& credential) {
  ErrorContextCallback callback{error_context_stack, say_as_http, nullptr};
  struct Watching {
    explicit Watching(ErrorContextCallback* with) { error_context_stack = with; }
    ~Watching() { error_context_stack = error_context_stack->previous; }
  } const watching(&callback);
  set_token(credential.c_str(), true);
}

Refused bad_headers(const char* detail) {
  return Refused(kUnauthorized, "credential refused", detail,
                 "Send one header \"Authorization: Bearer <token>\".");
}

// The value of the authorization header; nothing where the request has none.
std::optional<std::string> authorization_header() {
  const char* const headers = call([] { return GetConfigOption("request.headers", true, false); });
  const auto document = core::JsonDocument::parse(headers == nullptr ? "" : headers);
  if (!document || !document.value().root().is_object()) {
    throw bad_headers("The setting request.headers is not a JSON object.");
  }
  const auto header = document.value().root().member("authorization");
  if (!header) return std::nullopt;
  if (!header->is_string()) throw bad_headers("The authorization header is not a string.");
  std::string value(header->string());
  if (!core::has_scheme(value) || value.find('\0') != std::string::npos) {
    throw bad_headers("The authorization header is not a bearer token.");
  }
  return value;
}

}  // namespace
}  // namespace tenancy::pg::session

using namespace tenancy::pg::session;

TENANCY_FUNCTION(tenancy_pre_request) {
  const auto credential = authorization_header();
  if (credential) {
    enter(*credential);
  } else {
    set_token("", true);
  }
  PG_RETURN_VOID();
}
