#include "pg/auto_protect/commands.hpp"

#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/protect/query.hpp"

namespace tenancy::pg::auto_protect {
namespace {

// PostgreSQL's notes on the command and what it was made of. They live as long as the command.
std::vector<const CollectedCommand*> collected() {
  Pinned pinned;
  call([] {
    const int code =
        SPI_execute("SELECT command FROM pg_catalog.pg_event_trigger_ddl_commands()", true, 0);
    if (code != SPI_OK_SELECT) elog(ERROR, "%s", SPI_result_code_string(code));
  });
  std::vector<const CollectedCommand*> commands;
  for (uint64 i = 0; i < SPI_processed; i++) {
    commands.push_back(call([&] {
      bool null;
      const Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null);
      return reinterpret_cast<const CollectedCommand*>(DatumGetPointer(value));
    }));
  }
  pinned.leave();
  return commands;
}

bool is_tenants_type(Oid type) {
  return call([&] {
    const Oid schema = get_namespace_oid("tenancy", true);
    return OidIsValid(schema) && getBaseType(type) == GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
                                                                      CStringGetDatum("tenant_id"),
                                                                      ObjectIdGetDatum(schema));
  });
}

bool is_tenants_column(Oid relation, const char* column) {
  const AttrNumber number = call([&] { return get_attnum(relation, column); });
  return number > 0 && is_tenants_type(call([&] { return get_atttype(relation, number); }));
}

// Tables made OF a composite type change with it.
std::vector<Oid> tables_of(Oid relation) {
  if (call([&] { return get_rel_relkind(relation); }) != RELKIND_COMPOSITE_TYPE) return {relation};
  Pinned pinned;
  std::vector<Oid> tables;
  for (const auto& row : query("SELECT t.oid FROM pg_class c JOIN pg_class t"
                               " ON t.reloftype = c.reltype WHERE c.oid = $1::oid",
                               {std::to_string(relation)})) {
    tables.push_back(row[0].oid());
  }
  pinned.leave();
  return tables;
}

void note_typed(Oid relation, const char* column, Touched* touched) {
  if (!is_tenants_column(relation, column)) return;
  for (const Oid table : tables_of(relation)) touched->typed.push_back(table);
}

void note_subcommand(Oid relation, const CollectedATSubcmd* done, Touched* touched) {
  const AlterTableCmd* const subcommand = reinterpret_cast<AlterTableCmd*>(done->parsetree);
  switch (plain_subcommand(subcommand->subtype)) {
    case AT_AddColumn:
      note_typed(relation, reinterpret_cast<ColumnDef*>(subcommand->def)->colname, touched);
      break;
    case AT_AlterColumnType:
      note_typed(relation, subcommand->name, touched);
      break;
    case AT_AddIndex:
    case AT_AddIndexConstraint:
    case AT_AddConstraint:
      touched->keyed.push_back(relation);
      break;
    case AT_AddInherit:
      touched->attached.push_back(relation);
      break;
    case AT_AttachPartition:
      touched->attached.push_back(call([&] {
        return RangeVarGetRelid(reinterpret_cast<PartitionCmd*>(subcommand->def)->name, NoLock,
                                false);
      }));
      break;
    default:
      break;
  }
}

void note_index(Oid index, Touched* touched) {
  Oid keyed = InvalidOid;
  call([&] {
    const HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) return;
    const Form_pg_index form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    if (form->indisunique || form->indisexclusion) keyed = form->indrelid;
    ReleaseSysCache(tuple);
  });
  if (OidIsValid(keyed)) touched->keyed.push_back(keyed);
}

void note_simple(const CollectedCommand* command, Touched* touched) {
  const ObjectAddress& object = command->d.simple.address;
  if (object.classId != RelationRelationId) return;
  switch (nodeTag(command->parsetree)) {
    case T_CreateStmt:
    case T_CreateForeignTableStmt:
    case T_CreateTableAsStmt:
      touched->made.push_back(object.objectId);
      break;
    case T_IndexStmt:
      note_index(object.objectId, touched);
      break;
    default:
      break;
  }
}

}  // namespace

Touched touched_by_command() {
  Touched touched;
  for (const CollectedCommand* const command : collected()) {
    if (command->type == SCT_Simple) note_simple(command, &touched);
    if (command->type != SCT_AlterTable) continue;
    const List* const subcommands = command->d.alterTable.subcmds;
    for (int i = 0; i < list_length(subcommands); i++) {
      note_subcommand(command->d.alterTable.objectId,
                      static_cast<CollectedATSubcmd*>(list_nth(subcommands, i)), &touched);
    }
  }
  return touched;
}

}  // namespace tenancy::pg::auto_protect
