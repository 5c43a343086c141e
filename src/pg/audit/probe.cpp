// The dynamic half of the audit: what a role sees in a relation.
#include <string>

#include "pg/boundary.hpp"
#include "pg/protect/query.hpp"
#include "pg/session/execution.hpp"

namespace tenancy::pg {
namespace {

// Until the C++ frame ends, runs as `role` and can not become another: a view or a function below
// it must not find its way back to the caller's rights.
class RestrictedTo {
 public:
  explicit RestrictedTo(Oid role) {
    GetUserIdAndSecContext(&user_, &context_);
    SetUserIdAndSecContext(role,
                           context_ | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
  }
  ~RestrictedTo() { SetUserIdAndSecContext(user_, context_); }
  RestrictedTo(const RestrictedTo&) = delete;
  RestrictedTo& operator=(const RestrictedTo&) = delete;

 private:
  Oid user_;
  int context_;
};

int64 count_as(Oid role, Oid relation) {
  if (!call([&] { return has_privs_of_role(GetUserId(), role); })) {
    throw Refused(ERRCODE_INSUFFICIENT_PRIVILEGE, "only who has the rights of a role may probe it",
                  "The probe reads with the rights of the role.", "Ask a superuser.");
  }
  const char* const name = call([&]() -> const char* {
    const char* const found = get_rel_name(relation);
    if (found == nullptr) return nullptr;
    return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), found);
  });
  if (name == nullptr) throw Refused(ERRCODE_UNDEFINED_TABLE, "the relation does not exist");
  Pinned pinned;
  const session::OwnStatement statement;
  const RestrictedTo restricted(role);
  const Rows rows = query(std::string("SELECT count(*) FROM ") + name);
  pinned.leave();
  return std::stoll(rows[0][0].text);
}

TENANCY_FUNCTION(tenancy_count_as) {
  return Int64GetDatum(count_as(PG_GETARG_OID(0), PG_GETARG_OID(1)));
}

}  // namespace
}  // namespace tenancy::pg
