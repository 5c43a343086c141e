#include "pg/trust/authenticator.hpp"

#include <optional>
#include <string>
#include <utility>

#include "core/bounded_cache.hpp"
#include "core/crypto.hpp"
#include "pg/boundary.hpp"
#include "pg/trust/keystore.hpp"
#include "pg/trust/settings.hpp"
#include "pg/trust/tables.hpp"

namespace tenancy::pg {
namespace {

bool loaded_by_server = false;

struct Seen {
  IdentityPtr identity;
  std::uint64_t version;
};

core::BoundedCache<Seen>& seen_tokens() {
  static core::BoundedCache<Seen> seen(256);
  return seen;
}

// What a token was asked with is part of what it answered. A verified token holds no line break.
std::string key_of(std::string_view token, const core::Narrowing& narrowing) {
  std::string key(token);
  if (narrowing.tenant_id) key.append("\nt").append(*narrowing.tenant_id);
  if (narrowing.agent) key.append("\na").append(*narrowing.agent);
  return key;
}

}  // namespace

core::Result<IdentityPtr> authenticate(std::string_view token, const core::Narrowing& narrowing,
                                       core::Seconds now) {
  call([] { AcceptInvalidationMessages(); });
  const std::uint64_t version = trust_version();

  const bool narrowed = narrowing.tenant_id || narrowing.agent;
  std::string key = narrowed ? key_of(token, narrowing) : std::string();
  const std::string_view looked_up = narrowed ? std::string_view(key) : token;
  if (const Seen* const seen = seen_tokens().find(looked_up)) {
    if (seen->version == version && now < seen->identity->valid_until) return seen->identity;
    seen_tokens().erase(looked_up);
  }

  const auto unverified = core::decode(token, max_token_bytes());
  if (!unverified.ok()) return unverified.error();
  const IssuerPtr issuer = find_issuer(unverified.value().issuer, now);
  if (!issuer) {
    return core::Error{core::Errc::unknown_issuer,
                       "The token's issuer is not configured in this database."};
  }
  auto identity =
      core::authenticate(token, *issuer, TableDirectory(), narrowing, now, max_token_bytes());
  if (!identity.ok()) return identity.error();
  auto shared = std::make_shared<const core::Identity>(std::move(identity).value());
  if (!narrowed) key.assign(token);
  seen_tokens().set_capacity(token_cache_entries());
  seen_tokens().insert(std::move(key), {shared, version});
  return shared;
}

std::uint64_t trust_version() {
  return tables_version();
}

core::Seconds wall_clock() {
  return timestamptz_to_time_t(GetCurrentTimestamp());
}

std::size_t remembered_tokens() {
  return seen_tokens().size();
}

const char* preloaded_how() {
  if (loaded_by_server) return "server";
  return strstr(session_preload_libraries_string, "pg_tenancy") != nullptr ? "session" : "no";
}

void install_trust() {
  loaded_by_server = process_shared_preload_libraries_in_progress;
  if (loaded_by_server) core::warm_up_crypto();  // 2 ms once, and not in every backend
  define_trust_settings();
  register_invalidation();
}

}  // namespace tenancy::pg
