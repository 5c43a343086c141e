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
  bool owned;  // the caller has its owner's rights
};
// What stores rows in the schema.
std::vector<NamedRelation> relations_of(Oid schema);

// Those that are not below others of them in a tree of partitions or children.
std::vector<Oid> tops_of(const std::vector<Oid>& relations);

}  // namespace tenancy::pg
