// Which tenant a route belongs to: patterns, and which of them matches best.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "core/route.hpp"

namespace tenancy::core {

class RouteTable {
 public:
  // A pattern with `{tenant}` has no tenant_id, one without has. What is otherwise, or not in
  // normal form, matches nothing.
  void add(std::string pattern, std::optional<std::string> tenant_id);

  // The tenant of the pattern that matches best: one with the request's host before one with
  // `{tenant}` in its host, and that before one without a host; then the one with more segments;
  // then the one that has a literal where, read from the left, the other has `{tenant}`. So no two
  // match equally well. Nothing where none matches; Errc::bad_argument where what stands for
  // `{tenant}` is no tenant_id.
  Result<std::optional<std::string>> resolve(const Route& route) const;

 private:
  struct Match;
  std::optional<Match> best_path(std::vector<std::string> labels, const std::string* named,
                                 const Route& route) const;

  std::unordered_map<std::string, std::optional<std::string>> patterns_;
};

}  // namespace tenancy::core
