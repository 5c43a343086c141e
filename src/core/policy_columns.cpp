#include "core/policy_columns.hpp"

#include <algorithm>

#include "core/policy_draft.hpp"
#include "core/policy_remarks.hpp"
#include "core/policy_text.hpp"

namespace tenancy::core::policy {

namespace {

// Identifiers as tenancy.tenant_id takes them, and the spelling of a UUID that it stores.
constexpr const char* kIdentifierPattern = "^[!#-&(-:<-~]{1,255}$";
constexpr const char* kUuidPattern =
    "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

const Column* find_by_name(const Table& table, const std::string& name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == table.columns.end() ? nullptr : &*found;
}

const Column* find_by_type(const Table& table, ColumnType type, const std::string& what) {
  const Column* found = nullptr;
  for (const Column& column : table.columns) {
    if (column.type != type) continue;
    if (found != nullptr) {
      throw Refusal{Objection::ambiguous,
                    "cannot tell which column of " + quoted(table.name) + " is the " + what + "'s",
                    "Both \"" + found->name + "\" and \"" + column.name + "\" are of its type.",
                    "Name it: " + what + "_column => '...'."};
    }
    found = &column;
  }
  return found;
}

std::string alter_type(const Table& table, const Column& column, const std::string& type) {
  return alter_table(table.name, {"ALTER COLUMN " + quote_name(column.name) + " TYPE " + type +
                                  " USING " + quote_name(column.name) + "::text::" + type});
}

void require_usable(const Table& table, const Column& column, ColumnType own_type,
                    const std::string& own_type_name) {
  const std::string subject = "column \"" + column.name + "\" of " + quoted(table.name);
  const bool foreign_identifier =
      (column.type == ColumnType::tenant_id || column.type == ColumnType::user_id) &&
      column.type != own_type;
  if (column.type == ColumnType::other || foreign_identifier) {
    throw Refusal{
        Objection::unsupported,
        subject + " has type " + column.type_name + ", which cannot isolate rows",
        "Supported are " + own_type_name + ", uuid, text, varchar, smallint, integer and bigint.",
        alter_type(table, column, own_type_name)};
  }
  if (column.computed) {
    throw Refusal{Objection::unsupported, subject + " is generated",
                  "An isolation column takes its value from the caller's identity.",
                  "ALTER TABLE " + quoted(table.name) + " ALTER COLUMN " + quote_name(column.name) +
                      " DROP EXPRESSION (or DROP IDENTITY)"};
  }
  if (!column.deterministic) {
    throw Refusal{Objection::unsupported, subject + " has a nondeterministic collation",
                  "Different tenants could compare as equal.",
                  "ALTER TABLE " + quoted(table.name) + " ALTER COLUMN " + quote_name(column.name) +
                      " TYPE " + column.type_name + " COLLATE \"C\""};
  }
}

Step count_rows(const Table& table, const std::string& condition, Refusal refusal) {
  return {Step::Kind::check,
          "SELECT count(*) FROM ONLY " + quoted(table.name) +
              (condition.empty() ? "" : " WHERE " + condition),
          std::move(refusal)};
}

Refusal no_tenant(const Table& table) {
  return {
      Objection::missing_values, "{count} rows of " + quoted(table.name) + " have no tenant", "",
      "Say whose they are: backfill_tenant => '...' for all of them, or backfill_using => '...' "
      "for an expression over the row."};
}

Refusal no_user(const Table& table, const Column& column, bool adds) {
  const std::string name = quote_name(column.name);
  return {Objection::missing_values, "{count} rows of " + quoted(table.name) + " have no user", "",
          (adds ? "First ALTER TABLE " + quoted(table.name) + " ADD COLUMN " + name + ' ' +
                      column.type_name + " and fill it"
                : "First fill column " + name) +
              ", or isolate by tenant: isolate_by => 'tenant'."};
}

// Rows that no identity could ever match, because it carries the canonical spelling.
void check_spelling(const Table& table, const Column& column, std::vector<Step>* steps) {
  if (column.type != ColumnType::text) return;
  const std::string name = quote_name(column.name);
  const std::string uuid = name + "::text COLLATE \"C\" ~ " + quote_text(kUuidPattern);
  const std::string upper =
      uuid + " AND " + name + "::text COLLATE \"C\" <> lower(" + name + "::text COLLATE \"C\")";
  steps->push_back(count_rows(
      table, upper,
      {Objection::wrong_state,
       "{count} rows of " + quoted(table.name) + " spell a UUID in \"" + column.name +
           "\" in upper case",
       "Identities carry UUIDs in lower case: these rows would match nobody.",
       "UPDATE " + quoted(table.name) + " SET " + name + " = lower(" + name + ") WHERE " + upper}));
  const std::string unusable = name + "::text COLLATE \"C\" !~ " + quote_text(kIdentifierPattern);
  steps->push_back(count_rows(
      table, unusable,
      {Objection::wrong_state,
       "{count} rows of " + quoted(table.name) + " hold a value in \"" + column.name +
           "\" that no identity can have",
       "Identifiers are 1 to 255 printable ASCII characters without spaces, quotes and semicolons.",
       "UPDATE " + quoted(table.name) + " SET " + name + " = ... WHERE " + unusable}));
}

void switch_triggers(const Table& table, bool only, std::vector<Step>* off, std::vector<Step>* on) {
  std::vector<std::string> disable, enable;
  for (const Trigger& trigger : table.triggers) {
    if (trigger.enabled == 'D') continue;
    const char* const state = trigger.enabled == 'R'   ? "ENABLE REPLICA TRIGGER "
                              : trigger.enabled == 'A' ? "ENABLE ALWAYS TRIGGER "
                                                       : "ENABLE TRIGGER ";
    disable.push_back("DISABLE TRIGGER " + quote_name(trigger.name));
    enable.push_back(state + quote_name(trigger.name));
  }
  if (disable.empty()) return;
  off->push_back({Step::Kind::ddl, alter_table(table.name, disable, only)});
  on->push_back({Step::Kind::ddl, alter_table(table.name, enable, only)});
}

void switch_deferral(const Table& table, const std::vector<ForeignKey>& deferrable,
                     std::vector<Step>* off, std::vector<Step>* on) {
  std::vector<std::string> disable, enable;
  for (const ForeignKey& key : deferrable) {
    const std::string constraint = "ALTER CONSTRAINT " + quote_name(key.name);
    disable.push_back(constraint + " NOT DEFERRABLE");
    enable.push_back(constraint + " DEFERRABLE" + (key.deferred ? " INITIALLY DEFERRED" : ""));
  }
  if (disable.empty()) return;
  off->push_back({Step::Kind::ddl, alter_table(table.name, disable)});
  on->push_back({Step::Kind::ddl, alter_table(table.name, enable)});
}

// User triggers do not see the UPDATE, and foreign keys check it at once: PostgreSQL puts nothing
// off inside a security-restricted operation.
void fill(const std::vector<const Table*>& family, const Column& column, const std::string& value,
          const std::vector<ForeignKey>& deferrable, std::vector<Step>* steps) {
  const Table& table = *family.front();
  if (!table.update_rules.empty()) {
    throw Refusal{
        Objection::unsupported,
        "cannot fill in the tenants of " + quoted(table.name) + ", which has rules on UPDATE",
        "They would rewrite the statement: " + name_list(table.update_rules) + '.',
        "Drop the rules, or fill the column before protecting."};
  }
  const bool alone = family.size() == 1;
  std::vector<Step> off, on;
  for (const Table* member : family) switch_triggers(*member, !alone, &off, &on);
  switch_deferral(table, deferrable, &off, &on);
  steps->insert(steps->end(), off.begin(), off.end());
  steps->push_back({Step::Kind::backfill, std::string("UPDATE ") + (alone ? "ONLY " : "") +
                                              quoted(table.name) + " SET " +
                                              quote_name(column.name) + " = (" + value +
                                              "\n) WHERE " + quote_name(column.name) + " IS NULL"});
  steps->insert(steps->end(), on.begin(), on.end());
}

void backfill(const std::vector<const Table*>& family, const std::string& value,
              const std::vector<ForeignKey>& deferrable, Draft* draft, std::vector<Step>* steps) {
  const Column& tenant = draft->chosen.isolation.tenant;
  if (!draft->filled) fill(family, tenant, value, deferrable, steps);
  draft->filled = true;
  steps->push_back(
      count_rows(draft->table, quote_name(tenant.name) + " IS NULL", no_tenant(draft->table)));
  check_spelling(draft->table, tenant, steps);
}

// Unless a parent's ALTER TABLE does the same to this table too.
void add_unless_inherited(const Draft& draft, std::string subcommand,
                          std::vector<std::string>* list) {
  if (!contains(draft.inherited, subcommand)) list->push_back(std::move(subcommand));
}

void require_not_null(const Column& column, Draft* draft) {
  if (column.not_null) return;
  add_unless_inherited(*draft, "ALTER COLUMN " + quote_name(column.name) + " SET NOT NULL",
                       &draft->changes);
}

void set_default(const Column& column, const std::string& accessor, Draft* draft, Plan* plan) {
  if (column.default_text == accessor) return;
  if (!column.default_text.empty()) {
    remark(plan, "the default of " + quote_name(column.name) + " of " + quoted(draft->table.name) +
                     " was " + column.default_text);
  }
  add_unless_inherited(*draft,
                       "ALTER COLUMN " + quote_name(column.name) + " SET DEFAULT " + accessor,
                       &draft->settings);
}

void prepare_tenant(const std::vector<const Table*>& family,
                    const std::vector<ForeignKey>& deferrable, Draft* draft, Plan* plan) {
  const Table& table = draft->table;
  const Protection& wishes = draft->wishes;
  const Column& tenant = draft->chosen.isolation.tenant;
  const bool adds = draft->chosen.adds_tenant;
  const std::string addition = "ADD COLUMN " + quote_name(tenant.name) + ' ' + tenant.type_name;
  if (adds && wishes.backfill_using) {
    if (!draft->chosen.comes_from_parent) {
      plan->steps.push_back({Step::Kind::ddl, alter_table(table.name, {addition})});
    }
    backfill(family, *wishes.backfill_using, deferrable, draft, &plan->steps);
    require_not_null(tenant, draft);
  } else if (adds && wishes.backfill_tenant) {
    // A constant default is stored once for all rows there are: no rewrite.
    if (draft->chosen.comes_from_parent) return;
    draft->changes.push_back(addition + " DEFAULT " + quote_text(*wishes.backfill_tenant) +
                             " NOT NULL");
  } else if (adds) {
    plan->before.push_back(count_rows(table, "", no_tenant(table)));
    if (!draft->chosen.comes_from_parent) draft->changes.push_back(addition + " NOT NULL");
  } else if (!tenant.not_null && (wishes.backfill_using || wishes.backfill_tenant)) {
    backfill(family,
             wishes.backfill_using ? *wishes.backfill_using : quote_text(*wishes.backfill_tenant),
             deferrable, draft, &plan->steps);
    require_not_null(tenant, draft);
  } else {
    if (!tenant.not_null) {
      plan->before.push_back(
          count_rows(table, quote_name(tenant.name) + " IS NULL", no_tenant(table)));
    }
    // What got in under our policies is spelled as identities spell it.
    if (!table.isolation) check_spelling(table, tenant, &plan->before);
    require_not_null(tenant, draft);
  }
}

void prepare_user(Draft* draft, Plan* plan) {
  const Table& table = draft->table;
  const Column& user = *draft->chosen.isolation.user;
  const Refusal refusal = no_user(table, user, draft->chosen.adds_user);
  if (draft->chosen.adds_user) {
    plan->before.push_back(count_rows(table, "", refusal));
    if (draft->chosen.comes_from_parent) return;
    draft->changes.push_back("ADD COLUMN " + quote_name(user.name) + ' ' + user.type_name +
                             " NOT NULL");
    return;
  }
  if (!user.not_null) {
    plan->before.push_back(count_rows(table, quote_name(user.name) + " IS NULL", refusal));
  }
  if (!table.isolation || !table.isolation->by_user()) {
    check_spelling(table, user, &plan->before);
  }
  require_not_null(user, draft);
}

Chosen choose_as_parents(const Table& table, const Isolation& parents) {
  Chosen chosen;
  chosen.comes_from_parent = true;
  const auto take = [&](const Column& theirs, ColumnType own_type, const char* own_type_name,
                        bool* adds) {
    const Column* const own = find_by_name(table, theirs.name);
    *adds = own == nullptr;
    if (own == nullptr) return theirs;
    require_usable(table, *own, own_type, own_type_name);
    return *own;
  };
  chosen.isolation.tenant =
      take(parents.tenant, ColumnType::tenant_id, "tenancy.tenant_id", &chosen.adds_tenant);
  if (parents.user) {
    chosen.isolation.user =
        take(*parents.user, ColumnType::user_id, "tenancy.user_id", &chosen.adds_user);
  }
  return chosen;
}

}  // namespace

Chosen choose(const Table& table, const Protection& wishes,
              const std::optional<Isolation>& parents) {
  if (parents) return choose_as_parents(table, *parents);
  Chosen chosen;
  const Column* tenant = find_by_name(table, wishes.tenant_column);
  if (tenant == nullptr && table.isolation) tenant = &table.isolation->tenant;
  if (tenant == nullptr) tenant = find_by_type(table, ColumnType::tenant_id, "tenant");
  if (tenant != nullptr) {
    require_usable(table, *tenant, ColumnType::tenant_id, "tenancy.tenant_id");
    chosen.isolation.tenant = *tenant;
  } else {
    chosen.adds_tenant = true;
    chosen.isolation.tenant = {wishes.tenant_column, {}, wishes.added_type_name, wishes.added_type};
  }
  if (!wishes.by_user) return chosen;

  const Column* user = find_by_name(table, wishes.user_column);
  if (user == nullptr && table.isolation && table.isolation->user) user = &*table.isolation->user;
  if (user == nullptr) user = find_by_type(table, ColumnType::user_id, "user");
  if (user != nullptr) {
    require_usable(table, *user, ColumnType::user_id, "tenancy.user_id");
    chosen.isolation.user = *user;
  } else {
    chosen.adds_user = true;
    chosen.isolation.user = Column{wishes.user_column, {}, "tenancy.user_id", ColumnType::user_id};
  }
  if (chosen.isolation.user->name == chosen.isolation.tenant.name) {
    throw Refusal{Objection::bad_argument,
                  "tenant and user of " + quoted(table.name) + " cannot be the same column", "",
                  ""};
  }
  return chosen;
}

void prepare(const std::vector<const Table*>& family, const std::vector<ForeignKey>& deferrable,
             Draft* draft, Plan* plan) {
  const Isolation& isolation = draft->chosen.isolation;
  prepare_tenant(family, deferrable, draft, plan);
  set_default(isolation.tenant, tenant_accessor(isolation.tenant.type), draft, plan);
  if (!isolation.by_user()) return;
  prepare_user(draft, plan);
  set_default(*isolation.user, user_accessor(isolation.user->type), draft, plan);
}

}  // namespace tenancy::core::policy
