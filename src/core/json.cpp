#include "core/json.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include <simdjson.h>

namespace tenancy::core {
namespace dom = simdjson::dom;

// A Json and simdjson's element are the same two words.
struct JsonAccess {
  struct Words {
    const void* document;
    std::size_t position;
  };
  static_assert(sizeof(dom::element) == sizeof(Words) && alignof(dom::element) == alignof(Words));

  static dom::element element(const Json& json) {
    return std::bit_cast<dom::element>(Words{json.document_, json.position_});
  }
  static Json json(const dom::element& element) {
    const auto words = std::bit_cast<Words>(element);
    Json json;
    json.document_ = words.document;
    json.position_ = words.position;
    return json;
  }
};

namespace {

// Beyond a few members, comparing each with each would let a token burn the processor.
bool has_twins(std::vector<std::string_view>& names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

bool has_duplicate_members(const dom::element& value) {
  if (value.is_array()) {
    const dom::array array = value.get_array().value_unsafe();
    for (const dom::element child : array) {
      if (has_duplicate_members(child)) return true;
    }
  } else if (value.is_object()) {
    std::vector<std::string_view> names;
    const dom::object object = value.get_object().value_unsafe();
    for (const auto member : object) {
      names.push_back(member.key);
      if (has_duplicate_members(member.value)) return true;
    }
    return has_twins(names);
  }
  return false;
}

}  // namespace

struct JsonDocument::Storage {
  dom::document document;
};

JsonDocument::JsonDocument(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  // RFC 8259 section 8.1; simdjson passes over it from 3.2 on.
  if (text.starts_with("\xef\xbb\xbf")) {
    return Error{Errc::malformed, "It begins with a byte order mark."};
  }
  dom::parser parser;
  auto storage = std::make_unique<Storage>();
  auto code = parser.allocate(std::max<std::size_t>(text.size(), 64), kMaxJsonDepth);
  dom::element root;
  if (!code) {
    code = parser.parse_into_document(storage->document, text.data(), text.size(), true).get(root);
  }
  if (code == simdjson::MEMALLOC) throw std::bad_alloc();
  if (code) return Error{Errc::malformed, "It is not valid JSON."};
  if (has_duplicate_members(root)) {
    return Error{Errc::malformed, "A JSON object has two members of the same name."};
  }
  JsonDocument document(std::move(storage));
  document.root_ = JsonAccess::json(root);
  return document;
}

JsonType Json::type() const {
  switch (JsonAccess::element(*this).type()) {
    case dom::element_type::NULL_VALUE:
      return JsonType::null;
    case dom::element_type::BOOL:
      return JsonType::boolean;
    case dom::element_type::STRING:
      return JsonType::string;
    case dom::element_type::ARRAY:
      return JsonType::array;
    case dom::element_type::OBJECT:
      return JsonType::object;
    default:
      return JsonType::number;
  }
}

bool Json::boolean() const {
  return JsonAccess::element(*this).get_bool().value_unsafe();
}

double Json::number() const {
  return JsonAccess::element(*this).get_double().value_unsafe();
}

std::string_view Json::string() const {
  return JsonAccess::element(*this).get_string().value_unsafe();
}

std::optional<std::int64_t> Json::integer() const {
  std::int64_t value;
  if (JsonAccess::element(*this).get_int64().get(value)) return std::nullopt;
  return value;
}

std::vector<Json> Json::elements() const {
  std::vector<Json> elements;
  const dom::array array = JsonAccess::element(*this).get_array().value_unsafe();
  for (const dom::element child : array) {
    elements.push_back(JsonAccess::json(child));
  }
  return elements;
}

std::vector<std::pair<std::string_view, Json>> Json::members() const {
  std::vector<std::pair<std::string_view, Json>> members;
  const dom::object object = JsonAccess::element(*this).get_object().value_unsafe();
  for (const auto member : object) {
    members.emplace_back(member.key, JsonAccess::json(member.value));
  }
  return members;
}

std::optional<Json> Json::member(std::string_view name) const {
  dom::object object;
  dom::element found;
  if (JsonAccess::element(*this).get_object().get(object)) return std::nullopt;
  if (object.at_key(name).get(found)) return std::nullopt;
  return JsonAccess::json(found);
}

std::string Json::text() const {
  return simdjson::minify(JsonAccess::element(*this));
}

std::string json_quote(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      quoted += "\\u00";
      quoted += kHex[static_cast<unsigned char>(c) >> 4];
      quoted += kHex[c & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace tenancy::core
