// The protected header of a JWS (RFC 7515 section 4), read strictly.
//
// `jwk`, `jku`, `x5u` and `x5c` are ignored: a token does not choose the key that verifies it.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "core/jwk.hpp"
#include "core/result.hpp"

namespace tenancy::core {

struct JoseHeader {
  Algorithm algorithm;
  std::optional<std::string> kid;
  std::optional<std::string> typ;
};

// Refuses `crit` (we implement no extension), `b64: false` (RFC 7797) and algorithms we do not
// verify, `none` above all.
Result<JoseHeader> read_jose_header(std::string_view json);

}  // namespace tenancy::core
