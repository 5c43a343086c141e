#include "pg/protect/run.hpp"
#include "pg/protect/as_owner.hpp"

#include <algorithm>
#include <map>

#include "pg/compat.hpp"
#include "pg/protect/catalog.hpp"
#include "pg/protect/catalog_columns.hpp"
#include "pg/protect/query.hpp"

namespace tenancy::pg {

namespace {

int sqlstate_of(policy::Objection objection) {
  switch (objection) {
    case policy::Objection::unsupported:
      return ERRCODE_FEATURE_NOT_SUPPORTED;
    case policy::Objection::wrong_state:
      return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
    case policy::Objection::dependents:
      return ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST;
    case policy::Objection::no_owner:
      return ERRCODE_INSUFFICIENT_PRIVILEGE;
    case policy::Objection::missing_values:
      return ERRCODE_NOT_NULL_VIOLATION;
    case policy::Objection::not_unique:
      return ERRCODE_UNIQUE_VIOLATION;
    case policy::Objection::ambiguous:
      return ERRCODE_AMBIGUOUS_COLUMN;
    case policy::Objection::bad_argument:
      return ERRCODE_INVALID_PARAMETER_VALUE;
    case policy::Objection::too_many_columns:
      return ERRCODE_TOO_MANY_COLUMNS;
  }
  return ERRCODE_INTERNAL_ERROR;
}

[[noreturn]] void refuse(const policy::Refusal& refusal, const std::string& count = {}) {
  std::string message = refusal.message;
  const std::string placeholder = "{count}";
  const size_t at = message.find(placeholder);
  if (!count.empty() && at != std::string::npos) message.replace(at, placeholder.size(), count);
  throw Refused(sqlstate_of(refusal.objection), message, refusal.detail, refusal.hint);
}

Oid require_owner(Oid relation) {
  return call([&] {
    const HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) {
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                      errmsg("relation with OID %u does not exist", relation)));
    }
    const Form_pg_class form = (Form_pg_class)GETSTRUCT(tuple);
    const Oid owner = form->relowner;
    if (!owns_relation(relation, GetUserId())) {
      aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(form->relkind),
                     NameStr(form->relname));
    }
    ReleaseSysCache(tuple);
    return owner;
  });
}

// With the transaction's snapshot we would look at rows and policies as they were before the lock.
void require_fresh_snapshots() {
  if (!IsolationUsesXactSnapshot()) return;
  throw Refused(ERRCODE_INVALID_TRANSACTION_STATE,
                "tables are protected in READ COMMITTED transactions only",
                "This one would not see what others have committed meanwhile.",
                "BEGIN ISOLATION LEVEL READ COMMITTED");
}

// Owner first, lock then: who may not change a table may not block it either. What was true
// before the lock is asked again under it.
Oid lock(Oid relation, bool dry_run) {
  require_owner(relation);
  call([&] { LockRelationOid(relation, dry_run ? AccessShareLock : AccessExclusiveLock); });
  return require_owner(relation);
}

void check(const policy::Step& step) {
  const Rows rows = query(step.sql);
  if (rows[0][0].text != "0") refuse(*step.refusal, rows[0][0].text);
}

std::string as_comment(const std::string& text) {
  std::string out = "-- ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "-- ";
  }
  return out;
}

void run(const policy::Decision& decision, bool dry_run, AsOwner* owner,
         std::vector<std::string>* report) {
  if (const auto* refusal = std::get_if<policy::Refusal>(&decision)) refuse(*refusal);
  const policy::Plan& plan = std::get<policy::Plan>(decision);
  for (const policy::Step& step : plan.before) check(step);
  for (const policy::Step& step : plan.steps) {
    switch (step.kind) {
      case policy::Step::Kind::remark:
        report->push_back(as_comment(step.sql));
        break;
      case policy::Step::Kind::check:
        if (!dry_run) check(step);
        break;
      case policy::Step::Kind::backfill:
        if (!dry_run) owner->backfill(step.sql);
        report->push_back(step.sql + ';');
        break;
      case policy::Step::Kind::ddl:
        if (!dry_run) execute(step.sql);
        report->push_back(step.sql + ';');
        break;
    }
  }
}

void announce(const policy::World& world, const std::vector<policy::Protection>& protections,
              std::vector<std::string>* report) {
  for (size_t i = 0; i < world.tables.size(); i++) {
    const policy::Table& table = world.tables[i];
    const bool same = table.isolation && table.isolation->by_user() == protections[i].by_user;
    report->push_back(as_comment(policy::quoted(table.name) + (same ? ": was" : ": becomes") +
                                 " isolated by " + (protections[i].by_user ? "user" : "tenant")));
  }
}

// The relation and what is made of it, locked, parents before their parts. Whoever comes up twice
// (a child of two of them) stands behind all its parents.
void lock_tree(Oid relation, bool dry_run, std::vector<Oid>* tree) {
  lock(relation, dry_run);
  std::erase(*tree, relation);
  tree->push_back(relation);
  List* parts;
  call([&] { parts = find_inheritance_children(relation, NoLock); });
  for (int i = 0; i < list_length(parts); i++) lock_tree(list_nth_oid(parts, i), dry_run, tree);
}

std::vector<Oid> tops_among(const std::vector<Target>& targets) {
  std::vector<Oid> relations;
  relations.reserve(targets.size());
  for (const Target& target : targets) relations.push_back(target.relation);
  Pinned pinned;
  std::vector<Oid> tops = tops_of(relations);
  pinned.leave();
  return tops;
}

// The members of all trees by the owner of each tree's root, locked in an order that is the same
// for everybody.
std::map<Oid, std::vector<Target>> lock_all(const std::vector<Target>& targets, bool dry_run) {
  std::map<Oid, std::vector<Target>> by_owner;
  for (const Oid top : tops_among(targets)) {
    const auto wishes = std::find_if(targets.begin(), targets.end(),
                                     [&](const Target& target) { return target.relation == top; });
    std::vector<Oid> tree;
    lock_tree(top, dry_run, &tree);
    std::vector<Target>& members = by_owner[require_owner(top)];
    for (const Oid relation : tree) {
      std::erase_if(members, [&](const Target& member) { return member.relation == relation; });
      members.push_back({relation, wishes->protection});
    }
  }
  return by_owner;
}

}  // namespace

bool protection_runs() {
  return owners_at_work > 0;
}

std::vector<std::string> run_protection(const std::vector<Target>& targets, RunOptions options) {
  if (!options.made_now) require_fresh_snapshots();
  std::vector<std::string> report;
  for (const auto& [owner, group] : lock_all(targets, options.dry_run)) {
    std::vector<Oid> relations;
    std::vector<policy::Protection> protections;
    for (const Target& target : group) {
      relations.push_back(target.relation);
      protections.push_back(target.protection);
    }
    AsOwner as_owner(owner);
    const policy::World world = describe(relations);
    if (options.announce) announce(world, protections, &report);
    run(policy::plan_protection(world, protections), options.dry_run, &as_owner, &report);
    as_owner.leave();
  }
  return report;
}

std::vector<std::string> run_read_only(const std::vector<Oid>& relations, bool dry_run) {
  require_fresh_snapshots();
  std::vector<std::string> report;
  for (const Oid relation : relations) {
    AsOwner as_owner(lock(relation, dry_run));
    run(policy::plan_read_only(describe({relation}).tables.front()), dry_run, &as_owner, &report);
    as_owner.leave();
  }
  return report;
}

std::vector<std::string> run_unprotection(Oid relation, bool restore_keys, Oid convert_columns,
                                          bool dry_run) {
  require_fresh_snapshots();
  std::vector<Oid> tree;
  lock_tree(relation, dry_run, &tree);
  AsOwner as_owner(require_owner(relation));
  policy::Unprotection wishes{restore_keys, {}};
  if (OidIsValid(convert_columns)) wishes.convert_to = describe_type(convert_columns).type_name;
  std::vector<std::string> report;
  run(policy::plan_unprotection(describe(tree), wishes), dry_run, &as_owner, &report);
  as_owner.leave();
  return report;
}

}  // namespace tenancy::pg
