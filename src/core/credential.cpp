#include "core/credential.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "core/tenant_id.hpp"

namespace tenancy::core {
namespace {

constexpr std::string_view kScheme = "bearer ";

std::string_view without_scheme(std::string_view text) {
  return has_scheme(text) ? text.substr(kScheme.size()) : text;
}

Error malformed(std::string detail) {
  return {Errc::malformed, std::move(detail)};
}

}  // namespace

// The scheme's case does not matter (RFC 7235 section 2.1); one space follows it.
bool has_scheme(std::string_view text) {
  return text.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), text.begin(), [](char expected, char found) {
           return expected == (found >= 'A' && found <= 'Z' ? found - 'A' + 'a' : found);
         });
}

bool is_agent_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '\'' && c != '"' && c != ';';
  });
}

std::string_view token_in(std::string_view text) {
  const std::string_view rest = without_scheme(text);
  return rest.substr(0, rest.find(';'));
}

std::string blanked(std::string_view text, std::string_view token, std::size_t visible) {
  std::string shown;
  while (shown.size() < visible && !text.empty()) {
    // One token longer than what may be shown: what is cut off may have begun before.
    const std::size_t room = visible - shown.size();
    const std::string_view window = text.substr(0, room + token.size());
    const void* const found =  // linear, unlike std::string_view::find
        memmem(window.data(), window.size(), token.data(), token.size());
    if (found == nullptr || token.empty()) return shown.append(window.substr(0, room));
    const auto before = static_cast<std::size_t>(static_cast<const char*>(found) - window.data());
    shown.append(window.substr(0, before)).append("***");
    text.remove_prefix(before + token.size());
  }
  return shown;
}

Result<Credential> read_credential(std::string_view text) {
  Credential credential;
  credential.token = token_in(text);
  if (credential.token.empty()) return malformed("The credential is empty.");
  std::string_view rest = without_scheme(text).substr(credential.token.size());
  const auto next_part = [&rest] {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end);
    return part;
  };

  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view part = next_part();
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return malformed("The suffix is not `;name=value`.");
    const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
    if (name == "tenant") {
      if (credential.narrowing.tenant_id) return malformed("The suffix names two tenants.");
      auto tenant_id = canonical_identifier(value);
      if (!tenant_id) return malformed("The tenant of the suffix is not a tenant_id.");
      credential.narrowing.tenant_id = std::move(tenant_id).value();
    } else if (name == "agent") {
      if (credential.narrowing.agent) return malformed("The suffix names two agents.");
      if (!is_agent_name(value)) return malformed("The agent of the suffix is not a name.");
      credential.narrowing.agent = std::string(value);
    } else {
      return malformed("The suffix may name a tenant and an agent, nothing else.");
    }
  }
  return credential;
}

}  // namespace tenancy::core
