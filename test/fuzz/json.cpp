// JSON: what is read can be written and read again, every member is found, nothing is there twice.
#include "core/json.hpp"

#include <set>

#include "fuzz.hpp"

namespace tenancy::fuzz {
namespace {

using core::Json;
using core::JsonDocument;
using core::JsonType;

void walk(Json value, std::size_t depth) {
  PROPERTY(depth <= core::kMaxJsonDepth);
  switch (value.type()) {
    case JsonType::array:
      for (const Json element : value.elements()) walk(element, depth + 1);
      break;
    case JsonType::object: {
      std::set<std::string_view> names;
      for (const auto& [name, member] : value.members()) {
        PROPERTY(names.insert(name).second);
        const auto found = value.member(name);
        PROPERTY(found && found->text() == member.text());
        walk(member, depth + 1);
      }
      break;
    }
    case JsonType::string: {
      const auto quoted = JsonDocument::parse(core::json_quote(value.string()));
      PROPERTY(quoted.ok() && quoted.value().root().string() == value.string());
      break;
    }
    case JsonType::number:
      if (const auto integer = value.integer()) {
        PROPERTY(value.number() == static_cast<double>(*integer));
      }
      break;
    case JsonType::boolean:
      PROPERTY(value.text() == (value.boolean() ? "true" : "false"));
      break;
    case JsonType::null:
      PROPERTY(value.text() == "null");
      break;
  }
  if (!value.is_object()) PROPERTY(!value.member("a"));
}

}  // namespace

void examine(std::string_view input) {
  const auto document = JsonDocument::parse(input);
  if (!document.ok()) return;
  walk(document.value().root(), 0);

  const std::string text = document.value().root().text();
  const auto again = JsonDocument::parse(text);
  PROPERTY(again.ok());
  PROPERTY(again.value().root().text() == text);
  PROPERTY(!JsonDocument::parse(text + "x").ok());
  PROPERTY(!JsonDocument::parse("\xef\xbb\xbf" + text).ok());
}

}  // namespace tenancy::fuzz
