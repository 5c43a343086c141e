// Routes and patterns: the grammar, the normal form, what is refused.
#include "core/route.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tenancy::core {
namespace {

TEST(Route, NormalForm) {
  const struct {
    std::string text, expected;
  } cases[] = {
      {"acme.example.com", "acme.example.com"},
      {"ACME.Example.COM", "acme.example.com"},
      {"acme.example.com.", "acme.example.com"},
      {"acme.example.com:8443", "acme.example.com"},
      {"acme.example.com.:1", "acme.example.com"},
      {"acme.example.com:65535", "acme.example.com"},
      {"https://acme.example.com", "acme.example.com"},
      {"HTTP://acme.example.com:80/", "acme.example.com"},
      {"wss://acme.example.com/socket", "acme.example.com/socket"},
      {"acme.example.com/", "acme.example.com"},
      {"acme.example.com?page=2", "acme.example.com"},
      {"acme.example.com#top", "acme.example.com"},
      {"acme.example.com/a?b=/c//..#d", "acme.example.com/a"},
      {"acme.example.com/a#b?c", "acme.example.com/a"},
      {"localhost", "localhost"},
      {"127.0.0.1:3000", "127.0.0.1"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"my_service.internal", "my_service.internal"},
      {"/", "/"},
      {"/?a", "/"},
      {"/t/acme/threads", "/t/acme/threads"},
      {"/t/acme/", "/t/acme"},
      {"/T/Acme", "/T/Acme"},
      {"/%74/%61cme", "/t/acme"},
      {"/t/%2561cme", "/t/%2561cme"},
      {"/t/a%20b", "/t/a%20b"},
      {"/t/%c3%a9", "/t/%C3%A9"},
      {"/t/{tenant}", "/t/%7Btenant%7D"},
      {"/t/%7Btenant%7d", "/t/%7Btenant%7D"},
      {"/...", "/..."},
      {"/a.b/..c", "/a.b/..c"},
      {"/user@host:1", "/user@host:1"},
      {"/a%3Fb%23c", "/a%3Fb%23c"},
      {"/x://y", ""},  // an empty segment
  };
  for (const auto& c : cases) {
    const auto route = parse_route(c.text);
    ASSERT_EQ(route.ok(), !c.expected.empty()) << c.text;
    if (!route) continue;
    EXPECT_EQ(to_text(route.value()), c.expected) << c.text;
  }
}

TEST(Route, RefusesWhatCouldBeReadInTwoWays) {
  const struct {
    std::string text, reason;
  } cases[] = {
      {"", "empty"},
      {"?a", "neither a host nor a path"},
      {std::string(kMaxRouteBytes + 1, 'a'), "8192"},
      {"ftp://acme.example.com", "scheme"},
      {"https://", "No host"},
      {"https:///t/acme", "No host"},
      {"https://?t", "No host"},
      {"evil@acme.example.com", "user or password"},
      {"https://acme.example.com:80@evil.com/", "user or password"},
      {"[::1]", "IPv6"},
      {"https://[2001:db8::1]:80/t/acme", "IPv6"},
      {"acme.example.com:", "port"},
      {"acme.example.com:0", "port"},
      {"acme.example.com:080", "port"},
      {"acme.example.com:65536", "port"},
      {"acme.example.com:123456", "port"},
      {"acme.example.com:8 0", "port"},
      {"acme.example.com:+80", "port"},
      {"a:b:1", "port"},
      {"javascript:alert", "port"},
      {".", "empty label"},
      {"acme..example.com", "empty label"},
      {".example.com", "empty label"},
      {"acme.example.com..", "empty label"},
      {std::string(64, 'a') + ".com", "63"},
      {"b\xc3\xbc"
       "cher.example",
       "xn--"},
      {"acme.example.com\xe3\x80\x82", "xn--"},  // the ideographic full stop is a dot to some
      {"acme%2eexample.com", "no host name has"},
      {"acme example.com", "no host name has"},
      {"acme.example.com\\t", "no host name has"},
      {"{tenant}.example.com", "no host name has"},
      {std::string("acme\0.example.com", 17), "no host name has"},
      {"acme.example.com\n", "no host name has"},
      {"//t/acme", "empty segment"},
      {"/t//acme", "empty segment"},
      {"/t/acme//", "empty segment"},
      {"/t/%", "hexadecimal"},
      {"/t/%2", "hexadecimal"},
      {"/t/%2g", "hexadecimal"},
      {"/t/%g2", "hexadecimal"},
      {"/t/%%36", "hexadecimal"},
      {"/t/../acme", ". or .."},
      {"/t/./acme", ". or .."},
      {"/t/acme/..", ". or .."},
      {"/t/%2e%2E/acme", ". or .."},
      {"/t/.%2e/acme", ". or .."},
      {"/t/%2e", ". or .."},
      {"/t/acme%2fx", "encoded slash"},
      {"/t/acme%2Fx", "encoded slash"},
      {"/t\\acme", "backslash"},
      {"/t/acme%5cx", "backslash"},
      {"/t/acme%00", "control"},
      {"/t/acme%0a", "control"},
      {"/t/acme%7F", "control"},
      {"/t/acme\t", "control"},
      {"/t/acme x", "space"},
      {"/t/b\xc3\xbc"
       "cher",
       "percent-encoded"},
  };
  for (const auto& c : cases) {
    const auto route = parse_route(c.text);
    ASSERT_FALSE(route.ok()) << c.text.substr(0, 40) << " is " << to_text(route.value());
    EXPECT_EQ(route.error().code, Errc::bad_argument);
    EXPECT_NE(route.error().message.find(c.reason), std::string::npos)
        << c.text.substr(0, 40) << ": " << route.error().message;
  }
  const std::string label(63, 'a');
  const std::string host = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  EXPECT_TRUE(parse_route(host).ok());
  EXPECT_FALSE(parse_route(host + "a").ok());
}

TEST(Route, PatternsInNormalForm) {
  const struct {
    std::string text, expected;
  } cases[] = {
      {"Acme.Example.com.", "acme.example.com"},
      {"{tenant}.example.com", "{tenant}.example.com"},
      {"app.{tenant}.example.com/api/", "app.{tenant}.example.com/api"},
      {"/t/{tenant}", "/t/{tenant}"},
      {"/{tenant}/", "/{tenant}"},
      {"api.example.com/t/{tenant}", "api.example.com/t/{tenant}"},
      {"/%74/x", "/t/x"},
      {"/%7Btenant%7D", "/%7Btenant%7D"},
      {"/", "/"},
      {"/1/2/3/4/5/6/7/8", "/1/2/3/4/5/6/7/8"},
  };
  for (const auto& c : cases) {
    const auto pattern = parse_pattern(c.text);
    ASSERT_TRUE(pattern.ok()) << c.text << ": " << pattern.error().message;
    EXPECT_EQ(to_text(pattern.value()), c.expected) << c.text;
  }
}

TEST(Route, RefusesWhatIsNoPattern) {
  const struct {
    std::string text, reason;
  } cases[] = {
      {"", "empty"},
      {std::string(kMaxPatternBytes + 1, 'a'), "1024"},
      {"/" + std::string(kMaxPatternBytes / 2, '|'), "normal form"},
      {"https://acme.example.com", "scheme"},
      {"acme.example.com:80", "port"},
      {"/t?x", "query"},
      {"/t#x", "fragment"},
      {"/1/2/3/4/5/6/7/8/9", "8 segments"},
      {"{tenant}.example.com/{tenant}", "one place"},
      {"/{tenant}/{tenant}", "one place"},
      {"x{tenant}.example.com", "whole label"},
      {"{org}.example.com", "whole label"},
      {"{Tenant}.example.com", "whole label"},
      {"/t/{tenant}x", "whole label"},
      {"/t/{user}", "whole label"},
      {"/t/}", "whole label"},
      {"*.example.com", "no host name has"},
      {"/t/../x", ". or .."},
      {"//x", "empty segment"},
      {"a@b", "user or password"},
  };
  for (const auto& c : cases) {
    const auto pattern = parse_pattern(c.text);
    ASSERT_FALSE(pattern.ok()) << c.text.substr(0, 40);
    EXPECT_EQ(pattern.error().code, Errc::bad_argument);
    EXPECT_NE(pattern.error().message.find(c.reason), std::string::npos)
        << c.text.substr(0, 40) << ": " << pattern.error().message;
  }
}

// Whatever is accepted is accepted again in its normal form, which is its own normal form.
TEST(Route, NormalisingIsIdempotent) {
  std::mt19937 random(4);
  const std::vector<std::string> pieces = {"acme", "ACME",    ".",  "/",  "/t",       "%61", "%2E",
                                           "%",    ":80",     "?q", "#f", "{tenant}", "{",   "}",
                                           "%7B",  "http://", "-",  "@",  "é",        " ",   "\\",
                                           "%25",  "+",       "~",  "|",  "com",      ";"};
  int accepted = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    for (std::size_t n = 1 + random() % 8; n > 0; --n) text += pieces[random() % pieces.size()];
    for (const auto parse : {parse_route, parse_pattern}) {
      const auto once = parse(text);
      if (!once) continue;
      ++accepted;
      const auto twice = parse(to_text(once.value()));
      ASSERT_TRUE(twice.ok()) << text;
      ASSERT_EQ(twice.value(), once.value()) << text;
    }
  }
  EXPECT_GT(accepted, 10000);
}

}  // namespace
}  // namespace tenancy::core
