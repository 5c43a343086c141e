// Arguments and results of SQL functions as C++ values. Everything here may throw PgError.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/boundary.hpp"

namespace tenancy::pg {

// The bytes of an argument of type text, json or bytea; they live as long as the call.
inline std::string_view bytes_argument(FunctionCallInfo fcinfo, int number) {
  const text* const value = call([&] { return PG_GETARG_TEXT_PP(number); });
  return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

inline std::optional<std::string> text_argument(FunctionCallInfo fcinfo, int number) {
  if (PG_ARGISNULL(number)) return std::nullopt;
  return std::string(bytes_argument(fcinfo, number));
}

// The elements of a text[] argument without NULLs; empty where the argument is NULL.
inline std::vector<std::string> texts_argument(FunctionCallInfo fcinfo, int number) {
  std::vector<std::string> texts;
  if (PG_ARGISNULL(number)) return texts;
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  call([&] {
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), TEXTOID, -1, false, TYPALIGN_INT, &elements,
                      &nulls, &count);
    for (int i = 0; i < count; ++i) {
      if (!nulls[i]) elements[i] = PointerGetDatum(PG_DETOAST_DATUM_PACKED(elements[i]));
    }
  });
  for (int i = 0; i < count; ++i) {
    if (nulls[i]) continue;
    const auto* const value = reinterpret_cast<const text*>(DatumGetPointer(elements[i]));
    texts.emplace_back(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
  }
  return texts;
}

inline Datum text_result(std::string_view value) {
  return call([&] {
    return PointerGetDatum(cstring_to_text_with_len(value.data(), static_cast<int>(value.size())));
  });
}

inline Datum bytes_result(std::string_view value) {
  return text_result(value);
}

// A C string of the server's encoding; what stands in tokens is UTF-8. Palloc'd. An error (22P05)
// where the server's encoding has no such character.
inline char* server_string(std::string_view utf8) {
  return call([&] {
    char* const copy = pnstrdup(utf8.data(), utf8.size());
    return pg_any_to_server(copy, static_cast<int>(utf8.size()), PG_UTF8);
  });
}

inline Datum jsonb_result(std::string_view utf8) {
  const char* const json = server_string(utf8);
  return call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(json)); });
}

// The rows of a set-returning function, each column in its type's text form.
using TextRow = std::vector<std::optional<std::string>>;
inline Datum rows_result(FunctionCallInfo fcinfo, std::vector<TextRow> rows) {
  ReturnSetInfo* const result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  AttInMetadata* const metadata = call([&] {
    InitMaterializedSRF(fcinfo, 0);
    return TupleDescGetAttInMetadata(result->setDesc);
  });
  for (TextRow& row : rows) {
    std::vector<char*> columns;
    for (auto& column : row) columns.push_back(column ? column->data() : nullptr);
    char** const values = columns.data();
    call([&] { tuplestore_puttuple(result->setResult, BuildTupleFromCStrings(metadata, values)); });
  }
  return Datum{0};
}

}  // namespace tenancy::pg
