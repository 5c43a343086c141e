// Comparing and hashing identifiers with each other, with text and with uuid.
//
// Every function here looks at nothing but core::IdentifierKey, so that all of them agree on one
// total order and equal values have equal hashes whatever their types are; that is what an
// operator family promises to the planner. None of them raises an error that depends on a value,
// which is what LEAKPROOF promises.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/tenant_id.hpp"
#include "pg/leaf.hpp"

namespace {

using tenancy::core::IdentifierKey;

// A varlena argument. A copy made by detoasting is released, as an index comparison may run in a
// memory context that lives long.
class VarlenaOperand {
 public:
  explicit VarlenaOperand(Datum datum)
      : value_(PG_DETOAST_DATUM_PACKED(datum)), copied_(PointerGetDatum(value_) != datum) {}
  void release() const {
    if (copied_) pfree(value_);
  }

 protected:
  const char* data() const { return VARDATA_ANY(value_); }
  std::size_t size() const { return VARSIZE_ANY_EXHDR(value_); }

 private:
  varlena* value_;
  bool copied_;
};

struct Identifier : VarlenaOperand {
  using VarlenaOperand::VarlenaOperand;
  IdentifierKey key() const { return IdentifierKey::of_stored(data(), size()); }
};

struct Text : VarlenaOperand {
  using VarlenaOperand::VarlenaOperand;
  IdentifierKey key() const { return IdentifierKey::of_text(data(), size()); }
};

class Uuid {
 public:
  explicit Uuid(Datum datum) : value_(DatumGetUUIDP(datum)) {}
  IdentifierKey key() const {
    return IdentifierKey::of_uuid(reinterpret_cast<const char*>(value_->data));
  }
  void release() const {}

 private:
  const pg_uuid_t* value_;
};

template <typename Left, typename Right>
bool equal(FunctionCallInfo fcinfo) {
  const Left left(PG_GETARG_DATUM(0));
  const Right right(PG_GETARG_DATUM(1));
  const bool result = left.key().equals(right.key());
  left.release();
  right.release();
  return result;
}

template <typename Left, typename Right>
int compare(FunctionCallInfo fcinfo) {
  const Left left(PG_GETARG_DATUM(0));
  const Right right(PG_GETARG_DATUM(1));
  const int order = left.key().compare(right.key());
  left.release();
  right.release();
  return order < 0 ? -1 : order > 0;
}

// Two identifiers that lie in memory as they are, not toasted: the path of every row that a policy
// filters. Rows and indexes have headers of one byte, constants of four.
struct PlainBytes {
  const char* data;
  std::size_t size;

  explicit PlainBytes(const char* value) {
    if (VARATT_IS_1B(value)) {
      data = VARDATA_1B(value);
      size = VARSIZE_1B(value) - VARHDRSZ_SHORT;
    } else {
      data = VARDATA_4B(value);
      size = VARSIZE_4B(value) - VARHDRSZ;
    }
  }
  static bool has(const char* value) { return !VARATT_IS_1B_E(value) && !VARATT_IS_4B_C(value); }
};

struct ToastedIdentifier : Identifier {
  using Identifier::Identifier;
};

template <>
inline bool equal<Identifier, Identifier>(FunctionCallInfo fcinfo) {
  const char* const left = DatumGetPointer(PG_GETARG_DATUM(0));
  const char* const right = DatumGetPointer(PG_GETARG_DATUM(1));
  if (likely(PlainBytes::has(left) && PlainBytes::has(right))) {
    const PlainBytes a(left), b(right);
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
  }
  return equal<ToastedIdentifier, ToastedIdentifier>(fcinfo);
}

template <>
inline int compare<Identifier, Identifier>(FunctionCallInfo fcinfo) {
  const char* const left = DatumGetPointer(PG_GETARG_DATUM(0));
  const char* const right = DatumGetPointer(PG_GETARG_DATUM(1));
  if (likely(PlainBytes::has(left) && PlainBytes::has(right))) {
    const PlainBytes a(left), b(right);
    const int order = memcmp(a.data, b.data, std::min(a.size, b.size));
    return order != 0 ? (order < 0 ? -1 : 1) : (a.size > b.size) - (a.size < b.size);
  }
  return compare<ToastedIdentifier, ToastedIdentifier>(fcinfo);
}

template <typename Operand>
inline Datum hash(FunctionCallInfo fcinfo) {
  const Operand operand(PG_GETARG_DATUM(0));
  const IdentifierKey key = operand.key();
  const uint32 result =
      hash_bytes(reinterpret_cast<const unsigned char*>(key.data()), static_cast<int>(key.size()));
  operand.release();
  return UInt32GetDatum(result);
}

template <typename Operand>
inline Datum hash_extended(FunctionCallInfo fcinfo) {
  const Operand operand(PG_GETARG_DATUM(0));
  const IdentifierKey key = operand.key();
  const uint64 result =
      hash_bytes_extended(reinterpret_cast<const unsigned char*>(key.data()),
                          static_cast<int>(key.size()), static_cast<uint64>(PG_GETARG_INT64(1)));
  operand.release();
  return UInt64GetDatum(result);
}

}  // namespace

// The six operators and the order function of one pair of operand types.
#define TENANCY_COMPARISONS(suffix, Left, Right)              \
  TENANCY_LEAF(tenancy_identifier_eq_##suffix) {              \
    return BoolGetDatum((equal<Left, Right>(fcinfo)));        \
  }                                                           \
  TENANCY_LEAF(tenancy_identifier_ne_##suffix) {              \
    return BoolGetDatum((!equal<Left, Right>(fcinfo)));       \
  }                                                           \
  TENANCY_LEAF(tenancy_identifier_lt_##suffix) {              \
    return BoolGetDatum((compare<Left, Right>(fcinfo) < 0));  \
  }                                                           \
  TENANCY_LEAF(tenancy_identifier_le_##suffix) {              \
    return BoolGetDatum((compare<Left, Right>(fcinfo) <= 0)); \
  }                                                           \
  TENANCY_LEAF(tenancy_identifier_ge_##suffix) {              \
    return BoolGetDatum((compare<Left, Right>(fcinfo) >= 0)); \
  }                                                           \
  TENANCY_LEAF(tenancy_identifier_gt_##suffix) {              \
    return BoolGetDatum((compare<Left, Right>(fcinfo) > 0));  \
  }                                                           \
  TENANCY_LEAF(tenancy_identifier_cmp_##suffix) {             \
    return Int32GetDatum((compare<Left, Right>(fcinfo)));     \
  }

TENANCY_COMPARISONS(id_id, Identifier, Identifier)
TENANCY_COMPARISONS(id_text, Identifier, Text)
TENANCY_COMPARISONS(text_id, Text, Identifier)
TENANCY_COMPARISONS(id_uuid, Identifier, Uuid)
TENANCY_COMPARISONS(uuid_id, Uuid, Identifier)
TENANCY_COMPARISONS(text_text, Text, Text)
TENANCY_COMPARISONS(text_uuid, Text, Uuid)
TENANCY_COMPARISONS(uuid_text, Uuid, Text)
TENANCY_COMPARISONS(uuid_uuid, Uuid, Uuid)

TENANCY_LEAF(tenancy_identifier_hash_id) {
  return hash<Identifier>(fcinfo);
}
TENANCY_LEAF(tenancy_identifier_hash_text) {
  return hash<Text>(fcinfo);
}
TENANCY_LEAF(tenancy_identifier_hash_uuid) {
  return hash<Uuid>(fcinfo);
}
TENANCY_LEAF(tenancy_identifier_hash_extended_id) {
  return hash_extended<Identifier>(fcinfo);
}
TENANCY_LEAF(tenancy_identifier_hash_extended_text) {
  return hash_extended<Text>(fcinfo);
}
TENANCY_LEAF(tenancy_identifier_hash_extended_uuid) {
  return hash_extended<Uuid>(fcinfo);
}

TENANCY_LEAF(tenancy_identifier_larger) {
  return PG_GETARG_DATUM((compare<Identifier, Identifier>(fcinfo)) >= 0 ? 0 : 1);
}
TENANCY_LEAF(tenancy_identifier_smaller) {
  return PG_GETARG_DATUM((compare<Identifier, Identifier>(fcinfo)) <= 0 ? 0 : 1);
}
