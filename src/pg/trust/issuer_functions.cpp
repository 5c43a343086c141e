// The triggers of the trust tables, and issuer_presets().
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/issuer.hpp"
#include "core/presets.hpp"
#include "pg/datum.hpp"
#include "pg/guard/administration.hpp"
#include "pg/trigger.hpp"
#include "pg/trust/keystore.hpp"
#include "pg/trust/refusal.hpp"
#include "pg/trust/tables.hpp"

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_trust_changed) {
  const TriggerData& trigger = trigger_of(fcinfo, "trust_changed()");
  guard::refuse_inside_identity("changing whom the database trusts");
  announce_change(trigger);
  return PointerGetDatum(nullptr);
}

// The only arguments that can fail to become an issuer are keys and algorithms.
[[noreturn]] static void throw_unusable(const core::Error& error) {
  if (error.code == core::Errc::bad_argument) {
    throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "algorithms is not valid",
                  sentence_of(error.message),
                  "Name algorithms of RFC 7518 as in {RS256,ES256}; none is never accepted.");
  }
  throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "jwks is not valid", sentence_of(error.message),
                "Give the issuer's JWK Set with keys that can verify: {\"keys\": [...]}.");
}

// What the table's own constraints say too; but their errors print the row, with its keys.
static void check_words(HeapTuple tuple, TupleDesc desc) {
  const struct {
    const char* column;
    std::vector<std::string_view> words;  // empty: any
  } rules[] = {{"issuer", {}},
               {"audience", {}},
               {"tenant_claim", {}},
               {"user_claim", {}},
               {"leeway", {}},
               {"tenants", {"open", "registered", "listed"}},
               {"tenant_lookup", {"claim", "alias"}},
               {"membership", {"claims", "required"}}};
  for (const auto& [column, words] : rules) {
    const Value value = read_tuple(tuple, desc, {column}).front();
    const auto known = std::find(words.begin(), words.end(), value.text());
    if (!value.null && (words.empty() || known != words.end())) continue;
    std::string allowed;
    for (const auto word : words) allowed += (allowed.empty() ? "" : ", ") + std::string(word);
    throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, std::string(column) + " is not valid",
                  value.null ? "It is NULL." : "Its value is not a known one.",
                  allowed.empty() ? "Give a value." : "Use one of: " + allowed + ".");
  }
  const Value uri = read_tuple(tuple, desc, {"jwks_uri"}).front();
  if (uri.null || uri.text().starts_with("https://")) return;
  throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "jwks_uri is not valid",
                "It does not start with https://.", "Give the issuer's HTTPS address.");
}

TENANCY_FUNCTION(tenancy_check_issuer) {
  const TriggerData& trigger = trigger_of(fcinfo, "check_issuer()");
  const HeapTuple tuple = new_row(trigger);
  const TupleDesc desc = RelationGetDescr(trigger.tg_relation);

  check_words(tuple, desc);
  const auto issuer = issuer_from_row(read_tuple(tuple, desc, kIssuerColumns));
  if (!issuer.ok()) throw_unusable(issuer.error());
  if (const auto complaint = core::check(issuer.value())) {
    throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, complaint->argument + " is not valid",
                  complaint->detail, complaint->hint);
  }

  const bool same_keys = TRIGGER_FIRED_BY_UPDATE(trigger.tg_event) && call([&] {
                           const int column = SPI_fnumber(desc, "jwks");
                           const char* const before =
                               SPI_getvalue(trigger.tg_trigtuple, desc, column);
                           const char* const after = SPI_getvalue(tuple, desc, column);
                           return before && after ? strcmp(before, after) == 0 : before == after;
                         });
  if (same_keys) return PointerGetDatum(tuple);
  return call([&] {
    int column = SPI_fnumber(desc, "keys_changed_at");
    Datum now = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
    bool null = heap_attisnull(tuple, SPI_fnumber(desc, "jwks"), desc);
    return PointerGetDatum(heap_modify_tuple_by_cols(tuple, desc, 1, &column, &now, &null));
  });
}

TENANCY_FUNCTION(tenancy_issuer_presets) {
  const auto text = [](std::string_view value) {
    return value.empty() ? std::nullopt : std::optional<std::string>(value);
  };
  std::vector<TextRow> rows;
  for (const core::Preset& p : core::kPresets) {
    rows.push_back(
        {text(p.name), text(p.tenant_claim), text(p.user_claim), text(p.roles_claim),
         text(p.permissions_claim), text(p.tier_claim), text(p.agent_claim), text(p.tenants_claim),
         p.algorithm.empty() ? std::nullopt : std::optional("{" + std::string(p.algorithm) + "}"),
         text(p.source)});
  }
  return rows_result(fcinfo, std::move(rows));
}
