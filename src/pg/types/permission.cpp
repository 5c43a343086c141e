// Input, output and containment of tenancy.permission. Order, equality and hashing are those of
// bytea and need no code of ours.
#include "pg/types/permission.hpp"

#include "pg/compat.hpp"
#include "pg/leaf.hpp"

namespace tenancy::pg {

Datum make_permission(std::string_view pattern) {
  return PointerGetDatum(
      cstring_to_text_with_len(pattern.data(), static_cast<int>(pattern.size())));
}

std::string_view pattern_of(Datum permission) {
  const varlena* const value = PG_DETOAST_DATUM_PACKED(permission);
  return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

namespace {

int bad_permission_detail(const core::PermissionCheck& check, std::size_t size) {
  using core::PermissionFault;
  switch (check.fault) {
    case PermissionFault::empty:
      return errdetail("The value is empty.");
    case PermissionFault::too_long:
      return errdetail("The value has %zu bytes.", size);
    case PermissionFault::too_many_segments:
      return errdetail("Segment 9 begins at byte %zu.", check.position + 1);
    case PermissionFault::empty_segment:
      return errdetail("The segment at byte %zu is empty.", check.position);
    case PermissionFault::star_in_segment:
      return errdetail("The * at byte %zu is not alone in its segment.", check.position);
    default:
      return errdetail("Byte %zu is not allowed.", check.position);
  }
}

Datum parse(FunctionCallInfo fcinfo, std::string_view text) {
  const core::PermissionCheck check = core::check_permission(text);
  if (check.fault == core::PermissionFault::none) return make_permission(text);
  TENANCY_BAD_INPUT(fcinfo, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                             errmsg("invalid input syntax for type tenancy.permission"),
                             bad_permission_detail(check, text.size()),
                             errhint("Use 1 to 8 segments of A-Z, a-z, 0-9, \"_\", \".\", \"-\", "
                                     "or \"*\" alone, joined by colons, at most 255 bytes.")));
}

}  // namespace
}  // namespace tenancy::pg

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_LEAF(tenancy_permission_in) {
  return parse(fcinfo, PG_GETARG_CSTRING(0));
}

TENANCY_LEAF(tenancy_permission_out) {
  const std::string_view pattern = pattern_of(PG_GETARG_DATUM(0));
  PG_RETURN_CSTRING(pnstrdup(pattern.data(), pattern.size()));
}

// The binary form is the text form.
TENANCY_LEAF(tenancy_permission_recv) {
  auto* const message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
  int size;
  const char* const bytes = pq_getmsgtext(message, message->len - message->cursor, &size);
  return parse(fcinfo, {bytes, static_cast<std::size_t>(size)});
}

TENANCY_LEAF(tenancy_permission_send) {
  const std::string_view pattern = pattern_of(PG_GETARG_DATUM(0));
  StringInfoData message;
  pq_begintypsend(&message);
  pq_sendtext(&message, pattern.data(), static_cast<int>(pattern.size()));
  PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

TENANCY_LEAF(tenancy_permission_from_text) {
  const std::string_view text = pattern_of(PG_GETARG_DATUM(0));
  return parse(fcinfo, text);
}

TENANCY_LEAF(tenancy_permission_to_text) {
  const std::string_view pattern = pattern_of(PG_GETARG_DATUM(0));
  return make_permission(pattern);
}

TENANCY_LEAF(tenancy_permission_contains) {
  PG_RETURN_BOOL(core::covers(pattern_of(PG_GETARG_DATUM(0)), pattern_of(PG_GETARG_DATUM(1))));
}

TENANCY_LEAF(tenancy_permission_contained) {
  PG_RETURN_BOOL(core::covers(pattern_of(PG_GETARG_DATUM(1)), pattern_of(PG_GETARG_DATUM(0))));
}

TENANCY_LEAF(tenancy_permission_overlaps) {
  PG_RETURN_BOOL(core::overlaps(pattern_of(PG_GETARG_DATUM(0)), pattern_of(PG_GETARG_DATUM(1))));
}
