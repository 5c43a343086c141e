#include "pg/guard/protected_table.hpp"

#include <cstring>

namespace tenancy::pg::guard {
namespace {

constexpr char kFloor[] = "tenancy_floor";
constexpr char kAccess[] = "tenancy_access";

}  // namespace

bool isolates(const char* policy) {
  return strcmp(policy, kFloor) == 0 || strcmp(policy, kAccess) == 0;
}

bool is_floor(HeapTuple policy) {
  const Form_pg_policy form = reinterpret_cast<Form_pg_policy>(GETSTRUCT(policy));
  return !form->polpermissive && strcmp(NameStr(form->polname), kFloor) == 0;
}

bool is_protected(Oid relation) {
  NameData floor;
  namestrcpy(&floor, kFloor);
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

}  // namespace tenancy::pg::guard
