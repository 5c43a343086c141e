// The stored form of tenancy.tenant_id and tenancy.user_id.
//
// 1..255 bytes of printable ASCII without spaces, quotes and `;`. The 36-character UUID form, in
// any case, is one value and is stored as a tag and 16 bytes; every other spelling is text.
#pragma once

#include "core/pure.hpp"

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tenancy::core {

// Stored bytes of an identifier's text form.
Result<std::string> encode_identifier(std::string_view text);

// Canonical text of stored bytes (UUIDs in lower case).
std::string decode_identifier(std::string_view stored);

// Canonical text of an identifier's text form, in one step.
Result<std::string> canonical_identifier(std::string_view text);

}  // namespace tenancy::core
