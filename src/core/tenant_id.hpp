// The stored form of tenancy.tenant_id and tenancy.user_id, and the order they are compared in.
//
// An identifier is 1..255 bytes of printable ASCII without spaces, quotes (' and ") and `;`. The
// 36-character UUID form, in any case, is one value and is stored as a tag and 16 bytes; every
// other spelling (braces, missing hyphens) is ordinary text and is stored as it is.
//
// The tag is a zero byte, which neither an identifier nor any text of PostgreSQL can contain, so
// that the stored forms of different values differ and byte order over them is a total order:
// UUIDs first, in their own order, then everything else in the order of its bytes.
#pragma once

#include "core/pure.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tenancy::core {

inline constexpr std::size_t kMaxIdentifierBytes = 255;
inline constexpr std::size_t kUuidBytes = 16;
inline constexpr std::size_t kUuidTextBytes = 36;
inline constexpr std::size_t kStoredUuidBytes = 1 + kUuidBytes;
inline constexpr char kUuidTag = '\0';

// Reads the 36-character UUID form (RFC 9562 section 4, hexadecimal digits of any case) into 16
// bytes. False, with `bytes` in an unspecified state, where `text` is anything else.
bool parse_uuid(std::string_view text, char* bytes) noexcept;

// Writes 36 lower-case characters.
void format_uuid(const char* bytes, char* text) noexcept;

// Why a text is no identifier.
enum class IdentifierFault { none, empty, too_long, forbidden_byte };
struct IdentifierCheck {
  IdentifierFault fault = IdentifierFault::none;
  std::size_t position = 0;  // of the forbidden byte, counted from 1
};
IdentifierCheck check_identifier(std::string_view text) noexcept;

// Writes the stored bytes of a text that passed check_identifier(), at most kMaxIdentifierBytes,
// and returns their number. `stored` may not overlap `text`.
std::size_t encode_identifier(std::string_view text, char* stored) noexcept;

// Writes the canonical text of stored bytes, at most kMaxIdentifierBytes, and returns its length.
std::size_t decode_identifier(std::string_view stored, char* text) noexcept;

// The same with memory of their own. Refuses what is no identifier with Errc::malformed.
Result<std::string> encode_identifier(std::string_view text);
std::string decode_identifier(std::string_view stored);

// Canonical text of an identifier's text form, in one step: UUIDs in lower case.
Result<std::string> canonical_identifier(std::string_view text);

// What an operand of a comparison is compared by: its bytes as they would be stored. A text that
// is no identifier has a key too, its own bytes, which no identifier has. As all operands are
// compared by their keys alone, the order is total over identifiers, texts and UUIDs together.
class IdentifierKey {
 public:
  static IdentifierKey of_stored(const char* bytes, std::size_t size) noexcept {
    return IdentifierKey(bytes, size);
  }
  static IdentifierKey of_text(const char* bytes, std::size_t size) noexcept {
    IdentifierKey key(bytes, size);
    if (size == kUuidTextBytes && parse_uuid({bytes, size}, key.uuid_ + 1)) key.use_uuid();
    return key;
  }
  static IdentifierKey of_uuid(const char* bytes) noexcept {
    IdentifierKey key(bytes, kUuidBytes);
    std::memcpy(key.uuid_ + 1, bytes, kUuidBytes);
    key.use_uuid();
    return key;
  }

  // Valid as long as this object and what it was made of.
  const char* data() const noexcept { return bytes_ ? bytes_ : uuid_; }
  std::size_t size() const noexcept { return size_; }

  bool equals(const IdentifierKey& other) const noexcept {
    return size_ == other.size_ && std::memcmp(data(), other.data(), size_) == 0;
  }
  // Negative, zero or positive. A prefix comes before what it is a prefix of.
  int compare(const IdentifierKey& other) const noexcept {
    const int order = std::memcmp(data(), other.data(), std::min(size_, other.size_));
    if (order != 0) return order;
    return size_ == other.size_ ? 0 : size_ < other.size_ ? -1 : 1;
  }

 private:
  IdentifierKey(const char* bytes, std::size_t size) noexcept : bytes_(bytes), size_(size) {}
  void use_uuid() noexcept {
    bytes_ = nullptr;
    size_ = kStoredUuidBytes;
    uuid_[0] = kUuidTag;
  }

  const char* bytes_;  // null: the bytes are in uuid_
  std::size_t size_;
  char uuid_[kStoredUuidBytes];
};

}  // namespace tenancy::core
