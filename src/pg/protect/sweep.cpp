// Expired rows of LangGraph's stores, of all tenants. The sweepers of the clients delete what their
// caller sees; this one acts as the owner of each table, and with no more rights, so that triggers
// of the owner's making get nothing from a superuser who calls.
#include "pg/protect/as_owner.hpp"
#include "pg/session/session.hpp"

namespace tenancy::pg {
namespace {

// The protected stores whose owner's rights the caller has.
Rows stores() {
  Pinned pinned;
  Rows rows = query(
      "SELECT c.oid::text, c.relowner::text, format('%I.%I', n.nspname, c.relname)"
      " FROM tenancy.protected_tables p"
      " JOIN pg_class c ON c.oid = p.relation"
      " JOIN pg_namespace n ON n.oid = c.relnamespace"
      " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'expires_at'"
      "  AND a.atttypid = 'timestamptz'::regtype"
      " WHERE c.relname = 'store' AND pg_has_role(c.relowner, 'USAGE')"
      " ORDER BY 3");
  pinned.leave();
  return rows;
}

// Rows that somebody works with stay for the next time.
int64 sweep(const std::string& table, Oid owner, int64 batch) {
  AsOwner as_owner(owner);
  const Rows rows =
      query("WITH gone AS (DELETE FROM " + table + " s USING (SELECT e.tableoid, e.ctid FROM " +
            table + " e WHERE e.expires_at < now() LIMIT " + std::to_string(batch) +
            " FOR UPDATE SKIP LOCKED) expired"
            " WHERE s.tableoid = expired.tableoid AND s.ctid = expired.ctid RETURNING 1)"
            " SELECT count(*)::text FROM gone");
  as_owner.leave();
  return std::stoll(rows[0][0].text);
}

}  // namespace

TENANCY_FUNCTION(tenancy_sweep_expired) {
  demand_nobody_inside("tenancy.sweep_expired", "It deletes expired rows of every tenant.");
  const int64 batch = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
  if (batch <= 0) {
    throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "batch must be a positive number",
                  "It is how many rows of each table go in one call.",
                  "Leave it out: SELECT * FROM tenancy.sweep_expired().");
  }
  call([&] { InitMaterializedSRF(fcinfo, 0); });
  const auto* const result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  for (const std::vector<Cell>& store : stores()) {
    const int64 deleted = sweep(store[2].text, store[1].oid(), batch);
    const Oid relation = store[0].oid();
    call([&] {
      Datum values[] = {ObjectIdGetDatum(relation), Int64GetDatum(deleted)};
      bool nulls[] = {false, false};
      tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    });
  }
  return static_cast<Datum>(0);
}

}  // namespace tenancy::pg
