// The value of tenancy.token as callers write it:
//
//   [Bearer ]<token>[;tenant=<id>][;agent=<name>]
//
// The suffix may only narrow what the token says. Tenant ids and agent names contain no `;`.
#pragma once

#include "core/pure.hpp"

#include <string>
#include <string_view>

#include "core/issuer.hpp"
#include "core/result.hpp"

namespace tenancy::core {

struct Credential {
  std::string_view token;  // points into what was read
  Narrowing narrowing;
};

// Whether it begins with "Bearer ", in any case: what an HTTP header must, and a setting may.
bool has_scheme(std::string_view text);

// The token alone, whatever the rest is worth: what must not be shown.
std::string_view token_in(std::string_view text);

// The first `visible` bytes or so of `text`, with "***" for each `token` in it. Takes time in
// proportion to what it reads, whatever both are: anybody may choose them.
std::string blanked(std::string_view text, std::string_view token, std::size_t visible);

Result<Credential> read_credential(std::string_view text);

// Whether `name` may stand for an agent in a suffix: 1..255 bytes of printable ASCII without
// spaces, quotes and `;`.
bool is_agent_name(std::string_view name);

}  // namespace tenancy::core
