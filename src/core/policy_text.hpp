// The fragments of SQL that plans are made of.
#pragma once

#include "core/policy.hpp"

namespace tenancy::core::policy {

// "a", "b"
std::string name_list(const std::vector<std::string>& names);
// a, b
std::string join(const std::vector<std::string>& parts, std::string_view separator = ", ");
// Names of roles; "" is PUBLIC.
std::string role_list(const std::vector<std::string>& roles);
bool contains(const std::vector<std::string>& names, std::string_view name);

// Accessor of the caller's tenant or user in the form that a column of this type compares with by
// its own index: tenancy.current_tenant_uuid() and so on.
std::string tenant_accessor(ColumnType type);
std::string user_accessor(ColumnType type);

// ("tenant_id" = tenancy.current_tenant_id()), and the user's when asked for.
std::string condition(const Isolation& isolation, bool with_user);
std::string user_condition(const Isolation& isolation);
// The same as PostgreSQL prints it back with nothing but pg_catalog in search_path.
std::string printed_condition(const Isolation& isolation, bool with_user);
std::string printed_user_condition(const Isolation& isolation);

// tenancy.require('…'::tenancy.permission), which PostgreSQL prints as it is written.
std::string permission_call(std::string_view function, std::string_view permission);
// The permission in such a text; nothing where it says anything else.
std::optional<std::string> permission_in_call(std::string_view text, std::string_view function);

// Both texts empty: none.
struct Condition {
  std::string written, printed;
};
// For everybody. It is as the catalog will have it, with the statement that makes it.
Policy policy_for(const RelationName& table, const char* name, bool permissive, char command,
                  const Condition& using_, const Condition& check);

// Names of the isolation columns, tenant first.
std::vector<std::string> columns_of(const Isolation& isolation);

// One ALTER TABLE with all its subcommands; several scans become one. `only`: not what is made of
// it.
std::string alter_table(const RelationName& table, const std::vector<std::string>& subcommands,
                        bool only = false);

void add(std::vector<Step>* steps, std::string sql);
void add_all(std::vector<Step>* steps, const std::vector<std::string>& statements);
// No subcommand, no statement.
void add_alter(std::vector<Step>* steps, const RelationName& table,
               const std::vector<std::string>& subcommands);

// ADD CONSTRAINT for a key behind a constraint, CREATE UNIQUE INDEX for one that stands alone.
std::string add_key_constraint(const Key& key, const std::vector<std::string>& columns);
std::string add_exclusion(const Key& key, const std::string& body);
std::string create_key_index(const Key& key, const std::string& body);
std::string add_foreign_key(const ForeignKey& key);

}  // namespace tenancy::core::policy
