#include "pg/session/block.hpp"

#include <string>

#include "core/tenant_id.hpp"
#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/trust/refusal.hpp"

namespace tenancy::pg::session {
namespace {

std::string stored_form(std::string_view identifier) {
  auto stored = core::encode_identifier(identifier);
  if (!stored) throw refusal_of(stored.error());
  return std::move(stored).value();
}

}  // namespace

Block* make_block(std::string_view context, std::string_view credential) {
  const auto layout = core::read_context(context);
  if (!layout) throw refusal_of(layout.error());
  const char* const text = context.data();
  const std::string tenant = stored_form(layout.value().tenant_id.of(text));
  const bool has_user = layout.value().user_id.present();
  const std::string user = has_user ? stored_form(layout.value().user_id.of(text)) : std::string();

  const std::size_t size =
      sizeof(Block) + credential.size() + context.size() + tenant.size() + user.size();
  auto* const block = static_cast<Block*>(guc_allocate(size));
  if (block == nullptr) throw std::bad_alloc();
  memset(static_cast<void*>(block), 0, sizeof(Block));
  block->layout = layout.value();

  char* const bytes = reinterpret_cast<char*>(block + 1);
  std::uint32_t used = 0;
  const auto keep = [&](std::string_view part) {
    if (!part.empty()) memcpy(bytes + used, part.data(), part.size());
    const core::Slice slice{used, static_cast<std::uint32_t>(part.size())};
    used += slice.length;
    return slice;
  };
  block->credential_at = keep(credential);
  block->context_at = keep(context);
  block->tenant_at = keep(tenant);
  block->user_at = has_user ? keep(user) : core::Slice{};
  return block;
}

}  // namespace tenancy::pg::session
