// Nothing left in a session by one caller runs, or is read, under another: what entering looks
// for (invariant 10 of the security model).
#pragma once

namespace tenancy::pg::session {

// Throws Refused (TN010) naming what was left behind and how to clean up. What only lasts until
// the end of the transaction (SET LOCAL) was not left by anybody.
void refuse_leftovers();

// Watches for statements that leave something behind that can not be looked up cheaply.
// `whole_session`: the library has seen the session from its beginning.
void install_entry_check(bool whole_session);

}  // namespace tenancy::pg::session
