#include "core/tenant_id.hpp"

namespace tenancy::core {
namespace {

// Value of a hexadecimal digit; -1 for anything else.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_hyphen_position(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

constexpr bool is_allowed(char c) noexcept {
  return c > ' ' && c <= '~' && c != '\'' && c != '"' && c != ';';
}

std::string describe(const IdentifierCheck& check) {
  switch (check.fault) {
    case IdentifierFault::empty:
      return "The identifier is empty.";
    case IdentifierFault::too_long:
      return "The identifier is longer than 255 bytes.";
    default:
      return "The identifier has a forbidden character at byte " + std::to_string(check.position) +
             ".";
  }
}

}  // namespace

bool parse_uuid(std::string_view text, char* bytes) noexcept {
  if (text.size() != kUuidTextBytes) return false;
  for (std::size_t i = 0; i < kUuidTextBytes;) {
    if (is_hyphen_position(i)) {
      if (text[i++] != '-') return false;
      continue;
    }
    // Groups have an even number of digits, so that a pair never meets a hyphen.
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *bytes++ = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

void format_uuid(const char* bytes, char* text) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < kUuidTextBytes;) {
    if (is_hyphen_position(i)) {
      text[i++] = '-';
      continue;
    }
    const auto byte = static_cast<unsigned char>(*bytes++);
    text[i++] = kDigits[byte >> 4];
    text[i++] = kDigits[byte & 0x0f];
  }
}

IdentifierCheck check_identifier(std::string_view text) noexcept {
  if (text.empty()) return {IdentifierFault::empty, 0};
  if (text.size() > kMaxIdentifierBytes) return {IdentifierFault::too_long, 0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_allowed(text[i])) return {IdentifierFault::forbidden_byte, i + 1};
  }
  return {};
}

std::size_t encode_identifier(std::string_view text, char* stored) noexcept {
  const IdentifierKey key = IdentifierKey::of_text(text.data(), text.size());
  std::memcpy(stored, key.data(), key.size());
  return key.size();
}

std::size_t decode_identifier(std::string_view stored, char* text) noexcept {
  if (stored.size() == kStoredUuidBytes && stored[0] == kUuidTag) {
    format_uuid(stored.data() + 1, text);
    return kUuidTextBytes;
  }
  const std::size_t size = std::min(stored.size(), kMaxIdentifierBytes);
  std::memcpy(text, stored.data(), size);
  return size;
}

Result<std::string> encode_identifier(std::string_view text) {
  const IdentifierCheck check = check_identifier(text);
  if (check.fault != IdentifierFault::none) return Error{Errc::malformed, describe(check)};
  char stored[kMaxIdentifierBytes];
  return std::string(stored, encode_identifier(text, stored));
}

std::string decode_identifier(std::string_view stored) {
  char text[kMaxIdentifierBytes];
  return std::string(text, decode_identifier(stored, text));
}

Result<std::string> canonical_identifier(std::string_view text) {
  Result<std::string> stored = encode_identifier(text);
  if (!stored) return stored;
  return decode_identifier(stored.value());
}

}  // namespace tenancy::core
