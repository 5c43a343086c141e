// Finding things in verified claims: by path, as text, as lists, by containment.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tenancy::core {

// The claim at `path`: a name, or names joined by dots, where names may hold dots themselves. None
// where it is absent (or null); an error where the claims can be read in two ways, as a claim
// "a.b" beside a claim "a" with a member "b" would be.
Result<std::optional<Json>> find_claim(Json claims, std::string_view path);

// The claim at `path`, which must be one string, not empty; none where absent.
Result<std::optional<std::string>> text_claim(Json claims, std::string_view path);

// The texts of a value: a string's words, an array's strings, and those of nested arrays and
// objects; a member that is true counts by its name, as in {"admin": true}.
std::vector<std::string> texts_of(Json value);

// Whether `value` contains `wanted`: objects member by member, arrays element by element in any
// order, everything else by equality.
bool contains(Json value, Json wanted);

// Whether a string anywhere inside, or a name, holds U+0000, which PostgreSQL's jsonb cannot.
bool holds_nul(Json value);

}  // namespace tenancy::core
