#include "core/claims.hpp"

#include <algorithm>

namespace tenancy::core {
namespace {

// Every reading of the path: its first name may end at any of its dots, or hold them all.
void find_all(Json value, std::string_view path, std::vector<Json>& found) {
  if (!value.is_object()) return;
  if (const auto whole = value.member(path)) found.push_back(*whole);
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    if (const auto first = value.member(path.substr(0, dot))) {
      find_all(*first, path.substr(dot + 1), found);
    }
  }
}

void collect(Json value, std::vector<std::string>& texts) {
  if (value.is_array()) {
    for (const Json element : value.elements()) {
      if (element.is_string()) {
        texts.emplace_back(element.string());
      } else {
        collect(element, texts);
      }
    }
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.members()) {
      if (member.type() == JsonType::boolean && member.boolean()) {
        texts.emplace_back(name);
      } else {
        collect(member, texts);
      }
    }
  } else if (value.is_string()) {
    std::string_view rest = value.string();
    while (!rest.empty()) {
      const auto space = std::min(rest.find(' '), rest.size());
      if (space > 0) texts.emplace_back(rest.substr(0, space));
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
  }
}

}  // namespace

Result<std::optional<Json>> find_claim(Json claims, std::string_view path) {
  std::vector<Json> found;
  find_all(claims, path, found);
  if (found.size() > 1) {
    return Error{Errc::malformed,
                 "The claim \"" + std::string(path) + "\" can be read in more than one way."};
  }
  if (found.empty() || found.front().type() == JsonType::null) return std::optional<Json>();
  return std::optional<Json>(found.front());
}

Result<std::optional<std::string>> text_claim(Json claims, std::string_view path) {
  const auto found = find_claim(claims, path);
  if (!found.ok()) return found.error();
  if (!found.value()) return std::optional<std::string>();
  if (!found.value()->is_string() || found.value()->string().empty()) {
    return Error{Errc::missing_claim,
                 "The claim \"" + std::string(path) + "\" is not exactly one string."};
  }
  return std::optional<std::string>(found.value()->string());
}

std::vector<std::string> texts_of(Json value) {
  std::vector<std::string> texts;
  collect(value, texts);
  return texts;
}

bool contains(Json value, Json wanted) {
  if (value.type() != wanted.type()) return false;
  switch (wanted.type()) {
    case JsonType::null:
      return true;
    case JsonType::boolean:
      return value.boolean() == wanted.boolean();
    case JsonType::string:
      return value.string() == wanted.string();
    case JsonType::number: {
      const auto a = value.integer(), b = wanted.integer();
      return a && b ? *a == *b : value.number() == wanted.number();
    }
    case JsonType::array: {
      const auto elements = value.elements();
      const auto all = wanted.elements();
      return std::all_of(all.begin(), all.end(), [&](Json one) {
        return std::any_of(elements.begin(), elements.end(),
                           [&](Json element) { return contains(element, one); });
      });
    }
    case JsonType::object:
      for (const auto& [name, member] : wanted.members()) {
        const auto found = value.member(name);
        if (!found || !contains(*found, member)) return false;
      }
      return true;
  }
  return false;
}

bool holds_nul(Json value) {
  if (value.is_string()) return value.string().find('\0') != std::string_view::npos;
  if (value.is_array()) {
    const auto elements = value.elements();
    return std::any_of(elements.begin(), elements.end(), holds_nul);
  }
  if (value.is_object()) {
    const auto members = value.members();
    return std::any_of(members.begin(), members.end(), [](const auto& member) {
      return member.first.find('\0') != std::string_view::npos || holds_nul(member.second);
    });
  }
  return false;
}

}  // namespace tenancy::core
