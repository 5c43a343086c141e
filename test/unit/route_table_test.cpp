// Which pattern wins, and that no tenant is reached but by its own name.
#include "core/route_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tenancy::core {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;  // an empty tenant is none

RouteTable table_of(const Rows& rows) {
  RouteTable table;
  for (const auto& [pattern, tenant] : rows) {
    const auto parsed = parse_pattern(pattern);
    EXPECT_TRUE(parsed.ok()) << pattern;
    table.add(to_text(parsed.value()), tenant.empty() ? std::nullopt : std::optional(tenant));
  }
  return table;
}

// The tenant; "none" where no pattern matches, "malformed" where the route is.
std::string ask(const RouteTable& table, const std::string& text) {
  const auto route = parse_route(text);
  if (!route) return "malformed";
  const auto tenant = table.resolve(route.value());
  if (!tenant) return "malformed";
  return tenant.value().value_or("none");
}

TEST(RouteTable, LongestMatchWins) {
  const RouteTable table = table_of({
      {"acme.example.com", "acme"},
      {"acme.example.com/shop", "acme-shop"},
      {"acme.example.com/shop/{tenant}", ""},
      {"acme.example.com/shop/{tenant}/x", ""},
      {"acme.example.com/shop/fixed", "fixed"},
      {"{tenant}.example.com", ""},
      {"{tenant}.example.com/docs", ""},
      {"www.{tenant}.example.com", ""},
      {"{tenant}.eu.example.com", ""},
      {"/t/{tenant}", ""},
      {"/t/globex", "globex-literal"},
      {"/{tenant}/x", ""},
      {"/t", "front"},
  });
  const struct {
    std::string route, tenant;
  } cases[] = {
      {"acme.example.com", "acme"},
      {"acme.example.com/anything/else", "acme"},
      {"acme.example.com/shop", "acme-shop"},
      {"acme.example.com/shopping", "acme"},
      {"acme.example.com/shop/one/more", "one"},
      {"acme.example.com/shop/fixed/more", "fixed"},
      {"acme.example.com/shop/fixed/x", "fixed"},  // more segments, though {tenant} among them
      {"acme.example.com/t/globex", "acme"},       // the host goes first
      {"globex.example.com", "globex"},
      {"globex.example.com/docs/1", "globex"},
      {"GLOBEX.example.com/t/acme", "globex"},
      {"www.globex.example.com", "globex"},
      {"www.eu.example.com", "eu"},  // both match: read from the left, www is the literal
      {"app.eu.example.com", "app"},
      {"a.b.c.example.com", "none"},
      {"example.com", "none"},
      {"evil.com/t/acme", "acme"},
      {"/t/acme", "acme"},
      {"/t/acme/threads", "acme"},
      {"/t/acmeevil", "acmeevil"},
      {"/t/globex/y", "globex-literal"},
      {"/t/x", "x"},  // /t/{tenant} before /{tenant}/x
      {"/u/x", "u"},
      {"/t", "front"},
      {"/tt", "none"},
      {"/", "none"},
      {"/t/%61cme", "acme"},
      {"/t/%2561cme", "%61cme"},
      {"/t/A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
      {"/t/Acme", "Acme"},
      {"/t/a%20b", "malformed"},
      {"/t/%27", "malformed"},
      {"/t/a;b", "malformed"},
      {"/t/%C3%A9", "malformed"},
      {"/t/" + std::string(255, 'a'), std::string(255, 'a')},
      {"/t/" + std::string(256, 'a'), "malformed"},
  };
  for (const auto& c : cases) EXPECT_EQ(ask(table, c.route), c.tenant) << c.route;
}

TEST(RouteTable, BracesOfARequestAreNoPattern) {
  const RouteTable table = table_of({{"/t/{tenant}", ""}, {"/lit/%7Btenant%7D", "braces"}});
  EXPECT_EQ(ask(table, "/t/{tenant}"), "{tenant}");
  EXPECT_EQ(ask(table, "/lit/{tenant}"), "braces");
  EXPECT_EQ(ask(table, "/lit/acme"), "none");
}

TEST(RouteTable, CatchAll) {
  EXPECT_EQ(ask(table_of({{"/", "only"}}), "any.host/any/path"), "only");
  EXPECT_EQ(ask(table_of({{"/", "only"}}), "/"), "only");
  EXPECT_EQ(ask(table_of({}), "/"), "none");
}

TEST(RouteTable, RowsThatAreNotAsTheyShouldMatchNothing) {
  RouteTable table;
  table.add("/t/{tenant}", "acme");
  table.add("/fixed", std::nullopt);
  table.add("/Trailing/", "acme");
  table.add("UPPER.example.com", "acme");
  for (const char* route : {"/t/acme", "/fixed", "/Trailing", "upper.example.com"}) {
    EXPECT_EQ(ask(table, route), "none") << route;
  }
}

TEST(RouteTable, ManySegmentsAndLabels) {
  std::string path, host = "a";
  for (int i = 0; i < 2000; ++i) path += "/x";
  for (int i = 0; i < 120; ++i) host += ".a";
  const RouteTable table = table_of({{"/x/x/x/x/x/x/x/{tenant}", ""}});
  EXPECT_EQ(ask(table, path), "x");
  EXPECT_EQ(ask(table, host + path), "x");
}

// Against every pattern compared with the route part by part, in the order the header states.
struct Matched {
  bool host, host_literal;
  std::size_t segments;
  std::vector<bool> literals;
  std::string tenant;
  auto rank() const { return std::tie(host, host_literal, segments, literals); }
};

std::optional<Matched> match(const std::string& pattern, const std::string& tenant,
                             const Route& route) {
  const Route wanted = parse_pattern(pattern).value();
  if (!wanted.labels.empty() && wanted.labels.size() != route.labels.size()) return {};
  if (wanted.segments.size() > route.segments.size()) return {};
  Matched matched{!wanted.labels.empty(), true, wanted.segments.size(), {}, tenant};
  const auto part = [&](const std::string& offered, const std::string& given) {
    const bool literal = offered != "{tenant}";
    if (!literal) matched.tenant = given;
    matched.literals.push_back(literal);
    return !literal || offered == given;
  };
  for (std::size_t i = 0; i < wanted.labels.size(); ++i) {
    if (!part(wanted.labels[i], route.labels[i])) return {};
    matched.host_literal &= matched.literals.back();
  }
  for (std::size_t i = 0; i < wanted.segments.size(); ++i) {
    if (!part(wanted.segments[i], route.segments[i])) return {};
  }
  return matched;
}

TEST(RouteTable, AgreesWithComparingEveryPattern) {
  std::mt19937 random(4);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(from.begin()[random() % from.size()]);
  };
  int found = 0;
  for (int round = 0; round < 3000; ++round) {
    Rows rows;
    for (std::size_t n = random() % 8; n > 0; --n) {
      std::string pattern = pick({"", "a.b", "b.a", "{tenant}.b", "a.{tenant}", "b"});
      for (std::size_t k = random() % 4; k > 0; --k) pattern += pick({"/x", "/y", "/{tenant}"});
      if (pattern.empty()) pattern = "/";
      const bool named = pattern.find('{') != std::string::npos;
      const bool taken = std::any_of(rows.begin(), rows.end(),
                                     [&](const auto& row) { return row.first == pattern; });
      if (!parse_pattern(pattern).ok() || taken) continue;
      rows.emplace_back(pattern, named ? "" : "of-" + std::to_string(n));
    }
    const RouteTable table = table_of(rows);
    std::string text = pick({"", "a.b", "b.a", "a.a", "b", "c.b"});
    for (std::size_t k = random() % 5; k > 0; --k) text += pick({"/x", "/y", "/z"});
    if (text.empty()) text = "/";
    const Route route = parse_route(text).value();
    std::optional<Matched> best;
    for (const auto& [pattern, tenant] : rows) {
      const auto matched = match(pattern, tenant, route);
      if (!matched) continue;
      ASSERT_TRUE(!best || best->rank() != matched->rank()) << pattern;
      if (!best || best->rank() < matched->rank()) best = matched;
    }
    ASSERT_EQ(ask(table, text), best ? best->tenant : "none") << text;
    found += best.has_value();
  }
  EXPECT_GT(found, 1000);
}

}  // namespace
}  // namespace tenancy::core
