#include "pg/session/values.hpp"

#include <charconv>
#include <string>
#include <vector>

#include "pg/authorization/compiled.hpp"
#include "pg/datum.hpp"
#include "pg/types/identifier.hpp"

namespace tenancy::pg::session {
namespace {

Datum text_datum(std::string_view field) {
  const char* const string = server_string(field);
  return call([&] { return CStringGetTextDatum(string); });
}

Datum identifier_datum(std::string_view text) {
  return call([&] { return make_identifier(text); });
}

[[noreturn]] void no_such_form(const char* what, const char* type) {
  throw Refused(ERRCODE_INVALID_TEXT_REPRESENTATION,
                std::string("the current ") + what + " is not of type " + type, {},
                std::string("Use tenancy.current_") + what +
                    "_text(), or columns of type tenancy." + what + "_id.");
}

Datum uuid_datum(std::string_view text, const char* what) {
  pg_uuid_t uuid;
  if (!core::parse_uuid(text, reinterpret_cast<char*>(uuid.data))) no_such_form(what, "uuid");
  return call([&] {
    auto* const value = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    *value = uuid;
    return UUIDPGetDatum(value);
  });
}

// One number has one spelling: no sign but `-`, no leading zeros.
Datum bigint_datum(std::string_view text, const char* what) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || stop != end || std::to_string(number) != text) {
    no_such_form(what, "bigint");
  }
  return Int64GetDatum(number);
}

// An array of `element_type`, each element read by the type's input function.
Datum array_datum(const std::vector<std::string>& texts, Oid element_type) {
  std::vector<Datum> elements;
  elements.reserve(texts.size());
  for (const std::string& text : texts) {
    elements.push_back(call([&] {
      Oid input, parameter;
      getTypeInputInfo(element_type, &input, &parameter);
      return OidInputFunctionCall(input, const_cast<char*>(text.c_str()), parameter, -1);
    }));
  }
  Datum* const data = elements.data();
  const int count = static_cast<int>(elements.size());
  return call([&] {
    int16 length;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(element_type, &length, &by_value, &alignment);
    return PointerGetDatum(construct_array(data, count, element_type, length, by_value, alignment));
  });
}

Datum claims_datum(std::string_view claims) {
  return jsonb_result(claims);
}

}  // namespace

Datum value_of(const Block& block, Slot slot) {
  const core::ContextLayout& layout = block.layout;
  switch (slot) {
    case kTenantId:
      return identifier_datum(block.text(layout.tenant_id));
    case kTenantText:
      return text_datum(block.text(layout.tenant_id));
    case kTenantUuid:
      return uuid_datum(block.text(layout.tenant_id), "tenant");
    case kTenantBigint:
      return bigint_datum(block.text(layout.tenant_id), "tenant");
    case kUserId:
      return identifier_datum(block.text(layout.user_id));
    case kUserText:
      return text_datum(block.text(layout.user_id));
    case kUserUuid:
      return uuid_datum(block.text(layout.user_id), "user");
    case kUserBigint:
      return bigint_datum(block.text(layout.user_id), "user");
    case kAgent:
      return text_datum(block.text(layout.agent));
    case kRoles:
      return array_datum(authorization_of(block).roles, TEXTOID);
    case kClaims:
      return claims_datum(block.text(layout.claims));
    case kSlots:
      break;
  }
  throw Refused(ERRCODE_INTERNAL_ERROR, "no such field of an identity");
}

Datum identity_row(const Block& block, TupleDesc row) {
  constexpr int kColumns = 10;
  const core::ContextLayout& layout = block.layout;
  const core::Authorization& authorization = authorization_of(block);
  if (row->natts != kColumns) {
    throw Refused(ERRCODE_DATATYPE_MISMATCH, "tenancy.identity has unexpected columns", {},
                  "Run ALTER EXTENSION pg_tenancy UPDATE.");
  }
  Datum values[kColumns] = {};
  bool nulls[kColumns];
  int column = 0;
  const auto put = [&](bool present, auto make) {
    nulls[column] = !present;
    if (present) values[column] = make();
    column++;
  };
  const auto put_text = [&](const core::Slice& field) {
    const std::string_view text = block.text(field);
    put(!text.empty(), [&] { return text_datum(text); });
  };
  put(true, [&] { return identifier_datum(block.text(layout.tenant_id)); });
  put(layout.user_id.present(), [&] { return identifier_datum(block.text(layout.user_id)); });
  put_text(layout.agent);
  put(true, [&] { return array_datum(authorization.roles, TEXTOID); });
  put(layout.permissions.present(), [&] {
    const Oid array_type = TupleDescAttr(row, column)->atttypid;
    const Oid element_type = call([&] { return get_element_type(array_type); });
    return array_datum(*authorization.bound, element_type);
  });
  put(authorization.tier.has_value(),
      [&] { return call([&] { return CStringGetTextDatum(authorization.tier->c_str()); }); });
  put_text(layout.issuer);
  put_text(layout.key_id);
  put_text(layout.token_id);
  put(layout.expires_at != 0, [&] {
    return call([&] { return TimestampTzGetDatum(time_t_to_timestamptz(layout.expires_at)); });
  });
  return call(
      [&] { return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)); });
}

}  // namespace tenancy::pg::session
