// Which tables are protected, as the catalog says: those with a floor.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg::guard {

// Plain PostgreSQL: call() it. Cheap, an index lookup.
bool is_protected(Oid relation);

// Whether the relation is a table of this extension that shows each tenant its own rows, to PUBLIC.
// Plain PostgreSQL: call() it.
bool is_shared_by_tenants(Oid relation);

// Whether `name` is one of the policies that protect() makes.
bool isolates(const char* policy);

bool is_floor(HeapTuple policy);

// Calls `visit(relation)` for every protected table until it returns true; returns whether it did.
template <typename Visit>
bool any_protected(Visit visit) {
  const Relation policies = table_open(PolicyRelationId, AccessShareLock);
  const SysScanDesc scan = systable_beginscan(policies, InvalidOid, false, nullptr, 0, nullptr);
  bool found = false;
  HeapTuple tuple;
  while (!found && HeapTupleIsValid(tuple = systable_getnext(scan))) {
    if (is_floor(tuple))
      found = visit(reinterpret_cast<Form_pg_policy>(GETSTRUCT(tuple))->polrelid);
  }
  systable_endscan(scan);
  table_close(policies, AccessShareLock);
  return found;
}

}  // namespace tenancy::pg::guard
