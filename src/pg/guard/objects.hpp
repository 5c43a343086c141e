// What the guard refuses by object, whatever statement, function or extension brings it about:
// objects that stay in the session, triggers and foreign keys on protected tables of others,
// emptying them or altering them, and floors that fall as a side effect.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg::guard {

void install_object_hook();

// Says, while one is alive, whether what is created in the session's temporary schema goes with a
// table that is dropped at the end of the transaction.
class WithTableDroppedOnCommit {
 public:
  explicit WithTableDroppedOnCommit(bool it_goes);
  ~WithTableDroppedOnCommit();
  WithTableDroppedOnCommit(const WithTableDroppedOnCommit&) = delete;
  WithTableDroppedOnCommit& operator=(const WithTableDroppedOnCommit&) = delete;

  static bool any();

 private:
  const bool outer_;
};

// While one is alive, policies of ours that are dropped are noted. demand_none_fell() throws
// Refused (TN010) where a table lost one and is still there.
class WatchFloors {
 public:
  WatchFloors();
  ~WatchFloors();
  WatchFloors(const WatchFloors&) = delete;
  WatchFloors& operator=(const WatchFloors&) = delete;
  void demand_none_fell() const;

 private:
  const bool outer_;
};

}  // namespace tenancy::pg::guard
