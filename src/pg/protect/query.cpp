#include "pg/protect/query.hpp"

#include <map>

namespace tenancy::pg {

namespace {

constexpr size_t kMaxParameters = 4;

// What decides how definitions are printed and read again. DateStyle keeps its order of day and
// month.
struct Setting {
  const char* name;
  const char* value;
};
constexpr Setting kPinned[] = {{"search_path", "pg_catalog, pg_temp"},
                               {"quote_all_identifiers", "off"},
                               {"default_tablespace", ""},
                               {"extra_float_digits", "1"},
                               {"DateStyle", "ISO"},
                               {"IntervalStyle", "postgres"},
                               {"transform_null_equals", "off"}};

void require_success(int code) {
  if (code >= 0) return;
  throw Refused(ERRCODE_INTERNAL_ERROR, "statement of pg_tenancy failed",
                std::string(SPI_result_code_string(code)) + ".");
}

void set(const char* name, const char* value) {
  call([&] {
    (void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
                            false);
  });
}

std::vector<std::string> elements_of(Datum array) {
  Datum* values;
  bool* nulls;
  int count;
  call([&] {
    deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls,
                      &count);
  });
  std::vector<std::string> elements;
  for (int i = 0; i < count; i++) {
    const char* const element =
        nulls[i] ? "" : call([&] { return TextDatumGetCString(values[i]); });
    elements.emplace_back(element);
  }
  return elements;
}

Cell cell_of(HeapTuple tuple, TupleDesc shape, int column) {
  Cell cell;
  if (call([&] { return SPI_gettypeid(shape, column); }) == TEXTARRAYOID) {
    const Datum value = call([&] { return SPI_getbinval(tuple, shape, column, &cell.null); });
    if (!cell.null) cell.list = elements_of(value);
    return cell;
  }
  const char* const value = call([&] { return SPI_getvalue(tuple, shape, column); });
  cell.null = value == nullptr;
  if (!cell.null) cell.text = value;
  return cell;
}

// Plans of queries over the catalogs, kept for the session: planning them takes longer than running
// them, and a tree of tables asks each of them for every member. They hold the numbers of our own
// types, so they live as long as our schema does.
SPIPlanPtr plan_of(const std::string& sql, size_t count, Oid* types) {
  static std::map<std::string, SPIPlanPtr> plans;
  static Oid made_for = InvalidOid;
  const Oid schema = call([] { return get_namespace_oid("tenancy", true); });
  if (schema != made_for) {
    for (const auto& entry : plans) {
      const SPIPlanPtr old = entry.second;
      call([&] { SPI_freeplan(old); });
    }
    plans.clear();
    made_for = schema;
  }
  SPIPlanPtr& plan = plans[sql];
  if (plan != nullptr) return plan;
  const SPIPlanPtr made =
      call([&] { return SPI_prepare(sql.c_str(), static_cast<int>(count), types); });
  if (made == nullptr) require_success(SPI_result);
  require_success(call([&] { return SPI_keepplan(made); }));
  return plan = made;
}

}  // namespace

Pinned::Pinned() {
  level_ = call([] {
    SPI_connect();
    return NewGUCNestLevel();
  });
  for (const Setting& setting : kPinned) {
    const char* const callers = call([&] { return GetConfigOption(setting.name, false, false); });
    callers_.emplace_back(callers);
    set(setting.name, setting.value);
  }
}

// Also undoes what code of a table's owner has set meanwhile: it would outlive his turn.
void Pinned::leave() {
  call([&] {
    AtEOXact_GUC(false, level_);
    SPI_finish();
  });
}

void Pinned::run_as_caller_reads_it(const std::string& sql) {
  const int level = call([] { return NewGUCNestLevel(); });
  for (size_t i = 0; i < callers_.size(); i++) set(kPinned[i].name, callers_[i].c_str());
  const SPIPlanPtr plan = call([&] { return SPI_prepare(sql.c_str(), 0, nullptr); });
  if (plan == nullptr) require_success(SPI_result);
  if (list_length(call([&] { return SPI_plan_get_plan_sources(plan); })) != 1) {
    throw Refused(ERRCODE_SYNTAX_ERROR, "backfill_using must be one expression");
  }
  require_success(call([&] { return SPI_execute_plan(plan, nullptr, nullptr, false, 0); }));
  call([&] {
    SPI_freeplan(plan);
    AtEOXact_GUC(false, level);
  });
}

Rows query(const std::string& sql, const std::vector<std::string>& parameters) {
  Oid types[kMaxParameters];
  Datum values[kMaxParameters];
  if (parameters.size() > kMaxParameters) {
    throw Refused(ERRCODE_INTERNAL_ERROR, "too many parameters");
  }
  for (size_t i = 0; i < parameters.size(); i++) {
    types[i] = TEXTOID;
    values[i] = call([&] { return CStringGetTextDatum(parameters[i].c_str()); });
  }
  const SPIPlanPtr plan = parameters.empty() ? nullptr : plan_of(sql, parameters.size(), types);
  require_success(call([&] {
    return plan == nullptr ? SPI_execute(sql.c_str(), false, 0)
                           : SPI_execute_plan(plan, values, nullptr, false, 0);
  }));
  SPITupleTable* const table = SPI_tuptable;
  Rows rows;
  for (uint64 i = 0; i < table->numvals; i++) {
    std::vector<Cell>& row = rows.emplace_back();
    for (int column = 1; column <= table->tupdesc->natts; column++) {
      row.push_back(cell_of(table->vals[i], table->tupdesc, column));
    }
  }
  call([&] { SPI_freetuptable(table); });
  return rows;
}

std::vector<std::string> first_column(const Rows& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row[0].text);
  return out;
}

std::string array_of(const std::vector<Oid>& relations) {
  std::string numbers;
  for (const Oid relation : relations) {
    numbers += (numbers.empty() ? "{" : ",") + std::to_string(relation);
  }
  return numbers.empty() ? "{}" : numbers + '}';
}

void execute(const std::string& sql) {
  require_success(call([&] { return SPI_execute(sql.c_str(), false, 0); }));
}

}  // namespace tenancy::pg
