// Describes tables to the core from PostgreSQL's catalogs.
//
// Inside Pinned: names are compared as PostgreSQL prints them.
#pragma once

#include "core/policy.hpp"

#include <string>
#include <vector>

#include "pg/postgres.hpp"

namespace tenancy::pg {

namespace policy = core::policy;

policy::World describe(const std::vector<Oid>& relations);

struct NamedRelation {
  Oid relation;
  std::string name;
};
// What stores rows in the schema, of those whose owner's rights the caller has.
std::vector<NamedRelation> relations_of(Oid schema);

// Name of a type and the kind of isolation column it makes.
policy::Column describe_type(Oid type);

}  // namespace tenancy::pg
