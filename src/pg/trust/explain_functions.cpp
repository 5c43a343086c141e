// explain_token() and the library's part of status().
#include <string>
#include <utility>
#include <vector>

#include "core/credential.hpp"
#include "core/issuer.hpp"
#include "core/jwt.hpp"
#include "pg/datum.hpp"
#include "pg/trust/authenticator.hpp"
#include "pg/trust/keystore.hpp"
#include "pg/trust/refusal.hpp"
#include "pg/trust/settings.hpp"

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_explain_token) {
  call([] { AcceptInvalidationMessages(); });
  std::vector<TextRow> rows;
  const auto step = [&](std::string name, bool passed, std::string detail) {
    rows.push_back({std::move(name), passed ? "true" : "false",
                    detail.empty() ? std::nullopt
                                   : std::optional(passed ? std::move(detail)
                                                          : sentence_of(std::move(detail)))});
  };

  const auto credential = core::read_credential(bytes_argument(fcinfo, 0));
  if (!credential.ok()) {
    step("form", false, credential.error().message);
    return rows_result(fcinfo, std::move(rows));
  }
  const auto& [token, narrowing] = credential.value();
  const auto unverified = core::decode(token, max_token_bytes());
  step("form", unverified.ok(), unverified.ok() ? "" : unverified.error().message);
  if (unverified.ok()) {
    const core::Seconds now = wall_clock();
    const IssuerPtr issuer = find_issuer(unverified.value().issuer, now);
    step("issuer", issuer != nullptr,
         !issuer       ? "The token's issuer is not configured in this database."
         : issuer->own ? "The database's own issuer."
                       : issuer->issuer);
    if (issuer) {
      for (auto& [name, passed, detail] :
           core::explain(token, *issuer, TableDirectory(), narrowing, now, max_token_bytes())) {
        step(std::move(name), passed, std::move(detail));
      }
    }
  }
  return rows_result(fcinfo, std::move(rows));
}

TENANCY_FUNCTION(tenancy_library_status) {
  return rows_result(fcinfo,
                     {{"library version", TENANCY_VERSION},
                      {"preloaded", preloaded_how()},
                      {"trust changes seen by this backend", std::to_string(trust_version())},
                      {"issuers parsed in this backend", std::to_string(parsed_issuers())},
                      {"tokens remembered in this backend", std::to_string(remembered_tokens())}});
}
