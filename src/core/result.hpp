// Outcome of a core operation: a value, or the reason it was refused.
//
// The core never throws on bad input and never talks to PostgreSQL; it returns Result<T>.
// std::bad_alloc is the one exception it lets through.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tenancy::core {

// Why something was refused. src/pg/sqlstate.hpp maps each to its SQLSTATE.
enum class Errc {
  malformed,       // not the strict form the specification asks for
  unsupported,     // a well-formed thing we refuse on purpose: alg none, crit, b64=false
  unknown_issuer,  // no such issuer is configured
  unknown_key,     // no key of the set fits the token's kid and alg
  bad_signature,   // the key fits, the signature does not
  wrong_issuer,    // iss differs from what was asked for
  wrong_audience,  // aud (or authorized party) differs from what was asked for
  wrong_type,      // typ differs from what was asked for
  missing_claim,   // a required claim is absent or has another value
  wrong_tenant,    // the issuer may not speak for this tenant, or the narrowing asks for too much
  expired,         // exp has passed
  not_yet_valid,   // nbf or iat lies in the future
  revoked,         // revoked or suspended
  other_role,      // the session changed its role after it entered
  denied,          // verified, but not entitled (agent, tenant choice)
  bad_key,         // a key that can never verify safely
  bad_argument,    // an argument outside its domain
  out_of_memory,   // a library could not allocate
  internal,        // a library failed where it should not
};

struct Error {
  Errc code;
  std::string message;  // one sentence for the DETAIL; never a token, key material or claim value
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value.
struct Done {};
using Status = Result<Done>;

}  // namespace tenancy::core
