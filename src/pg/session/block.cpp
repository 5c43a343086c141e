#include "pg/session/block.hpp"

#include <new>

#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/trust/refusal.hpp"

namespace tenancy::pg::session {

Block* make_block(std::string_view context, std::string_view credential) {
  const auto layout = core::read_context(context);
  if (!layout) throw refusal_of(layout.error());
  const std::size_t size = sizeof(Block) + credential.size() + context.size();
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
  return block;
}

}  // namespace tenancy::pg::session
