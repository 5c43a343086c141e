#include "pg/session/token_setting.hpp"

#include <string>

#include "core/credential.hpp"
#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/session/entry_check.hpp"
#include "pg/session/settings.hpp"
#include "pg/session/state.hpp"
#include "pg/trust/authenticator.hpp"
#include "pg/trust/refusal.hpp"

namespace tenancy::pg::session {
namespace {

bool loading = false;

// The value is about to be replaced: nothing that could be shown may hold a token.
void replace_value(char** value, const char* text) {
  const std::size_t size = strlen(text) + 1;
  char* const copy = static_cast<char*>(guc_allocate(size));
  if (copy == nullptr) throw std::bad_alloc();
  memcpy(copy, text, size);
  explicit_bzero(*value, strlen(*value));
  guc_release(*value);
  *value = copy;
}

void refuse_source(GucSource source) {
  if (source == PGC_S_SESSION || source == PGC_S_CLIENT) return;
  throw Refused(kGuardRefused, "tenancy.token cannot be stored",
                "Configuration files, roles, databases and functions keep their settings where "
                "every role can read them.",
                "Enter in the session: SELECT tenancy.login($1).");
}

// What a parallel worker is handed by its leader, and nothing else: not verified again.
void inherit(char** value, void** extra) {
  const auto handover = core::read_handover(*value);
  if (!handover) throw refusal_of(handover.error());
  Block* const block = make_block(handover.value().context, {});
  const PGPROC* const leader = MyProc->lockGroupLeader;
  const bool same_transaction = leader != nullptr &&
                                handover.value().local_transaction != InvalidLocalTransactionId &&
                                handover.value().local_transaction == local_transaction_of(leader);
  block->serial = next_serial();
  block->generation = generation_for(block->who());
  block->set_in = same_transaction ? handover.value().local_transaction : InvalidLocalTransactionId;
  block->of_session = handover.value().of_session;
  block->refused = handover.value().verdict != core::Verdict::in_force;
  block->reason = reason_of(handover.value().verdict);
  *extra = block;
}

void enter(char** value, void** extra, GucSource source) {
  if (!IsTransactionState() || !OidIsValid(MyDatabaseId)) {
    throw Refused(kCredentialRefused, "credential refused",
                  "A credential is verified inside a transaction of a database.");
  }
  hide_in_activity_view(core::token_in(*value));
  const auto credential = core::read_credential(*value);
  if (!credential) throw refusal_of(credential.error());

  const std::uint64_t version = trust_version();
  const auto identity =
      authenticate(credential.value().token, credential.value().narrowing, wall_clock());
  if (!identity) throw refusal_of(identity.error());
  const auto context = core::to_context(*identity.value());
  if (!context) throw refusal_of(context.error());
  const auto layout = core::read_context(context.value());
  if (!layout) throw refusal_of(layout.error());
  const std::string_view who = layout.value().who.of(context.value().data());

  const bool same_caller = generation() != 0 && held()->who() == who;
  if (!(same_caller && settled_as(who)) && entry_check()) refuse_leftovers();
  if (scope() == Scope::transaction) enter_once(who);
  // PostgreSQL reads connection options before it reads what the role or the database sets, so
  // the scope may still become session.
  const bool of_session = scope() == Scope::session || source == PGC_S_CLIENT;

  const LocalTransactionId transaction = local_transaction_of(MyProc);
  const std::string handover =
      core::to_text({core::Verdict::in_force, of_session, transaction, context.value()});
  Block* const block = make_block(context.value(), *value);
  block->serial = next_serial();
  block->generation = generation_for(who);
  block->trust_version = version;
  block->set_in = transaction;
  block->of_session = of_session;
  bind_to_role(*block);
  try {
    settle(block->serial, who);
    replace_value(value, handover.c_str());
  } catch (const std::bad_alloc&) {
    guc_release(block);
    throw;
  }
  *extra = block;
}

bool check_token(char** value, void** extra, GucSource source) {
  return judge([&] {
    *extra = nullptr;
    if (*value == nullptr || **value == '\0') return;
    if (InitializingParallelWorker && !loading) return inherit(value, extra);
    if (loading && (scope() == Scope::transaction || IsParallelWorker())) {
      replace_value(value, "");
      call([] {
        ereport(WARNING, (errmsg("tenancy.token was set before pg_tenancy was loaded, and is not "
                                 "valid"),
                          errhint("Add pg_tenancy to shared_preload_libraries or "
                                  "session_preload_libraries, or enter again.")));
      });
      return;
    }
    if (IsParallelWorker()) {
      throw Refused(ERRCODE_INVALID_TRANSACTION_STATE, "cannot enter in a parallel worker");
    }
    refuse_source(source);
    enter(value, extra, source);
  });
}

void assign_token(const char*, void* extra) {
  hold(static_cast<Block*>(extra));
}

const char* show_token() {
  static char shown[2 * 256];
  if (standing() != Standing::in_force) return "";
  const Block& block = *held();
  // SHOW runs no executor, so expiry has not arrived by itself.
  if (!IsParallelWorker() && wall_clock() >= block.layout.valid_until) return "";
  const std::string_view tenant = block.text(block.layout.tenant_id);
  const std::string_view user = block.text(block.layout.user_id);
  snprintf(shown, sizeof shown, "%.*s/%.*s", static_cast<int>(tenant.size()), tenant.data(),
           static_cast<int>(user.size()), user.data());
  return shown;
}

}  // namespace

void set_token(const char* value, bool local) {
  call([&] {
    set_config_option(kTokenSetting, value, PGC_USERSET, PGC_S_SESSION,
                      local ? GUC_ACTION_LOCAL : GUC_ACTION_SET, true, 0, false);
  });
}

void hide_in_activity_view(std::string_view token) {
  if (debug_query_string == nullptr || MyBEEntry == nullptr || token.empty()) return;
  const auto visible = static_cast<std::size_t>(pgstat_track_activity_query_size);
  const std::string text = core::blanked(debug_query_string, token, visible);
  if (text == std::string_view(debug_query_string).substr(0, visible)) return;
  const char* const shown = text.c_str();
  call([&] { pgstat_report_activity(STATE_RUNNING, shown); });
}

void define_token_setting() {
  entry([] {
    struct Loading {
      Loading() { loading = true; }
      ~Loading() { loading = false; }
    } const guard;
    call([] {
      DefineCustomStringVariable(
          kTokenSetting, "The credential: who is calling.",
          "A token, with or without a leading \"Bearer \", optionally narrowed by "
          "\";tenant=<id>;agent=<name>\". Empty is nobody. Shown as tenant/user.",
          &token_value, "", PGC_USERSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
          check_token, assign_token, show_token);
    });
  });
}

}  // namespace tenancy::pg::session
