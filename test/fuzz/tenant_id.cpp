// Identifiers: the stored form comes back as the canonical text, and lines of input compare by one
// total order, whatever form they have.
#include "core/tenant_id.hpp"

#include <vector>

#include "fuzz.hpp"

namespace tenancy::fuzz {
namespace {

using core::IdentifierKey;

IdentifierKey key_of(std::string_view text) {
  return IdentifierKey::of_text(text.data(), text.size());
}

int sign(int order) {
  return (order > 0) - (order < 0);
}

void examine_one(std::string_view text) {
  const auto stored = core::encode_identifier(text);
  const auto canonical = core::canonical_identifier(text);
  const bool good = core::check_identifier(text).fault == core::IdentifierFault::none;
  PROPERTY(stored.ok() == good && canonical.ok() == good);
  if (!good) {
    PROPERTY(core::check_identifier(text).position <= text.size());
    return;
  }
  PROPERTY(core::decode_identifier(stored.value()) == canonical.value());
  PROPERTY(core::encode_identifier(canonical.value()).value() == stored.value());
  PROPERTY(stored.value().size() <= core::kMaxIdentifierBytes);

  const auto by_value = IdentifierKey::of_stored(stored.value().data(), stored.value().size());
  PROPERTY(by_value.equals(key_of(text)) && by_value.compare(key_of(text)) == 0);
  if (stored.value().front() == core::kUuidTag) {
    PROPERTY(text.size() == core::kUuidTextBytes);
    PROPERTY(by_value.equals(IdentifierKey::of_uuid(stored.value().data() + 1)));
  } else {
    PROPERTY(stored.value() == text);
  }
}

}  // namespace

void examine(std::string_view input) {
  const auto [a, rest] = halves(input);
  const auto [b, c] = halves(rest);
  for (const std::string_view text : {a, b, c}) examine_one(text);

  PROPERTY(sign(key_of(a).compare(key_of(b))) == -sign(key_of(b).compare(key_of(a))));
  PROPERTY(key_of(a).equals(key_of(b)) == (key_of(a).compare(key_of(b)) == 0));
  if (key_of(a).compare(key_of(b)) <= 0 && key_of(b).compare(key_of(c)) <= 0) {
    PROPERTY(key_of(a).compare(key_of(c)) <= 0);
  }
  const auto one = core::canonical_identifier(a), other = core::canonical_identifier(b);
  if (one.ok() && other.ok()) {
    PROPERTY(key_of(a).equals(key_of(b)) == (one.value() == other.value()));
  }
}

}  // namespace tenancy::fuzz
