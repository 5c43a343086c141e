// The settings of verification: tenancy.max_token_bytes, tenancy.token_cache_entries and
// tenancy.own_issuer.
#pragma once

#include <cstddef>
#include <string>

namespace tenancy::pg {

void define_trust_settings();

std::size_t max_token_bytes();
std::size_t token_cache_entries();

// iss and aud of the tokens this database issues; may read the table database_identity.
std::string own_issuer_name();

}  // namespace tenancy::pg
