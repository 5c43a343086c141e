#include "pg/session/session.hpp"

#include "pg/boundary.hpp"
#include "pg/session/entry_check.hpp"
#include "pg/session/execution.hpp"
#include "pg/session/settings.hpp"
#include "pg/session/state.hpp"
#include "pg/session/token_setting.hpp"

namespace tenancy::pg {

bool inside_identity() {
  session::refresh();
  return session::standing() == session::Standing::in_force;
}

void demand_nobody_inside(const std::string& function, const char* why) {
  if (!inside_identity()) return;
  throw Refused(kGuardRefused, function + " cannot be called inside an identity", why,
                "Leave first: SELECT tenancy.logout().");
}

std::optional<Caller> current_caller() {
  if (!inside_identity()) return std::nullopt;
  const session::Block& block = *session::held();
  Caller caller{std::string(block.text(block.layout.tenant_id)), std::nullopt};
  if (block.layout.user_id.present()) caller.user_id = block.text(block.layout.user_id);
  return caller;
}

void enter(const std::string& token) {
  session::set_token(token.c_str(), true);
}

void leave() {
  session::set_token("", false);
}

void install_session() {
  session::define_settings();
  session::install_executor_hooks();
  session::install_entry_check(process_shared_preload_libraries_in_progress);
  session::define_token_setting();
}

}  // namespace tenancy::pg
