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

// `relations` have parents before their partitions and children.
policy::World describe(const std::vector<Oid>& relations);

struct NamedRelation {
  Oid relation;
  std::string name;
};
// What stores rows in the schema, of those whose owner's rights the caller has.
std::vector<NamedRelation> relations_of(Oid schema);

// Those that are not below others of them in a tree of partitions or children.
std::vector<Oid> tops_of(const std::vector<Oid>& relations);

// Name of a type and the kind of isolation column it makes.
policy::Column describe_type(Oid type);

}  // namespace tenancy::pg
