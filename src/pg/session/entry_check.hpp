// Nothing left in a session by one caller runs, or is read, under another: what entering looks
// for (invariant 10 of the security model).
#pragma once

#include <optional>
#include <string>

namespace tenancy::pg::session {

// What was left behind, and how to clean it up.
struct Leftover {
  std::string what, way_out;
};

// What only lasts until the end of the transaction (SET LOCAL) was not left by anybody.
std::optional<Leftover> find_leftover();

// Throws Refused (TN010) naming what find_leftover() finds.
void refuse_leftovers();

// Watches for statements that leave something behind that cannot be looked up cheaply.
// `whole_session`: the library has seen the session from its beginning.
void install_entry_check(bool whole_session);

}  // namespace tenancy::pg::session
