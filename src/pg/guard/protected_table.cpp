#include "core/policy.hpp"

#include <cstring>

#include "pg/guard/protected_table.hpp"

namespace tenancy::pg::guard {

using core::policy::kFloorPolicy;

bool isolates(const char* policy) {
  return core::policy::is_our_policy_name(policy);
}

bool is_floor(HeapTuple policy) {
  const Form_pg_policy form = reinterpret_cast<Form_pg_policy>(GETSTRUCT(policy));
  return !form->polpermissive && strcmp(NameStr(form->polname), kFloorPolicy) == 0;
}

bool is_protected(Oid relation) {
  NameData floor;
  namestrcpy(&floor, kFloorPolicy);
  ScanKeyData keys[2];
  ScanKeyInit(&keys[0], Anum_pg_policy_polrelid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(relation));
  ScanKeyInit(&keys[1], Anum_pg_policy_polname, BTEqualStrategyNumber, F_NAMEEQ,
              NameGetDatum(&floor));
  const Relation policies = table_open(PolicyRelationId, AccessShareLock);
  const SysScanDesc scan =
      systable_beginscan(policies, PolicyPolrelidPolnameIndexId, true, nullptr, 2, keys);
  const HeapTuple tuple = systable_getnext(scan);
  const bool found = HeapTupleIsValid(tuple) && is_floor(tuple);
  systable_endscan(scan);
  table_close(policies, AccessShareLock);
  return found;
}

bool is_shared_by_tenants(Oid relation) {
  const Oid schema = get_namespace_oid("tenancy", true);
  if (!OidIsValid(schema) || get_rel_namespace(relation) != schema) return false;
  const HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
  if (!HeapTupleIsValid(tuple)) return false;
  const bool secured = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relrowsecurity;
  ReleaseSysCache(tuple);
  return secured;
}

}  // namespace tenancy::pg::guard
