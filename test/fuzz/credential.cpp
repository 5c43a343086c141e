// The value of tenancy.token: the suffix only ever narrows, and to well-formed names.
#include "core/credential.hpp"

#include "core/tenant_id.hpp"
#include "fuzz.hpp"

namespace tenancy::fuzz {

void examine(std::string_view input) {
  const auto read = core::read_credential(input);
  const std::string_view token = core::token_in(input);
  PROPERTY(input.find(token) != std::string_view::npos);
  PROPERTY(token.find(';') == std::string_view::npos);
  if (!read) return;
  const core::Credential& credential = read.value();
  PROPERTY(credential.token == token && !token.empty());

  // Written out again it is the same credential, and nothing of it has slipped into another part.
  std::string again(credential.token);
  if (const auto& tenant_id = credential.narrowing.tenant_id) {
    PROPERTY(core::canonical_identifier(*tenant_id).value() == *tenant_id);
    again += ";tenant=" + *tenant_id;
  }
  if (const auto& agent = credential.narrowing.agent) {
    PROPERTY(core::is_agent_name(*agent));
    again += ";agent=" + *agent;
  }
  const auto same = core::read_credential("Bearer " + again);
  PROPERTY(same.ok());
  PROPERTY(same.value().narrowing.tenant_id == credential.narrowing.tenant_id);
  PROPERTY(same.value().narrowing.agent == credential.narrowing.agent);
}

}  // namespace tenancy::fuzz
