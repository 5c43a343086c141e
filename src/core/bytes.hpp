// Bytes and their base64url form (RFC 4648 section 5, as RFC 7515 section 2 uses it: no padding,
// no white space, unused bits zero).
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenancy::core {

std::string base64url(std::string_view bytes);

// Nothing where `text` is not the one strict spelling of some bytes.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace tenancy::core
