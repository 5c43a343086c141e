#include "pg/authorization/compiled.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/bounded_cache.hpp"
#include "pg/authorization/directory.hpp"
#include "pg/datum.hpp"
#include "pg/trust/authenticator.hpp"
#include "pg/trust/keystore.hpp"
#include "pg/trust/tables.hpp"

namespace tenancy::pg {
namespace {

// A pooled backend meets many callers; each asks for a few permissions, again and again.
constexpr std::size_t kCallers = 64;
constexpr std::size_t kAnswers = 128;

struct Compiled {
  Compiled(core::Authorization found, std::uint64_t as_of)
      : authorization(std::move(found)), version(as_of) {}

  const core::Authorization authorization;
  const std::uint64_t version;
  core::BoundedCache<bool> answers{kAnswers};

  bool holds() const {
    return version == authorization_version() &&
           (authorization.changes_at == core::kForever || wall_clock() < authorization.changes_at);
  }
};

core::BoundedCache<std::shared_ptr<Compiled>>& callers() {
  static core::BoundedCache<std::shared_ptr<Compiled>> callers(kCallers);
  return callers;
}

// The one that was asked for last.
struct Latest {
  std::uint64_t serial = 0;
  std::shared_ptr<Compiled> compiled;
} latest;

// All that a caller's permissions depend on beside the tables. No field contains NUL.
std::string key_of(const session::Block& block) {
  const core::ContextLayout& layout = block.layout;
  std::string key(block.who());
  for (const core::Slice& part : {layout.tier, layout.roles, layout.permissions}) {
    key += '\0';
    if (part.present()) key.append("=").append(block.text(part));
  }
  return key;
}

// Credentials are UTF-8, the tables are in the server's encoding. A name that it cannot express is
// an error: as it stands in no table, leaving it out would be right, but nobody could tell.
std::vector<std::string> texts_of(std::string_view fields) {
  std::vector<std::string> texts;
  for (const std::string_view field : core::list_of(fields)) {
    texts.emplace_back(server_string(field));
  }
  return texts;
}

core::Holder holder_of(const session::Block& block) {
  const core::ContextLayout& layout = block.layout;
  core::Holder holder;
  holder.tenant_id = block.text(layout.tenant_id);
  if (layout.user_id.present()) holder.user_id = block.text(layout.user_id);
  holder.roles = texts_of(block.text(layout.roles));
  if (layout.permissions.present()) {
    holder.permissions.emplace();
    for (const std::string_view pattern : core::list_of(block.text(layout.permissions))) {
      holder.permissions->emplace_back(pattern);
    }
  }
  if (!block.text(layout.tier).empty()) holder.tier = server_string(block.text(layout.tier));
  return holder;
}

core::Authorization gather_now(const core::Holder& holder) {
  const OneMoment moment;
  return core::gather(holder, TablePermissions(), wall_clock());
}

Compiled& compiled_for(const session::Block& block) {
  if (latest.serial == block.serial && latest.compiled->holds()) return *latest.compiled;
  latest.serial = 0;
  std::string key = key_of(block);
  if (const auto* const known = callers().find(key); known != nullptr && (*known)->holds()) {
    latest.compiled = *known;
  } else {
    // The version before reading: what arrives meanwhile makes this out of date.
    const std::uint64_t version = authorization_version();
    const auto compiled = std::make_shared<Compiled>(gather_now(holder_of(block)), version);
    callers().insert(std::move(key), compiled);
    latest.compiled = compiled;
  }
  latest.serial = block.serial;
  return *latest.compiled;
}

}  // namespace

const core::Authorization& authorization_of(const session::Block& block) {
  return compiled_for(block).authorization;
}

bool may(const session::Block& block, std::string_view permission) {
  Compiled& compiled = compiled_for(block);
  if (const bool* const known = compiled.answers.find(permission)) return *known;
  const bool allowed = compiled.authorization.allows(permission);
  compiled.answers.insert(std::string(permission), allowed);
  return allowed;
}

bool user_may(std::string_view tenant_id, std::string_view user_id, std::string_view permission) {
  const OneMoment moment;
  using State = core::Standing::State;
  const TableDirectory tables;
  if (tables.tenant(tenant_id).state == State::suspended) return false;
  if (tables.member(tenant_id, user_id).state == State::suspended) return false;
  core::Holder holder;
  holder.tenant_id = tenant_id;
  holder.user_id = user_id;
  return gather_now(holder).allows(permission);
}

}  // namespace tenancy::pg
