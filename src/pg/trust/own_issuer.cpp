// The database's own issuer: its name, its signing key, and signing with it.
#include "pg/trust/own_issuer.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/sign.hpp"
#include "pg/datum.hpp"
#include "pg/guard/administration.hpp"
#include "pg/protect/as_owner.hpp"
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

Oid extension_owner() {
  return call([] {
    const Oid extension = get_extension_oid("pg_tenancy", false);
    const Relation relation = table_open(ExtensionRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(extension));
    const SysScanDesc scan =
        systable_beginscan(relation, ExtensionOidIndexId, true, nullptr, 1, &key);
    const HeapTuple tuple = systable_getnext(scan);
    const Oid owner = HeapTupleIsValid(tuple)
                          ? reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple))->extowner
                          : InvalidOid;
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    return owner;
  });
}

// Replaces whatever key there is. The caller holds the lock.
PresentKey make_key(const std::string& issuer) {
  auto made = core::generate_signing_key();
  if (!made.ok()) throw refusal_of(made.error());
  const core::SigningKey& key = made.value();
  AsOwner owner(extension_owner());
  // No token lives longer than a day, and no leeway is longer than the own issuer's 30 s.
  execute(
      "UPDATE tenancy.signing_keys SET verify_until = clock_timestamp() + interval '1 day 1 min' "
      "WHERE verify_until IS NULL");
  execute("DELETE FROM tenancy.signing_secrets");
  query(
      "INSERT INTO tenancy.signing_keys (kid, issuer, jwk) VALUES ($1, $2, $3::json) "
      "RETURNING kid",
      {key.kid, issuer, key.public_jwk});
  query(
      "INSERT INTO tenancy.signing_secrets (kid, private_jwk) VALUES ($1, $2::json) "
      "RETURNING kid",
      {key.kid, key.private_jwk});
  owner.leave();
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

}  // namespace

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

void require_own_key(const std::string& issuer) {
  present_or_new_key(issuer);
}

std::string sign_with_own_key(const std::string& issuer, std::string_view claims) {
  const PresentKey key = present_or_new_key(issuer);
  auto token = core::sign_jwt(key.private_jwk, claims);
  if (!token.ok()) throw refusal_of(token.error());
  return std::move(token).value();
}

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

// For the SQL of 0.2, where tenancy.issue_token() is written in PL/pgSQL.
TENANCY_FUNCTION(tenancy_sign_claims) {
  guard::refuse_inside_identity("tenancy.issue_token()");
  const char* const claims = call([&] {
    Jsonb* const jsonb = PG_GETARG_JSONB_P(0);
    return JsonbToCString(nullptr, &jsonb->root, VARSIZE(jsonb));
  });
  return text_result(sign_with_own_key(checked_own_name(), claims));
}
