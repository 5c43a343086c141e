// The database's own issuer: its name, its signing key, and signing with it.
#include <string>
#include <utility>
#include <vector>

#include "core/sign.hpp"
#include "pg/datum.hpp"
#include "pg/guard/administration.hpp"
#include "pg/trust/keystore.hpp"
#include "pg/trust/refusal.hpp"
#include "pg/trust/settings.hpp"
#include "pg/trust/tables.hpp"

namespace tenancy::pg {
namespace {

struct PresentKey {
  std::string kid, private_jwk;
};

// The key that signs under this name: present in both halves, not replaced.
std::optional<PresentKey> present_key(const std::string& issuer) {
  for (const Row& key :
       read_rows(Table::signing_keys, {"kid", "verify_until"}, {{"issuer", issuer}})) {
    if (!key[1].null) continue;
    const std::string& kid = key[0].text();
    const auto secrets = read_rows(Table::signing_secrets, {"private_jwk"}, {{"kid", kid}});
    if (!secrets.empty()) return PresentKey{kid, secrets.front()[0].text()};
  }
  return std::nullopt;
}

// Runs one statement as the owner of the extension, whose SECURITY DEFINER functions lead here.
void run(const char* statement, const std::vector<std::string>& arguments) {
  std::vector<Oid> types(arguments.size(), TEXTOID);
  std::vector<Datum> values;
  for (const std::string& argument : arguments) values.push_back(text_result(argument));
  Oid* const type = types.data();
  Datum* const value = values.data();
  const int count = static_cast<int>(arguments.size());
  call([&] {
    SPI_connect();
    SPI_execute_with_args(statement, count, type, value, nullptr, false, 0);
    SPI_finish();
  });
}

// Replaces whatever key there is. The caller holds the lock.
PresentKey make_key(const std::string& issuer) {
  auto made = core::generate_signing_key();
  if (!made.ok()) throw refusal_of(made.error());
  const core::SigningKey& key = made.value();
  // No token lives longer than a day, and no leeway is longer than the own issuer's 30 s.
  run("UPDATE tenancy.signing_keys SET verify_until = pg_catalog.clock_timestamp() "
      "OPERATOR(pg_catalog.+) pg_catalog.interval '1 day 1 min' WHERE verify_until IS NULL",
      {});
  run("DELETE FROM tenancy.signing_secrets", {});
  run("INSERT INTO tenancy.signing_keys (kid, issuer, jwk) "
      "VALUES ($1, $2, $3::pg_catalog.json)",
      {key.kid, issuer, key.public_jwk});
  run("INSERT INTO tenancy.signing_secrets (kid, private_jwk) VALUES ($1, $2::pg_catalog.json)",
      {key.kid, key.private_jwk});
  return {key.kid, key.private_jwk};
}

void require_writable(const char* what) {
  call([&] {
    PreventCommandIfReadOnly(what);
    PreventCommandIfParallelMode(what);
    PreventCommandDuringRecovery(what);
  });
}

// Two sessions may want the first key at the same time: one makes it, the other waits and finds it.
PresentKey present_or_new_key(const std::string& issuer) {
  if (auto key = present_key(issuer)) return std::move(*key);
  require_writable("tenancy.issue_token(), which has to make the signing key,");
  lock_table(Table::signing_secrets);
  if (auto key = present_key(issuer)) return std::move(*key);
  return make_key(issuer);
}

std::string checked_own_name() {
  std::string issuer = own_issuer_name();
  if (!read_rows(Table::issuers, {"issuer"}, {{"issuer", issuer}}).empty()) {
    throw Refused(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                  "the database's own issuer has the name of a configured one",
                  "Tokens of that name are verified with the configured issuer's keys.",
                  "Change tenancy.own_issuer, or drop the configured issuer.");
  }
  return issuer;
}

}  // namespace
}  // namespace tenancy::pg

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_own_issuer_name) {
  return text_result(own_issuer_name());
}

TENANCY_FUNCTION(tenancy_rotate_signing_key) {
  guard::refuse_inside_identity("tenancy.rotate_signing_key()");
  const std::string issuer = checked_own_name();
  require_writable("tenancy.rotate_signing_key()");
  lock_table(Table::signing_secrets);
  return text_result(make_key(issuer).kid);
}

TENANCY_FUNCTION(tenancy_sign_claims) {
  guard::refuse_inside_identity("tenancy.issue_token()");
  const PresentKey key = present_or_new_key(checked_own_name());
  const char* const claims = call([&] {
    Jsonb* const jsonb = PG_GETARG_JSONB_P(0);
    return JsonbToCString(nullptr, &jsonb->root, VARSIZE(jsonb));
  });
  auto token = core::sign_jwt(key.private_jwk, claims);
  if (!token.ok()) throw refusal_of(token.error());
  return text_result(token.value());
}
