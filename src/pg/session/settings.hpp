// The settings that say how identities behave. All are the superuser's; doc/pg_tenancy.md lists
// them with their defaults.
#pragma once

namespace tenancy::pg::session {

enum class Scope : int { transaction, session };
enum class OnMissing : int { error, empty };

Scope scope();
OnMissing on_missing_identity();
bool entry_check();

void define_settings();

}  // namespace tenancy::pg::session
