#include "pg/trust/tables.hpp"

#include <cstdint>
#include <utility>

#include "pg/boundary.hpp"

namespace tenancy::pg {
namespace {

struct TableNames {
  const char* name;
  const char* index;  // over the columns that are searched by
};
constexpr TableNames kNames[kTables] = {
    {"database_identity", "database_identity_pkey"},
    {"issuers", "issuers_pkey"},
    {"tenants", "tenants_pkey"},
    {"tenant_aliases", "tenant_aliases_pkey"},
    {"issuer_tenants", "issuer_tenants_pkey"},
    {"signing_keys", "signing_keys_issuer"},
    {"signing_secrets", "signing_secrets_pkey"},
    {"members", "members_pkey"},
    {"roles", "roles_pkey"},
    {"role_permissions", "role_permissions_pkey"},
    {"tiers", "tiers_pkey"},
    {"tier_permissions", "tier_permissions_pkey"},
    {"user_permissions", "user_permissions_pkey"},
    {"operators", "operators_pkey"},
    {"routes", "routes_pkey"},
};

// Where the tables are. Kept after an invalidation, to recognize the next one; looked up again
// before the next read.
struct Place {
  Oid table = InvalidOid;
  Oid index = InvalidOid;
  std::uint64_t version = 1;
};
Place places[kTables];
bool places_known = false;
// The SQL objects are older than the library: what came with authorization does not exist yet.
bool before_authorization = false;
Snapshot moment = nullptr;  // null: each read has its own
std::uint64_t version = 1, authorizations = 1;

// InvalidOid: all of them.
void on_invalidation(Datum, Oid relation) {
  bool ours = false, trust = false;
  for (int i = 0; i < kTables; ++i) {
    if (relation != InvalidOid && relation != places[i].table) continue;
    ++places[i].version;
    ours = true;
    trust |= i < static_cast<int>(Table::roles);
  }
  if (!ours) return;
  if (trust) ++version;
  ++authorizations;
  places_known = false;
}

// A schema of that name that someone made is not ours: the tables must belong to the extension.
bool find_places() {
  const Oid extension = get_extension_oid("pg_tenancy", true);
  const Oid schema = get_namespace_oid("tenancy", true);
  if (!OidIsValid(extension) || !OidIsValid(schema)) return false;
  constexpr int kFirstOfAuthorization = static_cast<int>(Table::members);
  before_authorization = !OidIsValid(get_relname_relid(kNames[kFirstOfAuthorization].name, schema));
  for (int i = 0; i < kTables; ++i) {
    if (before_authorization && i >= kFirstOfAuthorization) {
      places[i].table = places[i].index = InvalidOid;
      continue;
    }
    const Oid table = get_relname_relid(kNames[i].name, schema);
    if (!OidIsValid(table) || getExtensionOfObject(RelationRelationId, table) != extension) {
      return false;
    }
    if (places[i].table != table) ++places[i].version;  // another one, or there is one now
    places[i].table = table;
    places[i].index = get_relname_relid(kNames[i].index, schema);
  }
  return true;
}

const Place& place_of(Table table) {
  if (!places_known) {
    if (!call([] { return find_places(); })) {
      throw Refused(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "extension pg_tenancy does not exist in this database",
                    "No issuer can be known without it.", "CREATE EXTENSION pg_tenancy");
    }
    places_known = true;
  }
  return places[static_cast<int>(table)];
}

// What is read lies in a context of its own until it has become C++.
class Scratch {
 public:
  Scratch()
      : context_(call([] {
          return AllocSetContextCreate(CurrentMemoryContext, "pg_tenancy trust",
                                       ALLOCSET_SMALL_SIZES);
        })) {}
  ~Scratch() { MemoryContextDelete(context_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  MemoryContext context() const { return context_; }

 private:
  MemoryContext context_;
};

struct RawItem {
  const char* data;
  int length;
};
struct RawValue {
  bool null;
  int count;
  RawItem* items;
};
struct RawRow {
  RawValue* values;
  RawRow* next;
};

RawItem item_of(const char* text) {
  return {text, static_cast<int>(strlen(text))};
}

RawItem bytes_of(Datum datum) {
  const struct varlena* const bytes = PG_DETOAST_DATUM_COPY(datum);
  return {VARDATA_ANY(bytes), static_cast<int>(VARSIZE_ANY_EXHDR(bytes))};
}

RawItem text_form(Datum datum, Oid type) {
  Oid output;
  bool varlena;
  getTypeOutputInfo(type, &output, &varlena);
  return item_of(OidOutputFunctionCall(output, datum));
}

RawItem item_of_type(Datum datum, Oid type) {
  switch (type) {
    case TEXTOID:
    case BYTEAOID:
    case JSONOID:
      return bytes_of(datum);
    case TIMESTAMPTZOID:
      return item_of(psprintf(INT64_FORMAT, timestamptz_to_time_t(DatumGetTimestampTz(datum))));
    case INTERVALOID: {
      const Interval* const interval = DatumGetIntervalP(datum);
      const int64 days = interval->day + INT64CONST(30) * interval->month;
      return item_of(psprintf(INT64_FORMAT, days * SECS_PER_DAY + interval->time / USECS_PER_SEC));
    }
    case REGROLEOID:
      return item_of(psprintf("%u", DatumGetObjectId(datum)));
    default:
      return text_form(datum, type);
  }
}

RawValue raw_value(Datum datum, bool null, Oid type) {
  RawValue value{null, 0, nullptr};
  if (null) return value;
  const Oid element = get_element_type(type);
  if (!OidIsValid(element)) {
    value.count = 1;
    value.items = static_cast<RawItem*>(palloc(sizeof(RawItem)));
    *value.items = item_of_type(datum, type);
    return value;
  }
  int16 size;
  bool by_value;
  char alignment;
  get_typlenbyvalalign(element, &size, &by_value, &alignment);
  Datum* elements;
  bool* nulls;
  int count;
  deconstruct_array(DatumGetArrayTypePCopy(datum), element, size, by_value, alignment, &elements,
                    &nulls, &count);
  value.items = static_cast<RawItem*>(palloc(sizeof(RawItem) * (count + 1)));
  for (int i = 0; i < count; ++i) {
    if (!nulls[i]) value.items[value.count++] = text_form(elements[i], element);
  }
  return value;
}

AttrNumber column_number(TupleDesc desc, const char* column) {
  const int number = SPI_fnumber(desc, column);
  if (number <= 0) elog(ERROR, "column %s of a trust table is missing", column);
  return static_cast<AttrNumber>(number);
}

// Tables that were there before authorization have got columns with it: absent ones are NULL.
bool is_absent(TupleDesc desc, const char* column) {
  return before_authorization && SPI_fnumber(desc, column) <= 0;
}

RawRow* raw_row(HeapTuple tuple, TupleDesc desc, const char* const* columns, int count) {
  RawRow* const row = static_cast<RawRow*>(palloc(sizeof(RawRow)));
  row->values = static_cast<RawValue*>(palloc(sizeof(RawValue) * count));
  row->next = nullptr;
  for (int i = 0; i < count; ++i) {
    if (is_absent(desc, columns[i])) {
      row->values[i] = {true, 0, nullptr};
      continue;
    }
    const AttrNumber number = column_number(desc, columns[i]);
    bool null;
    const Datum datum = heap_getattr(tuple, number, desc, &null);
    row->values[i] = raw_value(datum, null, TupleDescAttr(desc, number - 1)->atttypid);
  }
  return row;
}

void init_key(ScanKey key, TupleDesc desc, const char* column, const char* data, int length) {
  const AttrNumber number = column_number(desc, column);
  const Oid type = TupleDescAttr(desc, number - 1)->atttypid;
  if (type == TEXTOID) {
    ScanKeyInit(key, number, BTEqualStrategyNumber, F_TEXTEQ,
                PointerGetDatum(cstring_to_text_with_len(data, length)));
    return;
  }
  const TypeCacheEntry* const entry = lookup_type_cache(type, TYPECACHE_EQ_OPR_FINFO);
  Oid input, param;
  getTypeInputInfo(type, &input, &param);
  ScanKeyInit(key, number, BTEqualStrategyNumber, entry->eq_opr_finfo.fn_oid,
              OidInputFunctionCall(input, pnstrdup(data, length), param, -1));
}

// All of it in PostgreSQL's room; everything is detoasted and copied before the scan ends.
RawRow* scan(Place place, const char* const* columns, int column_count, const Where* conditions,
             int condition_count, bool* gone) {
  const Relation relation = try_table_open(place.table, AccessShareLock);
  *gone = relation == nullptr;
  if (*gone) return nullptr;
  const TupleDesc desc = RelationGetDescr(relation);
  ScanKeyData keys[3];
  for (int i = 0; i < condition_count; ++i) {
    init_key(&keys[i], desc, conditions[i].column, conditions[i].value.data(),
             static_cast<int>(conditions[i].value.size()));
  }
  const bool use_index = condition_count > 0 && OidIsValid(place.index);
  const SysScanDesc scan = systable_beginscan(relation, place.index, use_index, moment,
                                              condition_count, condition_count ? keys : nullptr);
  RawRow* rows = nullptr;
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    RawRow* const row = raw_row(tuple, desc, columns, column_count);
    row->next = rows;
    rows = row;
  }
  systable_endscan(scan);
  table_close(relation, AccessShareLock);
  return rows;
}

Row cpp_row(const RawRow& raw, std::size_t columns) {
  Row row(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    const RawValue& value = raw.values[i];
    row[i].null = value.null;
    for (int j = 0; j < value.count; ++j) {
      row[i].items.emplace_back(value.items[j].data, value.items[j].length);
    }
  }
  return row;
}

}  // namespace

std::vector<Row> read_rows(Table table, const Columns& columns,
                           std::initializer_list<Where> conditions) {
  const Place place = place_of(table);
  if (!OidIsValid(place.table)) return {};
  const Scratch scratch;
  bool gone = false;
  const RawRow* raw = call([&] {
    const MemoryContext outer = MemoryContextSwitchTo(scratch.context());
    RawRow* const rows = scan(place, columns.data(), static_cast<int>(columns.size()),
                              conditions.begin(), static_cast<int>(conditions.size()), &gone);
    MemoryContextSwitchTo(outer);
    return rows;
  });
  std::vector<Row> rows;
  for (; raw; raw = raw->next) rows.push_back(cpp_row(*raw, columns.size()));
  if (gone) {  // dropped between finding and opening it
    on_invalidation(Datum{0}, InvalidOid);
    place_of(table);
  }
  return rows;
}

Row read_tuple(HeapTuple tuple, TupleDesc desc, const Columns& columns) {
  const Scratch scratch;
  const RawRow* const raw = call([&] {
    const MemoryContext outer = MemoryContextSwitchTo(scratch.context());
    RawRow* const row = raw_row(tuple, desc, columns.data(), static_cast<int>(columns.size()));
    MemoryContextSwitchTo(outer);
    return row;
  });
  return cpp_row(*raw, columns.size());
}

OneMoment::OneMoment() : outer_(moment) {
  moment = call([] { return RegisterSnapshot(GetCatalogSnapshot(InvalidOid)); });
}

OneMoment::~OneMoment() {
  UnregisterSnapshot(moment);
  moment = outer_;
}

void lock_table(Table table) {
  const Place place = place_of(table);
  call([&] { LockRelationOid(place.table, ShareRowExclusiveLock); });
}

std::uint64_t tables_version() {
  return version;
}

std::uint64_t authorization_version() {
  return authorizations;
}

std::uint64_t table_version(Table table) {
  return place_of(table).version;
}

void register_invalidation() {
  CacheRegisterRelcacheCallback(on_invalidation, Datum{0});
}

}  // namespace tenancy::pg
