// The SQL functions: their arguments become wishes, the DDL that was run becomes rows.
#include "core/policy.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "pg/boundary.hpp"
#include "pg/planner/isolation_columns.hpp"
#include "pg/protect/catalog.hpp"
#include "pg/protect/catalog_columns.hpp"
#include "pg/protect/query.hpp"
#include "pg/protect/run.hpp"
#include "pg/session/session.hpp"
#include "pg/trust/authenticator.hpp"

namespace tenancy::pg {

namespace {

std::string text_of(FunctionCallInfo fcinfo, int n) {
  const char* const text = call([&] {
    Oid output;
    bool varlena;
    getTypeOutputInfo(get_fn_expr_argtype(fcinfo->flinfo, n), &output, &varlena);
    return OidOutputFunctionCall(output, PG_GETARG_DATUM(n));
  });
  return text;
}

void require_value(FunctionCallInfo fcinfo, int n, const char* name) {
  if (PG_ARGISNULL(n)) {
    throw Refused(ERRCODE_NULL_VALUE_NOT_ALLOWED, std::string(name) + " must not be null");
  }
}

std::string required_text(FunctionCallInfo fcinfo, int n, const char* name) {
  require_value(fcinfo, n, name);
  return text_of(fcinfo, n);
}

std::optional<std::string> optional_text(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return std::nullopt;
  return text_of(fcinfo, n);
}

Oid required_oid(FunctionCallInfo fcinfo, int n, const char* name) {
  require_value(fcinfo, n, name);
  return PG_GETARG_OID(n);
}

bool required_bool(FunctionCallInfo fcinfo, int n, const char* name) {
  require_value(fcinfo, n, name);
  return PG_GETARG_BOOL(n);
}

bool by_user(FunctionCallInfo fcinfo, int n, const char* name) {
  const std::string value = required_text(fcinfo, n, name);
  if (value == "user") return true;
  if (value == "tenant") return false;
  throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, std::string(name) + " must be 'tenant' or 'user'",
                "It is \"" + value + "\".");
}

policy::ExistingPolicies existing_policies(const std::string& value) {
  if (value == "refuse") return policy::ExistingPolicies::refuse;
  if (value == "keep") return policy::ExistingPolicies::keep;
  if (value == "replace") return policy::ExistingPolicies::replace;
  throw Refused(ERRCODE_INVALID_PARAMETER_VALUE,
                "existing_policies must be 'refuse', 'keep' or 'replace'",
                "It is \"" + value + "\".");
}

// The arguments that all three functions share, from argument `at` on; dry_run comes after them.
constexpr int kSharedArguments = 8;
policy::Protection shared_arguments(FunctionCallInfo fcinfo, int at) {
  policy::Protection wishes;
  wishes.tenant_column = required_text(fcinfo, at, "tenant_column");
  wishes.user_column = required_text(fcinfo, at + 1, "user_column");
  const Oid type = required_oid(fcinfo, at + 2, "tenant_column_type");
  wishes.backfill_tenant = optional_text(fcinfo, at + 3);
  wishes.backfill_using = optional_text(fcinfo, at + 4);
  if (wishes.backfill_using &&
      wishes.backfill_using->find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "backfill_using is empty",
                  "It is an SQL expression over the row.", "Leave it out, or use NULL.");
  }
  wishes.existing_policies = existing_policies(required_text(fcinfo, at + 5, "existing_policies"));
  wishes.permissions.write = optional_text(fcinfo, at + 6);
  wishes.permissions.read_all = optional_text(fcinfo, at + 7);
  Pinned pinned;
  const policy::Column column = describe_type(type);
  pinned.leave();
  if (column.type == policy::ColumnType::other || column.type == policy::ColumnType::user_id) {
    throw Refused(ERRCODE_FEATURE_NOT_SUPPORTED, "tenant_column_type cannot be " + column.type_name,
                  "", "Use tenancy.tenant_id, uuid, text, varchar, smallint, integer or bigint.");
  }
  wishes.added_type = column.type;
  wishes.added_type_name = column.type_name;
  return wishes;
}

Datum report(FunctionCallInfo fcinfo, const std::vector<std::string>& lines) {
  call([&] { InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC); });
  const auto* const result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  for (const std::string& line : lines) {
    call([&] {
      Datum value = CStringGetTextDatum(line.c_str());
      bool null = false;
      tuplestore_putvalues(result->setResult, result->setDesc, &value, &null);
    });
  }
  return static_cast<Datum>(0);
}

std::vector<NamedRelation> relations_in(Oid schema) {
  Pinned pinned;
  std::vector<NamedRelation> relations = relations_of(schema);
  pinned.leave();
  return relations;
}

std::vector<std::string> names_argument(FunctionCallInfo fcinfo, int n) {
  require_value(fcinfo, n, "skip_tables");
  Datum* values;
  bool* nulls;
  int count;
  call([&] {
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &values,
                      &nulls, &count);
  });
  std::vector<std::string> names;
  for (int i = 0; i < count; i++) {
    if (!nulls[i]) names.emplace_back(NameStr(*DatumGetName(values[i])));
  }
  return names;
}

// What LangGraph's savers and stores keep, in JavaScript and Python; the store's tables last.
constexpr const char* kCheckpointTables[] = {"checkpoints", "checkpoint_blobs",
                                             "checkpoint_writes"};
constexpr const char* kStoreTables[] = {"store", "store_vectors"};
// Only numbers of schema versions: the same for everybody, and nobody's to write but the owner's.
constexpr const char* kMigrationTables[] = {"checkpoint_migrations", "store_migrations",
                                            "vector_migrations"};

bool is_among(const std::string& name, std::span<const char* const> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void refuse_inside_identity(const char* function) {
  demand_nobody_inside(std::string("tenancy.") + function,
                       "It changes the table for every tenant.");
}

// Protection itself holds without preloading; what applications rely on beside it does not.
void warn_unless_preloaded() {
  if (strcmp(preloaded_how(), "no") != 0) return;
  call([] {
    ereport(WARNING,
            (errmsg("pg_tenancy is not preloaded"),
             errdetail("ON CONFLICT (columns) is completed, and what a session still holds "
                       "is checked, only in sessions that have loaded the library."),
             errhint("Add pg_tenancy to shared_preload_libraries and restart the server.")));
  });
}

}  // namespace

}  // namespace tenancy::pg

using namespace tenancy::pg;  // NOLINT(google-build-using-namespace): the SQL functions are global
namespace policy = tenancy::core::policy;

TENANCY_FUNCTION(tenancy_isolation_columns) {
  const Oid relation = PG_GETARG_OID(0);
  TupleDesc shape;
  NameData names[2];
  Datum values[2] = {NameGetDatum(&names[0]), NameGetDatum(&names[1])};
  bool nulls[2] = {true, true};
  call([&] {
    get_call_result_type(fcinfo, nullptr, &shape);
    const Relation open = try_relation_open(relation, AccessShareLock);
    if (open == nullptr) return;
    const IsolationColumns columns = isolation_columns_of(open);
    const AttrNumber numbers[2] = {columns.tenant, columns.user};
    for (int i = 0; i < 2; i++) {
      nulls[i] = numbers[i] == InvalidAttrNumber;
      if (!nulls[i]) {
        names[i] = TupleDescAttr(RelationGetDescr(open), numbers[i] - 1)->attname;
      }
    }
    relation_close(open, AccessShareLock);
  });
  return call(
      [&] { return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(shape), values, nulls)); });
}

TENANCY_FUNCTION(tenancy_protect) {
  refuse_inside_identity("protect");
  warn_unless_preloaded();
  const Oid relation = required_oid(fcinfo, 0, "rel");
  policy::Protection wishes = shared_arguments(fcinfo, 2);
  wishes.by_user = by_user(fcinfo, 1, "isolate_by");
  const bool dry_run = required_bool(fcinfo, 2 + kSharedArguments, "dry_run");
  return report(fcinfo, run_protection({{relation, wishes}}, {dry_run, false}));
}

TENANCY_FUNCTION(tenancy_protect_schema) {
  refuse_inside_identity("protect_schema");
  warn_unless_preloaded();
  const Oid schema = required_oid(fcinfo, 0, "schema");
  policy::Protection wishes = shared_arguments(fcinfo, 2);
  wishes.by_user = by_user(fcinfo, 1, "isolate_by");
  const bool dry_run = required_bool(fcinfo, 2 + kSharedArguments, "dry_run");
  const std::vector<std::string> skipped = names_argument(fcinfo, 3 + kSharedArguments);

  std::vector<Target> targets;
  std::vector<std::string> lines, unknown = skipped;
  for (const NamedRelation& table : relations_in(schema)) {
    std::erase(unknown, table.name);
    if (std::find(skipped.begin(), skipped.end(), table.name) != skipped.end()) continue;
    if (table.owned) {
      targets.push_back({table.relation, wishes});
    } else {
      lines.push_back("-- skipped: " + table.name + " belongs to another owner");
    }
  }
  if (!unknown.empty()) {
    throw Refused(ERRCODE_UNDEFINED_TABLE,
                  "skip_tables names \"" + unknown.front() + "\", which the schema does not have",
                  "The table that was meant would be protected.",
                  "Write the name as pg_class has it, without schema and quotes, or leave it out.");
  }
  if (targets.empty()) {
    throw Refused(ERRCODE_UNDEFINED_TABLE, "no tables that you own in this schema",
                  skipped.empty() ? "" : "Looked for tables that skip_tables does not name.",
                  "Call it as the owner of the tables, or name the schema that has them.");
  }
  for (std::string& line : run_protection(targets, {dry_run, true})) {
    lines.push_back(std::move(line));
  }
  return report(fcinfo, lines);
}

TENANCY_FUNCTION(tenancy_protect_langgraph) {
  refuse_inside_identity("protect_langgraph");
  warn_unless_preloaded();
  const Oid schema = required_oid(fcinfo, 0, "schema");
  policy::Protection checkpoints = shared_arguments(fcinfo, 3);
  policy::Protection store = checkpoints;
  checkpoints.by_user = by_user(fcinfo, 1, "isolate_by");
  store.by_user = by_user(fcinfo, 2, "store_isolate_by");
  // All users of a tenant read the rows of the others already. Neither by user: refused.
  if (checkpoints.by_user && !store.by_user) store.permissions.read_all.reset();
  if (store.by_user && !checkpoints.by_user) checkpoints.permissions.read_all.reset();
  const bool dry_run = required_bool(fcinfo, 3 + kSharedArguments, "dry_run");

  std::vector<Target> targets;
  std::vector<Oid> migrations;
  for (const NamedRelation& table : relations_in(schema)) {
    if (!table.owned) continue;
    if (is_among(table.name, kCheckpointTables)) targets.push_back({table.relation, checkpoints});
    if (is_among(table.name, kStoreTables)) targets.push_back({table.relation, store});
    if (is_among(table.name, kMigrationTables)) migrations.push_back(table.relation);
  }
  if (targets.empty()) {
    throw Refused(ERRCODE_UNDEFINED_TABLE, "no tables of LangGraph that you own in this schema",
                  "Looked for checkpoints, checkpoint_blobs, checkpoint_writes, store and "
                  "store_vectors.",
                  "Run the setup() of the saver and the store as the owner first, or name the "
                  "schema.");
  }
  std::vector<std::string> lines = run_protection(targets, {dry_run, true});
  for (std::string& line : run_read_only(migrations, dry_run)) lines.push_back(std::move(line));
  return report(fcinfo, lines);
}

TENANCY_FUNCTION(tenancy_unprotect) {
  refuse_inside_identity("unprotect");
  return report(fcinfo, run_unprotection(required_oid(fcinfo, 0, "rel"),
                                         required_bool(fcinfo, 1, "restore_keys"),
                                         PG_ARGISNULL(2) ? InvalidOid : PG_GETARG_OID(2),
                                         required_bool(fcinfo, 3, "dry_run")));
}
