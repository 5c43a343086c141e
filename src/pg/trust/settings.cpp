#include "pg/trust/settings.hpp"

#include "core/jws.hpp"

#include "pg/boundary.hpp"
#include "pg/trust/tables.hpp"

namespace tenancy::pg {
namespace {

int max_bytes = static_cast<int>(core::kDefaultMaxTokenBytes);
int cache_entries = 256;
char* own_issuer = nullptr;

}  // namespace

void define_trust_settings() {
  DefineCustomIntVariable("tenancy.max_token_bytes", "Longest token that is looked at.",
                          "Longer ones are refused (TN002) before anything else is done.",
                          &max_bytes, static_cast<int>(core::kDefaultMaxTokenBytes), 256,
                          1024 * 1024, PGC_SUSET, GUC_UNIT_BYTE, nullptr, nullptr, nullptr);
  DefineCustomIntVariable("tenancy.token_cache_entries",
                          "How many verified tokens each backend remembers.",
                          "A token seen before is not verified again until a trust table changes. "
                          "0 turns the cache off.",
                          &cache_entries, 256, 0, 65536, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomStringVariable("tenancy.own_issuer",
                             "iss and aud of the tokens this database issues.",
                             "Empty: urn:pg_tenancy: and the random id of this database. Give a "
                             "physical copy of a database another name.",
                             &own_issuer, "", PGC_SUSET, 0, nullptr, nullptr, nullptr);
}

std::size_t max_token_bytes() {
  return static_cast<std::size_t>(max_bytes);
}

std::size_t token_cache_entries() {
  return static_cast<std::size_t>(cache_entries);
}

std::string own_issuer_name() {
  if (own_issuer && *own_issuer) return own_issuer;
  const auto rows = read_rows(Table::database_identity, {"id"});
  if (rows.size() != 1) {
    throw Refused(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "this database has no identity",
                  "tenancy.database_identity does not hold one row.",
                  "Set tenancy.own_issuer, or INSERT INTO tenancy.database_identity DEFAULT "
                  "VALUES.");
  }
  return "urn:pg_tenancy:" + rows.front()[0].text();
}

}  // namespace tenancy::pg
