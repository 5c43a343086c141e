#include "core/policy_text.hpp"

#include <algorithm>

#include "core/permission.hpp"

namespace tenancy::core::policy {

namespace {

std::string doubled(std::string_view text, char quote, bool backslashes) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == quote || (backslashes && c == '\\')) out += c;
  }
  return out;
}

}  // namespace

std::string quote_name(std::string_view name) {
  return '"' + doubled(name, '"', false) + '"';
}

std::string quote_text(std::string_view literal) {
  const bool escapes = literal.find('\\') != std::string_view::npos;
  return (escapes ? "E'" : "'") + doubled(literal, '\'', escapes) + '\'';
}

std::string quoted(const RelationName& name) {
  return quote_name(name.schema) + '.' + quote_name(name.name);
}

bool is_our_policy_name(std::string_view name) {
  return std::find(kPolicyNames.begin(), kPolicyNames.end(), name) != kPolicyNames.end();
}

}  // namespace tenancy::core::policy

namespace tenancy::core::policy {

namespace {

std::string form_of(ColumnType type) {
  switch (type) {
    case ColumnType::uuid:
      return "uuid";
    case ColumnType::text:
      return "text";
    case ColumnType::integer:
      return "bigint";
    default:
      return "id";
  }
}

std::string comparison(const std::string& column, const std::string& accessor) {
  return '(' + column + " = " + accessor + ')';
}

std::string printed_comparison(const Column& column, const std::string& accessor) {
  const bool relabelled = column.type_name.starts_with("character varying");
  return comparison(relabelled ? '(' + column.printed + ")::text" : column.printed, accessor);
}

std::string both(const std::string& tenant, const std::string& user) {
  return '(' + tenant + " AND " + user + ')';
}

std::string action(char code, const std::vector<std::string>& columns) {
  const std::string list = columns.empty() ? "" : " (" + name_list(columns) + ')';
  switch (code) {
    case 'r':
      return "RESTRICT";
    case 'c':
      return "CASCADE";
    case 'n':
      return "SET NULL" + list;
    case 'd':
      return "SET DEFAULT" + list;
    default:
      return "NO ACTION";
  }
}

std::string storage_clause(const std::vector<std::string>& storage) {
  std::vector<std::string> parameters;
  for (const std::string& option : storage) {
    const size_t equals = option.find('=');
    parameters.push_back(quote_name(option.substr(0, equals)) + " = " +
                         quote_text(option.substr(equals + 1)));
  }
  return parameters.empty() ? "" : " WITH (" + join(parameters) + ')';
}

const char* command_name(char command) {
  switch (command) {
    case 'r':
      return "SELECT";
    case 'a':
      return "INSERT";
    case 'w':
      return "UPDATE";
    case 'd':
      return "DELETE";
    default:
      return "ALL";
  }
}

constexpr std::string_view kPermissionCast = "::tenancy.permission)";

std::string deferral(bool deferrable, bool deferred) {
  return std::string(deferrable ? " DEFERRABLE" : "") + (deferred ? " INITIALLY DEFERRED" : "");
}

}  // namespace

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string name_list(const std::vector<std::string>& names) {
  std::vector<std::string> quoted_names;
  quoted_names.reserve(names.size());
  for (const std::string& name : names) quoted_names.push_back(quote_name(name));
  return join(quoted_names);
}

std::string role_list(const std::vector<std::string>& roles) {
  std::vector<std::string> names;
  names.reserve(roles.size());
  for (const std::string& role : roles) {
    names.push_back(role.empty() ? "PUBLIC" : quote_name(role));
  }
  return join(names);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string tenant_accessor(ColumnType type) {
  return "tenancy.current_tenant_" + form_of(type) + "()";
}

std::string user_accessor(ColumnType type) {
  return "tenancy.current_user_" + form_of(type) + "()";
}

std::string condition(const Isolation& isolation, bool with_user) {
  const std::string tenant =
      comparison(quote_name(isolation.tenant.name), tenant_accessor(isolation.tenant.type));
  return with_user ? both(tenant, user_condition(isolation)) : tenant;
}

std::string user_condition(const Isolation& isolation) {
  return comparison(quote_name(isolation.user->name), user_accessor(isolation.user->type));
}

std::string printed_condition(const Isolation& isolation, bool with_user) {
  const std::string tenant =
      printed_comparison(isolation.tenant, tenant_accessor(isolation.tenant.type));
  return with_user ? both(tenant, printed_user_condition(isolation)) : tenant;
}

std::string printed_user_condition(const Isolation& isolation) {
  return printed_comparison(*isolation.user, user_accessor(isolation.user->type));
}

std::string permission_call(std::string_view function, std::string_view permission) {
  return std::string(function) + '(' + quote_text(permission) + std::string(kPermissionCast);
}

std::optional<std::string> permission_in_call(std::string_view text, std::string_view function) {
  const std::string head = std::string(function) + "('", tail = "'" + std::string(kPermissionCast);
  if (text.size() < head.size() + tail.size()) return std::nullopt;
  const std::string_view inside = text.substr(head.size(), text.size() - head.size() - tail.size());
  if (check_permission(inside).fault != PermissionFault::none) return std::nullopt;
  if (text != permission_call(function, inside)) return std::nullopt;
  return std::string(inside);
}

Policy policy_for(const RelationName& table, const char* name, bool permissive, char command,
                  const Condition& using_, const Condition& check) {
  std::string sql = "CREATE POLICY " + quote_name(name) + " ON " + quoted(table) + " AS " +
                    (permissive ? "PERMISSIVE" : "RESTRICTIVE") + " FOR " + command_name(command) +
                    " TO PUBLIC";
  if (!using_.written.empty()) sql += "\n  USING (" + using_.written + ')';
  if (!check.written.empty()) sql += "\n  WITH CHECK (" + check.written + ')';
  return {name, sql, permissive, true, using_.printed, check.printed, command};
}

std::vector<std::string> columns_of(const Isolation& isolation) {
  std::vector<std::string> names{isolation.tenant.name};
  if (isolation.user) names.push_back(isolation.user->name);
  return names;
}

std::string alter_table(const RelationName& table, const std::vector<std::string>& subcommands,
                        bool only) {
  return std::string("ALTER TABLE ") + (only ? "ONLY " : "") + quoted(table) + ' ' +
         join(subcommands, ",\n  ");
}

void add(std::vector<Step>* steps, std::string sql) {
  steps->push_back({Step::Kind::ddl, std::move(sql)});
}

void add_all(std::vector<Step>* steps, const std::vector<std::string>& statements) {
  for (const std::string& sql : statements) add(steps, sql);
}

void add_alter(std::vector<Step>* steps, const RelationName& table,
               const std::vector<std::string>& subcommands) {
  if (!subcommands.empty()) add(steps, alter_table(table, subcommands));
}

std::string add_exclusion(const Key& key, const std::string& body) {
  std::string sql = "ADD CONSTRAINT " + quote_name(key.name) + ' ' + key.head + body;
  if (!key.tablespace.empty()) sql += " USING INDEX TABLESPACE " + quote_name(key.tablespace);
  return sql + key.where;
}

std::string add_key_constraint(const Key& key, const std::vector<std::string>& columns) {
  std::string sql = "ADD CONSTRAINT " + quote_name(key.name);
  sql += key.kind == Key::Kind::primary ? " PRIMARY KEY" : " UNIQUE";
  if (key.nulls_not_distinct) sql += " NULLS NOT DISTINCT";
  sql += " (" + name_list(columns) + ')';
  if (!key.included.empty()) sql += " INCLUDE (" + name_list(key.included) + ')';
  sql += storage_clause(key.storage);
  if (!key.tablespace.empty()) sql += " USING INDEX TABLESPACE " + quote_name(key.tablespace);
  return sql + deferral(key.deferrable, key.deferred);
}

std::string create_key_index(const Key& key, const std::string& body) {
  std::string sql = key.head + body;
  if (!key.tablespace.empty()) sql += " TABLESPACE " + quote_name(key.tablespace);
  return sql + key.where;
}

std::string add_foreign_key(const ForeignKey& key) {
  std::string sql = "ADD CONSTRAINT " + quote_name(key.name) + " FOREIGN KEY (" +
                    name_list(key.child_columns) + ") REFERENCES " + quoted(key.parent) + " (" +
                    name_list(key.parent_columns) + ')';
  if (key.on_update != 'a') sql += " ON UPDATE " + action(key.on_update, {});
  if (key.on_delete != 'a') sql += " ON DELETE " + action(key.on_delete, key.set_columns);
  return sql + deferral(key.deferrable, key.deferred) + (key.validated ? "" : " NOT VALID");
}

}  // namespace tenancy::core::policy
