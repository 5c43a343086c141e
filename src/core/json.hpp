// JSON (RFC 8259), read strictly: one value, valid UTF-8, no byte order mark, no text after it,
// no member twice (compared after unescaping), bounded depth. Numbers must fit 64 bits or a double.
//
// simdjson is seen by json.cpp alone.
#pragma once

#include "core/pure.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace tenancy::core {

inline constexpr std::size_t kMaxJsonDepth = 64;

enum class JsonType { null, boolean, number, string, array, object };

// One value of a document; cheap to copy, valid as long as the document lives.
class Json {
 public:
  JsonType type() const;
  bool is_string() const { return type() == JsonType::string; }
  bool is_array() const { return type() == JsonType::array; }
  bool is_object() const { return type() == JsonType::object; }

  // The value; each is for its own type() only.
  bool boolean() const;
  double number() const;
  std::string_view string() const;  // unescaped; may hold U+0000
  std::vector<Json> elements() const;
  std::vector<std::pair<std::string_view, Json>> members() const;
  std::optional<Json> member(std::string_view name) const;  // none for other types too

  // The number, where it is an integer that fits; none for 1.5, and for 1e3.
  std::optional<std::int64_t> integer() const;

  // The value as compact JSON text.
  std::string text() const;

 private:
  friend class JsonDocument;
  friend struct JsonAccess;
  const void* document_ = nullptr;  // together a simdjson::dom::element
  std::size_t position_ = 0;
};

class JsonDocument {
 public:
  static Result<JsonDocument> parse(std::string_view text);

  Json root() const { return root_; }

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

 private:
  struct Storage;
  explicit JsonDocument(std::unique_ptr<Storage> storage);

  std::unique_ptr<Storage> storage_;
  Json root_;
};

// `value` as a JSON string, with quotes.
std::string json_quote(std::string_view value);

}  // namespace tenancy::core
