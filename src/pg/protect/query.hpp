// Queries through SPI whose rows come back as C++ values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/boundary.hpp"

namespace tenancy::pg {

// A connection to SPI in which names and constants mean what they say: nothing but pg_catalog in
// search_path, names quoted only where needed, and definitions printed so that reading them gives
// the same values (a predicate comes back changed from DateStyle SQL, as a dump would). All queries
// below happen inside one. After an error nothing needs to be undone: the abort of the
// (sub)transaction does.
class Pinned {
 public:
  Pinned();
  void leave();

  // Runs exactly one statement that means what it means to the caller (42601 if an expression
  // inside it makes more of it).
  void run_as_caller_reads_it(const std::string& sql);

 private:
  std::vector<std::string> callers_;  // settings, in the order of those that are pinned
  int level_;
};

// One value: text, or the elements of a text[]. Null elements of arrays are empty.
struct Cell {
  bool null = true;
  std::string text;
  std::vector<std::string> list;

  bool yes() const { return text == "t"; }
  Oid oid() const { return static_cast<Oid>(std::stoul(text)); }
  std::optional<std::string> optional() const {
    return null ? std::nullopt : std::optional<std::string>(text);
  }
};
using Rows = std::vector<std::vector<Cell>>;

// Every parameter is text. Sees what the transaction has done so far.
Rows query(const std::string& sql, const std::vector<std::string>& parameters = {});

std::vector<std::string> first_column(const Rows& rows);

// As a parameter of type oid[].
std::string array_of(const std::vector<Oid>& relations);

// Runs one or more statements.
void execute(const std::string& sql);

}  // namespace tenancy::pg
