// tenancy.token, the setting that is the credential.
//
// Its check hook verifies, its assign hook only swaps a pointer, its show hook prints who is
// calling. So PostgreSQL's own rules for settings (LOCAL, savepoints, functions, RESET) apply.
#pragma once

#include <string_view>

namespace tenancy::pg::session {

inline constexpr const char* kTokenSetting = "tenancy.token";

// Sets it as SET LOCAL or SET does: whatever refuses the value is raised (PgError), and what was
// set before stays.
void set_token(const char* value, bool local);

// Where the statement's own text holds `token` (a literal, not a bind parameter), other sessions of
// the same role could read it in pg_stat_activity.
void hide_in_activity_view(std::string_view token);

// Called by _PG_init after everything that verifying needs. A value that was set before the
// library was there is adopted here: nobody under transaction scope, verified under session scope.
void define_token_setting();

}  // namespace tenancy::pg::session
