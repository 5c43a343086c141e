// base64url: bytes come back, and no two texts stand for the same bytes.
#include "core/bytes.hpp"

#include "fuzz.hpp"

namespace tenancy::fuzz {

void examine(std::string_view input) {
  const std::string text = core::base64url(input);
  PROPERTY(core::decode_base64url(text) == input);
  PROPERTY(text.find_first_of("+/= \n") == std::string::npos);

  if (const auto bytes = core::decode_base64url(input)) {
    PROPERTY(core::base64url(*bytes) == input);
  }
}

}  // namespace tenancy::fuzz
