// Routes in SQL: what reads them, and the trigger that keeps them in normal form.
#include "pg/routes/routes.hpp"

#include <cstdint>
#include <utility>

#include "core/route_table.hpp"
#include "pg/datum.hpp"
#include "pg/trigger.hpp"
#include "pg/trust/refusal.hpp"
#include "pg/trust/tables.hpp"
#include "pg/types/identifier.hpp"

namespace tenancy::pg {
namespace {

// Read whole, once in each backend and version of the table.
const core::RouteTable& known_routes() {
  static core::RouteTable routes;
  static std::uint64_t read_at = 0;
  call([] { AcceptInvalidationMessages(); });
  const std::uint64_t version = table_version(Table::routes);
  if (read_at == version) return routes;
  core::RouteTable fresh;
  for (Row& row : read_rows(Table::routes, {"pattern", "tenant_id"})) {
    fresh.add(row[0].text(), row[1].null ? std::nullopt : std::optional(row[1].text()));
  }
  routes = std::move(fresh);
  read_at = version;
  return routes;
}

}  // namespace

core::Result<std::optional<std::string>> tenant_of_route(std::string_view route) {
  const auto parsed = core::parse_route(route);
  if (!parsed) return parsed.error();
  return known_routes().resolve(parsed.value());
}

}  // namespace tenancy::pg

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_resolve_route) {
  const auto tenant_id = tenant_of_route(bytes_argument(fcinfo, 0));
  if (!tenant_id) {
    throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "route is malformed", tenant_id.error().message,
                  "Pass host and path as the request brought them: acme.example.com/threads.");
  }
  if (!tenant_id.value()) PG_RETURN_NULL();
  const std::string& text = *tenant_id.value();
  return call([&] { return make_identifier(text); });
}

TENANCY_FUNCTION(tenancy_normalize_route) {
  const TriggerData& trigger = trigger_of(fcinfo, "normalize_route()");
  const TupleDesc desc = RelationGetDescr(trigger.tg_relation);
  const HeapTuple row = new_row(trigger);
  const Row values = read_tuple(row, desc, {"pattern"});
  if (values[0].null) return PointerGetDatum(row);  // NOT NULL says what is wrong
  const auto pattern = core::parse_pattern(values[0].text());
  if (!pattern) {
    throw Refused(ERRCODE_INVALID_PARAMETER_VALUE, "route pattern is malformed",
                  pattern.error().message,
                  "Write a host, a path or both: acme.example.com, {tenant}.example.com, "
                  "/t/{tenant}, api.example.com/t/{tenant}.");
  }
  const std::string normal = core::to_text(pattern.value());
  if (normal == values[0].text()) return PointerGetDatum(row);
  const HeapTuple changed = call([&] {
    int column = SPI_fnumber(desc, "pattern");
    Datum value = CStringGetTextDatum(normal.c_str());
    bool null = false;
    return heap_modify_tuple_by_cols(row, desc, 1, &column, &value, &null);
  });
  return PointerGetDatum(changed);
}
