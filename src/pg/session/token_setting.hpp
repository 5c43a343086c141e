// tenancy.token, the setting that is the credential.
//
// Its check hook verifies, its assign hook only swaps a pointer, its show hook prints who is
// calling. So PostgreSQL's own rules for settings (LOCAL, savepoints, functions, RESET) apply.
#pragma once

namespace tenancy::pg::session {

inline constexpr const char* kTokenSetting = "tenancy.token";

// Called by _PG_init after everything that verifying needs. A value that was set before the
// library was there is adopted here: nobody under transaction scope, verified under session scope.
void define_token_setting();

}  // namespace tenancy::pg::session
