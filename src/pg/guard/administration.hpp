// Whom the database trusts is not changed from inside an identity, which is one tenant's.
#pragma once

namespace tenancy::pg::guard {

// Throws Refused (TN010) inside an identity, unless the session's role is a superuser: the caller
// of a SECURITY DEFINER function counts, not its owner. `what` as in "tenancy.issue_token()".
void refuse_inside_identity(const char* what);

}  // namespace tenancy::pg::guard
