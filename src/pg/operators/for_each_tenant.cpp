// CALL tenancy.for_each_tenant(): one transaction and one identity per tenant.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pg/session/session.hpp"  // first: it brings headers of the core

#include "pg/datum.hpp"
#include "pg/operators/entries.hpp"
#include "pg/operators/token.hpp"
#include "pg/trust/own_issuer.hpp"
#include "pg/trust/tables.hpp"
#include "pg/types/arguments.hpp"

namespace tenancy::pg {
namespace {

constexpr char kWhat[] = "tenancy.for_each_tenant()";

using TenantIds = std::vector<std::string>;

struct Job {
  std::string command;
  std::optional<TenantIds> tenant_ids;
  bool goes_on;  // after a tenant that failed
};

std::optional<TenantIds> tenants_argument(FunctionCallInfo fcinfo, int number) {
  if (PG_ARGISNULL(number)) return std::nullopt;
  TenantIds ids;
  for (const auto& element : elements_argument(fcinfo, number)) {
    std::string id = element ? identifier_of(*element) : "";
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
  }
  if (ids.empty() || std::find(ids.begin(), ids.end(), "") != ids.end()) {
    throw refused_argument("tenant_ids is not valid", "It is empty, or an element is NULL.",
                           "Name the tenants, or leave tenant_ids out for all of them.");
  }
  return ids;
}

Job job_of(FunctionCallInfo fcinfo) {
  const std::string command = text_argument(fcinfo, 0).value_or("");
  if (command.find_first_not_of(" \t\r\n;") == std::string::npos) {
    throw refused_argument("command is missing", "There is nothing to run.",
                           "Give SQL, of one or more statements.");
  }
  const auto tenant_ids = tenants_argument(fcinfo, 1);
  const std::string on_error = text_argument(fcinfo, 2).value_or("");
  if (on_error != "stop" && on_error != "continue") {
    throw refused_argument("on_error is not valid", "It is neither stop nor continue.",
                           "Use stop, or continue to go on with the next tenant.");
  }
  return {command, tenant_ids, on_error == "continue"};
}

void demand_transactions(FunctionCallInfo fcinfo) {
  const bool atomic = call([&] {
    return fcinfo->context == nullptr || !IsA(fcinfo->context, CallContext) ||
           castNode(CallContext, fcinfo->context)->atomic || GetCurrentTransactionNestLevel() > 1;
  });
  if (!atomic) return;
  throw Refused(ERRCODE_ACTIVE_SQL_TRANSACTION,
                std::string(kWhat) + " cannot run inside a transaction",
                "It begins and commits a transaction for each tenant.",
                "CALL it by itself: not after BEGIN, in a function, or in a block with EXCEPTION.");
}

// In each turn such a role would meet the rows of all tenants, and change them once per tenant.
void demand_bound_role() {
  if (!call([] { return has_bypassrls_privilege(GetUserId()); })) return;
  throw Refused(
      ERRCODE_INSUFFICIENT_PRIVILEGE, std::string(kWhat) + " is for roles that row security binds",
      "A superuser, and a role with BYPASSRLS, meets the rows of all tenants in each turn.",
      "Connect as a role of the job's own, with an entry in tenancy.operators.");
}

bool covers_one(const std::vector<core::OperatorEntry>& entries, const std::string& tenant_id) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const core::OperatorEntry& entry) { return entry.names(tenant_id); });
}

TenantIds active_tenants(const std::vector<core::OperatorEntry>& entries) {
  TenantIds active;
  for (const Row& row : read_rows(Table::tenants, {"tenant_id", "status"})) {
    const std::string& id = row[0].text();
    if (row[1].text() == "active" && covers_one(entries, id)) active.push_back(id);
  }
  std::sort(active.begin(), active.end());
  return active;
}

// Whatever is asked that is not allowed, or not there, is refused before anything runs.
TenantIds targets_of(const Job& job) {
  const auto entries = entries_of_current_role();
  if (entries.empty()) require_entry(kWhat, entries, {});
  if (!job.tenant_ids) return active_tenants(entries);
  for (const std::string& id : *job.tenant_ids) require_entry(kWhat, entries, {id, {}, 1});
  for (const std::string& id : *job.tenant_ids) {
    if (!read_rows(Table::tenants, {}, {{"tenant_id", id}}).empty()) continue;
    throw Refused(ERRCODE_UNDEFINED_OBJECT, "tenant \"" + id + "\" does not exist",
                  "It has no row in tenancy.tenants.", "Register the tenant, or name others.");
  }
  return *job.tenant_ids;
}

// While it lives, errors say which tenant's turn it was.
class Turn {
 public:
  explicit Turn(const std::string& tenant_id) {
    callback_.previous = error_context_stack;
    callback_.callback = [](void* id) {
      errcontext("turn of tenant \"%s\"", static_cast<char*>(id));
    };
    callback_.arg = const_cast<char*>(tenant_id.c_str());
    error_context_stack = &callback_;
  }
  ~Turn() { error_context_stack = callback_.previous; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  ErrorContextCallback callback_{};
};

// The entry as it is now. Without a user the token's own permissions are what it may do, so it
// carries those of the entry, or everything.
std::string token_for(const std::string& tenant_id) {
  core::OperatorEntry entry =
      require_entry(kWhat, entries_of_current_role(), {tenant_id, std::nullopt, 1});
  if (!entry.permissions) entry.permissions = {"*"};
  return make_token({{tenant_id, std::move(entry.permissions), entry.max_ttl}, {}, {}, {}});
}

// As the caller, who is inside an identity. The results go nowhere.
void run(const std::string& command) {
  const int code = call([&] {
    SPIExecuteOptions options{};
    options.dest = None_Receiver;
    return SPI_execute_extended(command.c_str(), &options);
  });
  if (code >= 0) return;
  if (code == SPI_ERROR_TRANSACTION) {
    throw Refused(
        ERRCODE_INVALID_TRANSACTION_TERMINATION,
        "a command for each tenant cannot begin or end transactions",
        "Each tenant has one transaction, which is committed when the command is through.",
        "Take BEGIN, COMMIT, ROLLBACK and SAVEPOINT out of the command.");
  }
  throw Refused(ERRCODE_FEATURE_NOT_SUPPORTED, "this command cannot run for each tenant",
                std::string(SPI_result_code_string(code)) + ".",
                "COPY from and to the client needs a session of the tenant's own.");
}

// Deferred constraints are checked while the identity is there, and while a failure can still be
// survived. Nothing of the identity is left when it commits.
void take_turn(const std::string& tenant_id, const std::string& command) {
  enter(token_for(tenant_id));
  run(command);
  run("SET CONSTRAINTS ALL IMMEDIATE");
  leave();
}

void warn(const std::string& tenant_id, const Survived& survived) {
  const char* const id = tenant_id.c_str();
  const char* const state = call([&] { return unpack_sql_state(survived.sqlstate); });
  call([&] {
    ereport(WARNING,
            (errcode(survived.sqlstate), errmsg("the command failed for tenant \"%s\"", id),
             errdetail("%s: %s", state, survived.message)));
  });
}

bool succeeds(const std::string& tenant_id, const Job& job) {
  if (!job.goes_on) {
    take_turn(tenant_id, job.command);
    return true;
  }
  Survived survived{};
  if (attempt([&] { take_turn(tenant_id, job.command); }, &survived)) return true;
  warn(tenant_id, survived);
  return false;
}

void run_for(const TenantIds& tenant_ids, const Job& job) {
  std::size_t failed = 0;
  for (const std::string& tenant_id : tenant_ids) {
    const Turn turn(tenant_id);
    const bool well = succeeds(tenant_id, job);
    failed += !well;
    call([&] { well ? SPI_commit() : SPI_rollback(); });
  }
  if (failed == 0) return;
  throw Refused(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
                "the command failed for " + std::to_string(failed) + " of " +
                    std::to_string(tenant_ids.size()) + " tenants",
                "What it did for the others is committed.",
                "The warnings before this name the tenants, and say why.");
}

}  // namespace
}  // namespace tenancy::pg

using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_for_each_tenant) {
  const Job job = job_of(fcinfo);
  demand_nobody_inside(kWhat, "It enters as each tenant by itself.");
  demand_transactions(fcinfo);
  demand_bound_role();
  const TenantIds tenant_ids = targets_of(job);
  if (tenant_ids.empty()) {
    call([] { ereport(NOTICE, (errmsg("there is no active tenant to run the command for"))); });
    PG_RETURN_VOID();
  }
  require_own_key(checked_own_name());
  call([] {
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    SPI_commit();
  });
  run_for(tenant_ids, job);
  call([] { SPI_finish(); });
  PG_RETURN_VOID();
}
