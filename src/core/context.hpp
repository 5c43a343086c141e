// An Identity as flat text: what a parallel worker is handed, and what the session keeps.
//
// The form is a row of fields `<length>:<bytes>,` (or `-,` for an absent one), so that any bytes
// but NUL may appear in a field. Reading trusts nothing: every length is checked against what is
// there. The fields that say who is calling come first, so that their text compares identities.
#pragma once

#include "core/pure.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/identity.hpp"
#include "core/result.hpp"

namespace tenancy::core {

// A part of a text. Plain data, so that it survives being copied by whoever knows no C++.
struct Slice {
  static constexpr std::uint32_t kAbsent = UINT32_MAX;
  std::uint32_t offset = 0;
  std::uint32_t length = kAbsent;

  bool present() const { return length != kAbsent; }
  std::string_view of(const char* text) const {
    return present() ? std::string_view(text + offset, length) : std::string_view();
  }
};

// Where everything is in a context's text.
struct ContextLayout {
  Slice who;  // issuer, tenant, user, agent and key together: equal means the same caller
  Slice issuer, tenant_id, user_id, agent, key_id;
  Slice token_id, tier, claims;
  Slice roles, permissions;  // rows of fields; read them with list_of()
  Seconds issued_at = 0, expires_at = 0, valid_until = 0;
};
static_assert(std::is_trivially_copyable_v<ContextLayout>);

// Refused (malformed) where a field contains NUL.
Result<std::string> to_context(const Identity& identity);

Result<ContextLayout> read_context(std::string_view context);

// The elements of a row of fields that read_context() accepted.
std::vector<std::string_view> list_of(std::string_view fields);

// Whether an identity may be used, in the one character that a worker is handed.
enum class Verdict : char { in_force = 'A', refused = 'C', expired = 'X', revoked = 'R' };

// What a leader hands to its parallel workers as the value of tenancy.token. No credential has
// this form: it begins with `~`.
struct Handover {
  Verdict verdict = Verdict::in_force;
  bool of_session = false;              // outlives its transaction under session scope
  std::uint32_t local_transaction = 0;  // of the leader, when the identity was set
  std::string_view context;
};

inline constexpr char kHandoverMark = '~';
inline constexpr std::size_t kVerdictAt = 1;  // offset of the verdict in the text

std::string to_text(const Handover& handover);
Result<Handover> read_handover(std::string_view text);

}  // namespace tenancy::core
