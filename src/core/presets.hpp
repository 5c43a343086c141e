// Where well-known providers put what an issuer's configuration asks for.
#pragma once

#include "core/pure.hpp"

#include <array>
#include <string_view>

namespace tenancy::core {

// Empty: the standard's default. The names are those of tenancy.add_issuer's arguments.
struct Preset {
  std::string_view name;
  std::string_view tenant_claim = {}, user_claim = {}, roles_claim = {}, permissions_claim = {},
                   tier_claim = {}, agent_claim = {}, tenants_claim = {};
  std::string_view algorithm = {};  // the one the provider signs with, where it names only one
  std::string_view source;          // the provider's page that says so
};

inline constexpr std::array<Preset, 11> kPresets = {{
    // Organizations put org_id into access tokens; permissions come with RBAC for the API.
    {.name = "auth0",
     .tenant_claim = "org_id",
     .permissions_claim = "permissions",
     .source = "https://auth0.com/docs/manage-users/organizations/using-tokens"},
    // Session tokens, version 1: flat claims of the active organization.
    {.name = "clerk",
     .tenant_claim = "org_id",
     .roles_claim = "org_role",
     .permissions_claim = "org_permissions",
     .algorithm = "RS256",
     .source = "https://clerk.com/docs/backend-requests/resources/session-tokens"},
    // Version 2: object `o`. Its permissions are packed by feature and are not read.
    {.name = "clerk_v2",
     .tenant_claim = "o.id",
     .roles_claim = "o.rol",
     .algorithm = "RS256",
     .source = "https://clerk.com/docs/backend-requests/resources/session-tokens"},
    // Access tokens: sub is a name that can change, uid is the user's ID. The tenant is a custom
    // claim.
    {.name = "okta",
     .user_claim = "uid",
     .roles_claim = "groups",
     .algorithm = "RS256",
     .source = "https://developer.okta.com/docs/guides/customize-tokens-returned-from-okta/"},
    // Organizations are a list of aliases; a protocol mapper can add a single tenant_id.
    {.name = "keycloak",
     .roles_claim = "realm_access.roles",
     .tenants_claim = "organization",
     .source = "https://www.keycloak.org/docs/latest/server_admin/#_managing_organizations"},
    // Custom attributes are in ID tokens. Access tokens carry client_id and no aud: add those with
    // audience '{}' and authorized_parties.
    {.name = "cognito",
     .tenant_claim = "custom:tenant_id",
     .roles_claim = "cognito:groups",
     .algorithm = "RS256",
     .source = "https://docs.aws.amazon.com/cognito/latest/developerguide/"
               "amazon-cognito-user-pools-using-tokens-with-identity-providers.html"},
    // sub differs from application to application, oid is the user's in the whole directory.
    {.name = "entra",
     .tenant_claim = "tid",
     .user_claim = "oid",
     .roles_claim = "roles",
     .algorithm = "RS256",
     .source = "https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference"},
    // Users can write user_metadata, never app_metadata.
    {.name = "supabase",
     .tenant_claim = "app_metadata.tenant_id",
     .roles_claim = "role",
     .source = "https://supabase.com/docs/guides/auth/jwt-fields"},
    {.name = "workos",
     .tenant_claim = "org_id",
     .roles_claim = "role",
     .permissions_claim = "permissions",
     .algorithm = "RS256",
     .source = "https://workos.com/docs/authkit/sessions"},
    // Identity Platform's tenants; without them set tenant_claim to a custom claim.
    {.name = "firebase",
     .tenant_claim = "firebase.tenant",
     .algorithm = "RS256",
     .source = "https://cloud.google.com/identity-platform/docs/multi-tenancy-authentication"},
    // The hosted domain, present for Workspace accounts only.
    {.name = "google",
     .tenant_claim = "hd",
     .algorithm = "RS256",
     .source = "https://developers.google.com/identity/openid-connect/openid-connect"},
}};

}  // namespace tenancy::core
