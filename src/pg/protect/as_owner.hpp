// Acting as the owner of a table, whoever calls.
#pragma once

#include <string>

#include "pg/boundary.hpp"
#include "pg/protect/query.hpp"

namespace tenancy::pg {

// How many of them are at work, one inside another.
inline int owners_at_work = 0;

// Everything between here and leave() happens with the owner's rights and no more, whoever calls:
// tables run code of their owner's making (triggers, expressions, types), and a superuser must not
// lend it theirs. The same is done by REINDEX and CLUSTER (reindex_index in catalog/index.c).
// NOFORCE: the owner sees all rows of the tables while they change, as before they were protected.
class AsOwner {
 public:
  explicit AsOwner(Oid owner) {
    call([&] {
      GetUserIdAndSecContext(&user_, &context_);
      SetUserIdAndSecContext(owner,
                             context_ | SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
    });
    owners_at_work++;
  }
  ~AsOwner() { owners_at_work--; }
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;

  void backfill(const std::string& sql) { pinned_.run_as_caller_reads_it(sql); }

  void leave() {
    call([&] { SetUserIdAndSecContext(user_, context_); });
    pinned_.leave();
  }

 private:
  Pinned pinned_;
  Oid user_ = InvalidOid;
  int context_ = 0;
};

}  // namespace tenancy::pg
