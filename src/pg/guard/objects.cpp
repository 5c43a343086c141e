#include "pg/boundary.hpp"  // first: it brings headers of the core

#include "pg/guard/objects.hpp"

#include <string>

#include "pg/compat.hpp"
#include "pg/guard/guard.hpp"
#include "pg/guard/guarded_role.hpp"
#include "pg/guard/protected_table.hpp"
#include "pg/guard/refusal.hpp"
#include "pg/session/settings.hpp"

namespace tenancy::pg::guard {
namespace {

object_access_hook_type next_hook = nullptr;
bool goes_at_commit = false;

// The floors that fell in the statement that is watched: their tables, in the transaction's memory.
bool watching = false;
List* fallen = NIL;

// Calls `visit(tuple, shape)` with the row of catalog `catalog` that is object `object`, also when
// it was made a moment ago; not where there is no such row.
template <typename Visit>
void visit_row(Oid catalog, Oid object, Visit visit) {
  const Relation relation = table_open(catalog, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, get_object_attnum_oid(catalog), BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(object));
  const SysScanDesc scan =
      systable_beginscan(relation, get_object_oid_index(catalog), true, SnapshotSelf, 1, &key);
  const HeapTuple tuple = systable_getnext(scan);
  if (HeapTupleIsValid(tuple)) visit(tuple, RelationGetDescr(relation));
  systable_endscan(scan);
  table_close(relation, AccessShareLock);
}

// The value of `column` in an object's row. InvalidOid where there is no such row.
Oid oid_in_catalog(Oid catalog, Oid object, AttrNumber column) {
  Oid found = InvalidOid;
  visit_row(catalog, object, [&](HeapTuple tuple, TupleDesc shape) {
    bool null;
    const Datum value = heap_getattr(tuple, column, shape, &null);
    if (!null) found = DatumGetObjectId(value);
  });
  return found;
}

char kind_of_new_relation(Oid object) {
  char kind = '\0';
  visit_row(RelationRelationId, object, [&](HeapTuple tuple, TupleDesc) {
    kind = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relkind;
  });
  return kind;
}

// Whether the object lies in this session's temporary schema and stays there until the session ends
// or somebody drops it.
bool stays_in_session(ObjectAccessType access, Oid catalog, Oid object) {
  if (goes_at_commit || !is_objectclass_supported(catalog)) return false;
  Oid schema = InvalidOid, toast_schema = InvalidOid;
  GetTempNamespaceState(&schema, &toast_schema);
  if (!OidIsValid(schema)) return false;
  const AttrNumber column = get_object_attnum_namespace(catalog);
  if (column == InvalidAttrNumber || oid_in_catalog(catalog, object, column) != schema) {
    return false;
  }
  if (catalog != RelationRelationId) return access == OAT_POST_CREATE;
  // An index is part of its table, which was judged when it was made. A sequence may be made
  // together with a table, and taken away from it later.
  const char kind = kind_of_new_relation(object);
  return access == OAT_POST_CREATE ? kind != RELKIND_INDEX : kind == RELKIND_SEQUENCE;
}

// The table that the object is part of; InvalidOid where it is part of none.
Oid table_of(Oid catalog, Oid object) {
  switch (catalog) {
    case RelationRelationId:
      return object;
    case PolicyRelationId:
      return oid_in_catalog(catalog, object, Anum_pg_policy_polrelid);
    case TriggerRelationId:
      return oid_in_catalog(catalog, object, Anum_pg_trigger_tgrelid);
    case RewriteRelationId:
      return oid_in_catalog(catalog, object, Anum_pg_rewrite_ev_class);
    case ConstraintRelationId:
      return oid_in_catalog(catalog, object, Anum_pg_constraint_conrelid);
    default:
      return InvalidOid;
  }
}

[[noreturn]] void refuse_change(Oid table) {
  const char* const name = call([&] { return get_rel_name(table); });
  throw refused_to_role(
      "changing a protected table",
      "The statement changes \"" + std::string(name == nullptr ? "?" : name) +
          "\", or puts a trigger or a foreign key on it; such a change works on all tenants.",
      "The owner of the table may.");
}

// A column (`is_part`) is made in a table that is there already.
void judge_made_or_changed(ObjectAccessType access, Oid catalog, Oid object, bool is_part) {
  if (!call([] { return watches_caller(); })) return;
  if (session::scope() == session::Scope::transaction && access != OAT_TRUNCATE && !is_part &&
      call([&] { return stays_in_session(access, catalog, object); })) {
    throw refused_to_role("a temporary object that outlives its transaction",
                          "Whoever uses the connection next would meet it.",
                          "Make a table with ON COMMIT DROP in the transaction that needs it, or "
                          "write a subquery.");
  }
  const Oid table = call([&] {
    const Oid relation = table_of(catalog, object);
    return OidIsValid(relation) && is_of_others(relation) ? relation : InvalidOid;
  });
  if (OidIsValid(table)) refuse_change(table);
}

void note_fallen(Oid policy) {
  call([&] {
    visit_row(PolicyRelationId, policy, [](HeapTuple tuple, TupleDesc) {
      const Form_pg_policy form = reinterpret_cast<Form_pg_policy>(GETSTRUCT(tuple));
      if (!isolates(NameStr(form->polname))) return;
      const MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
      fallen = lappend_oid(fallen, form->polrelid);
      MemoryContextSwitchTo(caller);
    });
  });
}

void on_access(ObjectAccessType access, Oid catalog, Oid object, int part, void* argument) {
  if (next_hook != nullptr) next_hook(access, catalog, object, part, argument);
  switch (access) {
    case OAT_POST_CREATE:
    case OAT_POST_ALTER:
    case OAT_TRUNCATE:
      if (enabled()) entry([&] { judge_made_or_changed(access, catalog, object, part != 0); });
      break;
    case OAT_DROP:
      if (watching && catalog == PolicyRelationId) entry([&] { note_fallen(object); });
      break;
    default:
      break;
  }
}

}  // namespace

WithTableDroppedOnCommit::WithTableDroppedOnCommit(bool it_goes) : outer_(goes_at_commit) {
  goes_at_commit = it_goes;
}
WithTableDroppedOnCommit::~WithTableDroppedOnCommit() {
  goes_at_commit = outer_;
}
bool WithTableDroppedOnCommit::any() {
  return goes_at_commit;
}

WatchFloors::WatchFloors() : outer_(watching) {
  if (!outer_) fallen = NIL;
  watching = true;
}
WatchFloors::~WatchFloors() {
  watching = outer_;
  if (!outer_) fallen = NIL;
}

void WatchFloors::demand_none_fell() const {
  const Oid table = call([] {
    ListCell* cell;
    foreach (cell, fallen) {
      const Oid relation = lfirst_oid(cell);
      CommandCounterIncrement();
      if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation))) return relation;
    }
    return InvalidOid;
  });
  if (!OidIsValid(table)) return;
  const char* const name = call([&] { return get_rel_name(table); });
  throw Refused(kGuardRefused, "the command would take the protection off a table",
                "It would drop policies or isolation columns of \"" + std::string(name) +
                    "\", which it does not name, and leave the table behind.",
                "Call tenancy.unprotect() for the table first, or drop it.");
}

void install_object_hook() {
  next_hook = object_access_hook;
  object_access_hook = on_access;
}

}  // namespace tenancy::pg::guard
