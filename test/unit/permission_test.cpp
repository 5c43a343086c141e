// Permission patterns: the grammar, that covering means containing, and overlapping sharing.
#include "core/permission.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tenancy::core {
namespace {

TEST(Permission, AcceptsPatterns) {
  for (const std::string text : {"read", "tool:search:use", "*", "tool:*", "*:read", "tool:*:use",
                                 "*:*:*", "a:b:c:d:e:f:g:h", "a:b:c:d:e:f:g:*", "A-Z_a.z:0-9", "-",
                                 ".", "..", "tenancy:keys:create"}) {
    const auto parsed = parse_permission(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed.value(), text);
  }
  EXPECT_TRUE(parse_permission(std::string(255, 'x')).ok());
}

TEST(Permission, RefusesWhatIsNone) {
  using enum PermissionFault;
  const struct {
    std::string text;
    PermissionFault fault;
    std::size_t position;
  } cases[] = {
      {"", empty, 0},
      {std::string(256, 'x'), too_long, 0},
      {std::string(1 << 20, '*'), too_long, 0},
      {"a:b:c:d:e:f:g:h:i", too_many_segments, 16},
      {"*:*:*:*:*:*:*:*:*", too_many_segments, 16},
      {":", empty_segment, 1},
      {":a", empty_segment, 1},
      {"a:", empty_segment, 3},
      {"a::b", empty_segment, 3},
      {"*:", empty_segment, 3},
      {"a*", star_in_segment, 2},
      {"*a", star_in_segment, 1},
      {"**", star_in_segment, 2},
      {"a:b*:c", star_in_segment, 4},
      {"a b", forbidden_byte, 2},
      {" a", forbidden_byte, 1},
      {"a\n", forbidden_byte, 2},
      {"caf\xc3\xa9", forbidden_byte, 4},
      {std::string("a\0b", 3), forbidden_byte, 2},
      {"a,b", forbidden_byte, 2},
      {"a/b", forbidden_byte, 2},
      {"a:?", forbidden_byte, 3},
      {"!a", forbidden_byte, 1},
  };
  for (const auto& c : cases) {
    const PermissionCheck check = check_permission(c.text);
    EXPECT_EQ(check.fault, c.fault) << c.text.substr(0, 40);
    EXPECT_EQ(check.position, c.position) << c.text.substr(0, 40);
    const auto parsed = parse_permission(c.text);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().code, Errc::malformed);
  }
}

TEST(Permission, Covers) {
  const struct {
    const char *broad, *narrow;
    bool expected;
  } cases[] = {
      {"a", "a", true},
      {"a", "b", false},
      {"a", "A", false},
      {"a", "a:b", false},
      {"a:b", "a", false},
      {"ab", "a", false},
      {"a", "ab", false},
      {"*", "a", true},
      {"*", "a:b:c", true},
      {"*", "*", true},
      {"*", "*:*", true},
      {"*:*", "*", false},
      {"*:*", "a", false},
      {"*:*", "a:b", true},
      {"*:*", "a:b:c", true},
      {"a:*", "a", false},
      {"a:*", "a:b", true},
      {"a:*", "a:b:c", true},
      {"a:*", "a:*", true},
      {"a:*", "a:b:*", true},
      {"a:b:*", "a:*", false},
      {"a:*", "b:c", false},
      {"a:*", "ab:c", false},
      {"a:*", "*", false},
      {"a:*", "*:b", false},
      {"*:b", "a:b", true},
      {"*:b", "a:c", false},
      {"*:b", "a:b:c", false},
      {"*:b", "*:b", true},
      {"*:b", "*:*", false},
      {"*:b", "*", false},
      {"a:*:c", "a:b:c", true},
      {"a:*:c", "a:b:d", false},
      {"a:*:c", "a:b:x:c", false},
      {"a:*:c", "a:*:c", true},
      {"a:*:c", "a:*", false},
      {"a:*:c", "a:*:*", false},
      {"a:*:*", "a:*:c", true},
      {"a:b", "a:*", false},
      {"a", "*", false},
      {"*:*:*:*:*:*:*:*", "a:b:c:d:e:f:g:h", true},
      {"*:*:*:*:*:*:*:*", "a:b:c:d:e:f:g", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(covers(c.broad, c.narrow), c.expected) << c.broad << " " << c.narrow;
  }
}

// Every permission without a star over the given alphabet, up to three segments.
std::vector<std::string> all_permissions(const std::vector<std::string>& alphabet) {
  std::vector<std::string> level = alphabet, all = alphabet;
  for (int depth = 2; depth <= 3; ++depth) {
    std::vector<std::string> next;
    for (const auto& head : level) {
      for (const auto& tail : alphabet) next.push_back(head + ":" + tail);
    }
    all.insert(all.end(), next.begin(), next.end());
    level = next;
  }
  return all;
}

// The definition again, by other means: which permissions does a pattern stand for?
bool stands_for(const std::string& pattern, const std::string& permission) {
  const auto split = [](const std::string& text) {
    std::vector<std::string> segments{""};
    for (const char c : text) {
      if (c == ':')
        segments.emplace_back();
      else
        segments.back() += c;
    }
    return segments;
  };
  const auto p = split(pattern), q = split(permission);
  const bool open = p.back() == "*";
  if (open ? q.size() < p.size() : q.size() != p.size()) return false;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] != "*" && p[i] != q[i]) return false;
  }
  return true;
}

TEST(Permission, CoveringIsContainment) {
  // "x" occurs in no pattern: it tells `*` from the list of all named segments.
  const auto permissions = all_permissions({"a", "b", "x"});
  const auto patterns = all_permissions({"a", "b", "*"});
  for (const auto& broad : patterns) {
    for (const auto& narrow : patterns) {
      bool contained = true;
      for (const auto& permission : permissions) {
        if (stands_for(narrow, permission) && !stands_for(broad, permission)) contained = false;
      }
      EXPECT_EQ(covers(broad, narrow), contained) << broad << " " << narrow;
    }
  }
}

TEST(Permission, Overlaps) {
  const std::string long_name(200, 'x');
  const struct {
    std::string a, b;
    bool expected;
  } cases[] = {
      {"a", "a", true},
      {"a", "b", false},
      {"a", "A", false},
      {"a", "a:b", false},
      {"*", "a:b:c", true},
      {"*", "*:*:*:*:*:*:*:*", true},
      {"a:*", "a", false},
      {"a:*", "*:b", true},
      {"a:*", "*", true},
      {"a:*", "b:*", false},
      {"a:*:c", "*:b:*", true},
      {"a:*:c", "*:b:d", false},
      {"a:*:c", "a:*", true},
      {"*:*:c", "a:b", false},
      {"*:*:*", "a:b", false},
      {"a:b:c:d:e:f:g:*", "*:h", false},
      {"a:b:c:d:e:f:g:*", "a:*", true},
      {"*:*:*:*:*:*:*:h", "a:*", true},
      // 200 bytes and a colon leave 54 for the second segment.
      {long_name + ":*", "*:" + std::string(54, 'y'), true},
      {long_name + ":*", "*:" + std::string(55, 'y'), false},
      {long_name + ":*", "*:*:" + std::string(52, 'y'), true},
      {long_name + ":*", "*:*:" + std::string(53, 'y'), false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(overlaps(c.a, c.b), c.expected) << c.a << " " << c.b;
    EXPECT_EQ(overlaps(c.b, c.a), c.expected) << c.b << " " << c.a;
  }
}

TEST(Permission, OverlappingIsSharing) {
  const auto permissions = all_permissions({"a", "b", "x"});
  const auto patterns = all_permissions({"a", "b", "*"});
  for (const auto& a : patterns) {
    for (const auto& b : patterns) {
      bool shared = false;
      for (const auto& permission : permissions) {
        shared |= stands_for(a, permission) && stands_for(b, permission);
      }
      EXPECT_EQ(overlaps(a, b), shared) << a << " " << b;
      EXPECT_TRUE(!covers(a, b) || shared) << a << " " << b;
    }
  }
}

TEST(Permission, CoveringIsAPartialOrder) {
  const auto patterns = all_permissions({"a", "b", "*"});
  std::mt19937 random(7);
  const auto pick = [&]() -> const std::string& {
    return patterns[random() % patterns.size()];
  };
  for (int round = 0; round < 100'000; ++round) {
    const std::string &a = pick(), &b = pick(), &c = pick();
    EXPECT_TRUE(covers(a, a));
    if (covers(a, b) && covers(b, a)) {
      EXPECT_EQ(a, b);
    }
    if (covers(a, b) && covers(b, c)) {
      EXPECT_TRUE(covers(a, c));
    }
  }
}

}  // namespace
}  // namespace tenancy::core
