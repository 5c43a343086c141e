#include "core/tenant_id.hpp"

#include <array>

namespace tenancy::core {
namespace {

// Values of hexadecimal digits; -1 for everything else.
constexpr std::array<std::int16_t, 256> kHexValues = [] {
  std::array<std::int16_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<std::int16_t>(i);
  for (int i = 0; i < 6; ++i) {
    values['a' + i] = values['A' + i] = static_cast<std::int16_t>(10 + i);
  }
  return values;
}();

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
  if (text.size() != kUuidTextBytes || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
      text[23] != '-') {
    return false;
  }
  int all = 0;  // negative as soon as one digit is none
  const auto read = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i += 2) {
      const int high = kHexValues[static_cast<unsigned char>(text[i])];
      const int low = kHexValues[static_cast<unsigned char>(text[i + 1])];
      all |= high | low;
      *bytes++ = static_cast<char>(static_cast<unsigned>(high) << 4 | static_cast<unsigned>(low));
    }
  };
  read(0, 8);
  read(9, 13);
  read(14, 18);
  read(19, 23);
  read(24, 36);
  return all >= 0;
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
