#include "pg/guard/guarded_role.hpp"

#include "pg/compat.hpp"
#include "pg/guard/guard.hpp"
#include "pg/guard/protected_table.hpp"

namespace tenancy::pg::guard {
namespace {

// The verdicts about the last roles that were asked for; a SECURITY DEFINER function makes two
// take turns.
struct Verdict {
  Oid role;
  bool guarded;
};
constexpr int kKept = 8;
Verdict verdicts[kKept];
int next_kept = 0;
unsigned changes = 0;

void forget() {
  changes++;
  for (Verdict& verdict : verdicts) verdict.role = InvalidOid;
}

// Grants, ownership and policies of tables all change their relation; memberships their own cache.
void relation_changed(Datum, Oid) {
  forget();
}
void role_changed(Datum, int, uint32) {
  forget();
}

bool grants_something(Datum stored, Oid role) {
  const Acl* const acl = DatumGetAclP(stored);
  const AclItem* const items = ACL_DAT(acl);
  for (int i = 0; i < ACL_NUM(acl); i++) {
    if (ACLITEM_GET_RIGHTS(items[i]) == 0) continue;
    if (items[i].ai_grantee == ACL_ID_PUBLIC) return true;
    if (is_member_of_role(role, items[i].ai_grantee)) return true;
  }
  return false;
}

bool column_grants_something(Oid relation, AttrNumber columns, Oid role) {
  for (AttrNumber column = 1; column <= columns; column++) {
    const HeapTuple tuple =
        SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(column));
    if (!HeapTupleIsValid(tuple)) continue;
    bool null;
    const Datum acl = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attacl, &null);
    const bool granted = !null && grants_something(acl, role);
    ReleaseSysCache(tuple);
    if (granted) return true;
  }
  return false;
}

// Whether `role` holds a right on `relation` and is not (a member of) its owner.
bool uses_of_others(Oid relation, Oid role, bool all_data) {
  const HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
  if (!HeapTupleIsValid(tuple)) return false;
  const Form_pg_class form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
  const Oid owner = form->relowner;
  const AttrNumber columns = form->relnatts;
  bool null;
  const Datum acl = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &null);
  bool uses = false;
  if (!is_member_of_role(role, owner)) {
    uses = all_data || (!null && grants_something(acl, role)) ||
           column_grants_something(relation, columns, role);
  }
  ReleaseSysCache(tuple);
  return uses;
}

bool is_guarded(Oid role) {
  if (has_bypassrls_privilege(role)) return false;  // superusers too
  for (const Verdict& verdict : verdicts) {
    if (verdict.role == role) return verdict.guarded;
  }
  const unsigned seen = changes;
  const bool all_data = is_member_of_role(role, ROLE_PG_READ_ALL_DATA) ||
                        is_member_of_role(role, ROLE_PG_WRITE_ALL_DATA);
  const bool guarded =
      any_protected([&](Oid relation) { return uses_of_others(relation, role, all_data); });
  if (changes != seen) return guarded;  // something changed while we looked
  verdicts[next_kept] = {role, guarded};
  next_kept = (next_kept + 1) % kKept;
  return guarded;
}

}  // namespace

bool watches_caller() {
  return enabled() && OidIsValid(MyDatabaseId) && is_guarded(GetUserId());
}

bool is_of_others(Oid relation) {
  return is_protected(relation) && !owns_relation(relation, GetUserId());
}

bool watches_use_of(Oid relation) {
  return enabled() && is_shared_by_tenants(relation) && !has_bypassrls_privilege(GetUserId()) &&
         !owns_relation(relation, GetUserId());
}

void watch_roles() {
  CacheRegisterRelcacheCallback(relation_changed, Datum{0});
  CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, role_changed, Datum{0});
  CacheRegisterSyscacheCallback(AUTHOID, role_changed, Datum{0});
}

}  // namespace tenancy::pg::guard
