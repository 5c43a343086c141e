// The database's own issuer, for C++ code that issues tokens.
#pragma once

#include <string>
#include <string_view>

namespace tenancy::pg {

// Its name. Throws Refused (55000) where a configured issuer has it.
std::string checked_own_name();

// Makes its key where there is none, with the rights of the extension's owner: whoever calls needs
// none. 25006 where it cannot be made.
void require_own_key(const std::string& issuer);

// The claims (UTF-8 JSON) as a token signed with its key, which is made where there is none.
std::string sign_with_own_key(const std::string& issuer, std::string_view claims);

}  // namespace tenancy::pg
