// Every difference between PostgreSQL versions, each with one sentence and its upstream commit.
// PG_VERSION_NUM appears nowhere else.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// The local transaction id moved into vxid in 17 (ab355e3a88de).
inline LocalTransactionId local_transaction_of(const PGPROC* proc) {
#if PG_VERSION_NUM >= 170000
  return proc->vxid.lxid;
#else
  return proc->lxid;
#endif
}

// A setting's `extra` and value belong to guc_malloc's context from 16 on (407b50f2d421).
inline void* guc_allocate(size_t bytes) {
#if PG_VERSION_NUM >= 160000
  return guc_malloc(LOG, bytes);
#else
  return malloc(bytes);
#endif
}
inline void guc_release(void* memory) {
#if PG_VERSION_NUM >= 160000
  guc_free(memory);
#else
  free(memory);
#endif
}

// Walkers got a declared type in 16 (1c27d16e6e5c); before, C++ must cast them by hand.
inline bool walk_expression(Node* node, bool (*walker)(Node*, void*), void* context) {
#if PG_VERSION_NUM >= 160000
  return expression_tree_walker(node, walker, context);
#else
  void* const untyped = reinterpret_cast<void*>(walker);
  return expression_tree_walker(node, reinterpret_cast<bool (*)()>(untyped), context);
#endif
}

inline bool walk_query(Query* query, bool (*walker)(Node*, void*), void* context) {
#if PG_VERSION_NUM >= 160000
  return query_tree_walker(query, walker, context, 0);
#else
  void* const untyped = reinterpret_cast<void*>(walker);
  return query_tree_walker(query, reinterpret_cast<bool (*)()>(untyped), context, 0);
#endif
}

// A setting by its name; an error where there is none. The table of settings became a hash table
// in 16, which find_option() looks up (3057465acfbe).
inline const config_generic* find_setting(const char* name) {
#if PG_VERSION_NUM >= 160000
  return find_option(name, false, false, ERROR);
#else
  config_generic** const all = get_guc_variables();
  for (int i = 0; i < GetNumConfigOptions(); i++) {
    if (strcmp(all[i]->name, name) == 0) return all[i];
  }
  elog(ERROR, "unrecognized setting \"%s\"", name);
#endif
}

// What a relation of a query is asked to permit left its entry for a list beside the range table in
// 16 (a61b1f74823c).
inline AclMode required_permissions(const Query* query, RangeTblEntry* entry) {
#if PG_VERSION_NUM >= 160000
  return getRTEPermissionInfo(query->rteperminfos, entry)->requiredPerms;
#else
  (void)query;
  return entry->requiredPerms;
#endif
}
// The role whose rights count for an entry; InvalidOid: the current one's.
inline Oid checked_role(const Query* query, RangeTblEntry* entry) {
#if PG_VERSION_NUM >= 160000
  if (entry->perminfoindex == 0) return InvalidOid;
  return getRTEPermissionInfo(query->rteperminfos, entry)->checkAsUser;
#else
  (void)query;
  return entry->checkAsUser;
#endif
}
// Lets `to` hold entries of `from`.
inline void copy_permissions(Query* to, const Query* from) {
#if PG_VERSION_NUM >= 160000
  to->rteperminfos = static_cast<List*>(copyObjectImpl(from->rteperminfos));
#else
  (void)to;
  (void)from;
#endif
}

// One function asks for the owner of any object from 16 on (afbfc02983f8).
inline bool owns_relation(Oid relation, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_ownercheck(RelationRelationId, relation, role);
#else
  return pg_class_ownercheck(relation, role);
#endif
}

// Before 16, subcommands of ALTER TABLE that go on to children changed their number on the way
// (840ff5f451cd).
inline AlterTableType plain_subcommand(AlterTableType subcommand) {
#if PG_VERSION_NUM < 160000
  if (subcommand == AT_AddColumnRecurse) return AT_AddColumn;
  if (subcommand == AT_AddConstraintRecurse) return AT_AddConstraint;
#endif
  return subcommand;
}

}  // namespace tenancy::pg

// PG_MODULE_MAGIC_EXT, which names the module and its version, exists from 18 on (9324c8c58065).
#if PG_VERSION_NUM >= 180000
#define TENANCY_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "pg_tenancy", .version = TENANCY_VERSION)
#else
#define TENANCY_MODULE_MAGIC PG_MODULE_MAGIC
#endif

// Input functions hand bad input to a caller that asked for it from 16 on (d9f7f5d32f20); such a
// caller may skip the row. Ends the running function, which returns a Datum.
#if PG_VERSION_NUM >= 160000
#define TENANCY_BAD_INPUT(fcinfo, report) ereturn((fcinfo)->context, (Datum)0, report)
#else
#define TENANCY_BAD_INPUT(fcinfo, report) \
  do {                                    \
    (void)(fcinfo);                       \
    ereport(ERROR, report);               \
  } while (0)
#endif
