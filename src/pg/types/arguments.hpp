// Arguments of our own types as C++ values. Everything here may throw PgError.
#pragma once

#include "core/tenant_id.hpp"

#include <optional>
#include <string>
#include <vector>

#include "pg/boundary.hpp"
#include "pg/types/identifier.hpp"

namespace tenancy::pg {

inline std::string identifier_of(Datum value) {
  return core::decode_identifier(call([&] { return stored_bytes(value); }));
}

inline std::optional<std::string> identifier_argument(FunctionCallInfo fcinfo, int number) {
  if (PG_ARGISNULL(number)) return std::nullopt;
  return identifier_of(PG_GETARG_DATUM(number));
}

// 22023: what is wrong with an argument.
inline Refused refused_argument(const char* message, const std::string& detail, const char* hint) {
  return Refused(ERRCODE_INVALID_PARAMETER_VALUE, message, detail, hint);
}

// The elements of an array of a type that is stored as text is; none stands for NULL.
inline std::vector<std::optional<Datum>> elements_argument(FunctionCallInfo fcinfo, int number) {
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  call([&] {
    ArrayType* const array = PG_GETARG_ARRAYTYPE_P(number);
    deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT, &elements, &nulls,
                      &count);
  });
  std::vector<std::optional<Datum>> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(nulls[i] ? std::nullopt : std::optional<Datum>(elements[i]));
  }
  return values;
}

}  // namespace tenancy::pg
