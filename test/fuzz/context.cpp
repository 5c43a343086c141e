// What a parallel worker reads from its leader: nothing that is read lies outside the text, and
// what was read is written back as the same text.
#include "core/context.hpp"

#include <string>

#include "fuzz.hpp"

namespace tenancy::fuzz {
namespace {

using core::Slice;

std::optional<std::string> field(const Slice& slice, std::string_view text) {
  if (!slice.present()) return std::nullopt;
  PROPERTY(std::size_t{slice.offset} + slice.length <= text.size());
  return std::string(slice.of(text.data()));
}

std::vector<std::string> elements(const Slice& slice, std::string_view text) {
  std::vector<std::string> all;
  for (const std::string_view each : core::list_of(slice.of(text.data()))) {
    PROPERTY(each.data() >= text.data() && each.data() + each.size() <= text.data() + text.size());
    all.emplace_back(each);
  }
  return all;
}

void examine_context(std::string_view text) {
  const auto read = core::read_context(text);
  if (!read) return;
  const core::ContextLayout& layout = read.value();
  core::Identity identity;
  identity.issuer = field(layout.issuer, text).value();
  identity.tenant_id = field(layout.tenant_id, text).value();
  identity.user_id = field(layout.user_id, text);
  identity.agent = field(layout.agent, text);
  identity.key_id = field(layout.key_id, text).value();
  identity.token_id = field(layout.token_id, text).value();
  identity.tier = field(layout.tier, text);
  identity.roles = elements(layout.roles, text);
  if (layout.permissions.present()) identity.permissions = elements(layout.permissions, text);
  identity.issued_at = layout.issued_at;
  identity.expires_at = layout.expires_at;
  identity.valid_until = layout.valid_until;
  identity.claims = field(layout.claims, text).value();
  PROPERTY(core::to_context(identity).value() == text);
  PROPERTY(text.substr(0, layout.who.length) == layout.who.of(text.data()));
}

}  // namespace

void examine(std::string_view input) {
  examine_context(input);
  const auto handover = core::read_handover(input);
  if (!handover) return;
  PROPERTY(core::to_text(handover.value()) == input);
  examine_context(handover.value().context);
}

}  // namespace tenancy::fuzz
