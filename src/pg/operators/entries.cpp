#include "pg/operators/entries.hpp"

#include <cstdlib>
#include <string>

#include "pg/boundary.hpp"
#include "pg/trust/tables.hpp"

namespace tenancy::pg {
namespace {

std::optional<std::vector<std::string>> list(const Value& value) {
  if (value.null) return std::nullopt;
  return value.items;
}

std::string name_of(Oid role) {
  return call([&] { return GetUserNameFromId(role, false); });
}

std::string seconds(core::Seconds count) {
  return std::to_string(count) + (count == 1 ? " second" : " seconds");
}

Refused refusal(const char* what, const core::OperatorRuling& ruling,
                const core::TokenRequest& request) {
  const std::string message = std::string("permission denied for ") + what;
  const auto refused = [&](const std::string& detail, const char* hint) {
    return Refused(ERRCODE_INSUFFICIENT_PRIVILEGE, message, detail, hint);
  };
  switch (ruling.lacking) {
    case core::Lacking::tenant:
      return refused("The caller's entry in tenancy.operators does not name the tenant \"" +
                         request.tenant_id + "\".",
                     "An administrator can add the tenant to tenant_ids in tenancy.operators.");
    case core::Lacking::ttl:
      return refused("The token would live " + seconds(request.ttl) +
                         "; max_ttl of the caller's entry in tenancy.operators is " +
                         seconds(ruling.entry->max_ttl) + ".",
                     "Give ttl, up to that; without it a token lives 15 minutes.");
    case core::Lacking::permission:
      return refused("The caller's entry in tenancy.operators does not cover the permission \"" +
                         ruling.permission + "\".",
                     "Ask for less, or for no permissions: the token then has those of the entry.");
    default:
      return refused("The role " + name_of(call([] { return GetUserId(); })) +
                         " has no entry in tenancy.operators, nor have roles whose privileges it "
                         "has.",
                     "An administrator can give it one: INSERT INTO tenancy.operators.");
  }
}

}  // namespace

std::vector<core::OperatorEntry> entries_of_current_role() {
  const Oid caller = call([] { return GetUserId(); });
  if (call([&] { return superuser_arg(caller); })) {
    return {{name_of(caller), std::nullopt, std::nullopt, SECS_PER_DAY}};
  }
  std::vector<core::OperatorEntry> entries;
  for (const Row& row :
       read_rows(Table::operators, {"role", "tenant_ids", "permissions", "max_ttl"})) {
    const Oid role = static_cast<Oid>(std::strtoul(row[0].text().c_str(), nullptr, 10));
    // A role that was dropped leaves its number behind.
    const char* const name = call([&] { return GetUserNameFromId(role, true); });
    if (name == nullptr || !call([&] { return has_privs_of_role(caller, role); })) continue;
    entries.push_back({name, list(row[1]), list(row[2]), row[3].seconds()});
  }
  return entries;
}

core::OperatorEntry require_entry(const char* what, const std::vector<core::OperatorEntry>& entries,
                                  const core::TokenRequest& request) {
  const core::OperatorRuling ruling = core::rule_on(entries, request);
  if (ruling.lacking != core::Lacking::nothing) throw refusal(what, ruling, request);
  return *ruling.entry;
}

}  // namespace tenancy::pg
