// Input, output and conversions of tenancy.tenant_id and tenancy.user_id.
//
// The binary form is the text form, as with text and citext: drivers that know nothing of the
// type can read it, and what arrives is checked like any other input.
#include "pg/types/identifier.hpp"

#include "pg/compat.hpp"
#include "pg/leaf.hpp"

namespace tenancy::pg {

namespace {

// With a header of one byte where it fits, as in a table's row: comparing two such values is
// cheapest.
Datum make_stored(const core::IdentifierKey& key) {
  const bool is_short = VARHDRSZ_SHORT + key.size() <= VARATT_SHORT_MAX;
  const std::size_t header = is_short ? VARHDRSZ_SHORT : VARHDRSZ;
  char* const value = static_cast<char*>(palloc(header + key.size()));
  if (is_short) {
    SET_VARSIZE_SHORT(value, header + key.size());
  } else {
    SET_VARSIZE(value, header + key.size());
  }
  memcpy(value + header, key.data(), key.size());
  return PointerGetDatum(value);
}

}  // namespace

Datum make_identifier(std::string_view text) {
  return make_stored(core::IdentifierKey::of_text(text.data(), text.size()));
}

std::string_view stored_bytes(Datum identifier) {
  const varlena* const value = PG_DETOAST_DATUM_PACKED(identifier);
  return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

namespace {

// The type that the running function returns, for messages.
const char* result_type(FunctionCallInfo fcinfo) {
  const Oid function = fcinfo->flinfo ? fcinfo->flinfo->fn_oid : InvalidOid;
  const Oid type = OidIsValid(function) ? get_func_rettype(function) : InvalidOid;
  return OidIsValid(type) ? format_type_be_qualified(type) : "identifier";
}

int bad_identifier_detail(const core::IdentifierCheck& check, std::size_t size) {
  switch (check.fault) {
    case core::IdentifierFault::empty:
      return errdetail("The value is empty.");
    case core::IdentifierFault::too_long:
      return errdetail("The value has %zu bytes.", size);
    default:
      return errdetail("Byte %zu is not allowed.", check.position);
  }
}

Datum parse(FunctionCallInfo fcinfo, std::string_view text) {
  const core::IdentifierCheck check = core::check_identifier(text);
  if (check.fault == core::IdentifierFault::none) return make_identifier(text);
  TENANCY_BAD_INPUT(fcinfo, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                             errmsg("invalid input syntax for type %s", result_type(fcinfo)),
                             bad_identifier_detail(check, text.size()),
                             errhint("Use 1 to 255 bytes of printable ASCII without spaces, "
                                     "quotation marks and semicolons.")));
}

std::string_view text_argument(FunctionCallInfo fcinfo) {
  const text* const value = PG_GETARG_TEXT_PP(0);
  return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

// The canonical text of argument 0. Returns its length; `canonical` has room for the longest.
std::size_t canonical_argument(FunctionCallInfo fcinfo, char* canonical) {
  return core::decode_identifier(stored_bytes(PG_GETARG_DATUM(0)), canonical);
}

}  // namespace
}  // namespace tenancy::pg

using namespace tenancy;
using namespace tenancy::pg;

TENANCY_LEAF(tenancy_identifier_in) {
  return parse(fcinfo, PG_GETARG_CSTRING(0));
}

TENANCY_LEAF(tenancy_identifier_out) {
  char canonical[core::kMaxIdentifierBytes];
  const std::size_t size = canonical_argument(fcinfo, canonical);
  PG_RETURN_CSTRING(pnstrdup(canonical, size));
}

TENANCY_LEAF(tenancy_identifier_recv) {
  auto* const message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
  int size;
  // Verifies the client's encoding, and that there is no zero byte.
  const char* const bytes = pq_getmsgtext(message, message->len - message->cursor, &size);
  return parse(fcinfo, {bytes, static_cast<std::size_t>(size)});
}

TENANCY_LEAF(tenancy_identifier_send) {
  char canonical[core::kMaxIdentifierBytes];
  const std::size_t size = canonical_argument(fcinfo, canonical);
  StringInfoData message;
  pq_begintypsend(&message);
  pq_sendtext(&message, canonical, static_cast<int>(size));
  PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

TENANCY_LEAF(tenancy_identifier_from_text) {
  return parse(fcinfo, text_argument(fcinfo));
}

// Trailing blanks of a character(n) are padding.
TENANCY_LEAF(tenancy_identifier_from_bpchar) {
  std::string_view text = text_argument(fcinfo);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return parse(fcinfo, text);
}

TENANCY_LEAF(tenancy_identifier_from_uuid) {
  return make_stored(
      core::IdentifierKey::of_uuid(reinterpret_cast<const char*>(PG_GETARG_UUID_P(0)->data)));
}

TENANCY_LEAF(tenancy_identifier_to_text) {
  char canonical[core::kMaxIdentifierBytes];
  const std::size_t size = canonical_argument(fcinfo, canonical);
  PG_RETURN_TEXT_P(cstring_to_text_with_len(canonical, static_cast<int>(size)));
}

TENANCY_LEAF(tenancy_identifier_to_uuid) {
  const std::string_view stored = stored_bytes(PG_GETARG_DATUM(0));
  if (stored.size() != core::kStoredUuidBytes || stored[0] != core::kUuidTag) {
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("identifier is not a UUID"),
             errdetail("Only identifiers in the 36-character UUID form convert to uuid."),
             errhint("Convert to text instead.")));
  }
  auto* const uuid = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  memcpy(uuid->data, stored.data() + 1, sizeof uuid->data);
  PG_RETURN_UUID_P(uuid);
}
