// A token of the database's own issuer, for whoever has an entry that covers it.
#pragma once

#include "core/operators.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenancy::pg {

struct TokenWishes {
  core::TokenRequest request;
  std::optional<std::string> user_id;
  std::vector<std::string> roles;  // UTF-8
  std::string members;             // of a JSON object in UTF-8, none of them reserved
};

// Judges nothing: require_entry() has.
std::string make_token(const TokenWishes& wishes);

}  // namespace tenancy::pg
