#include "core/claims.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenancy::core {
namespace {

using Texts = std::vector<std::string>;

JsonDocument json(std::string_view text) {
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document.ok()) << text;
  return std::move(document).value();
}

std::string text_at(std::string_view claims, std::string_view path) {
  const auto document = json(claims);
  const auto text = text_claim(document.root(), path);
  if (!text.ok()) return "refused";
  return text.value() ? *text.value() : "absent";
}

TEST(Claims, PathIsANameOrNamesJoinedByDots) {
  EXPECT_EQ(text_at(R"({"tenant_id":"a"})", "tenant_id"), "a");
  EXPECT_EQ(text_at(R"({"app_metadata":{"tenant_id":"a"}})", "app_metadata.tenant_id"), "a");
  EXPECT_EQ(text_at(R"({"a":{"b":{"c":"x"}}})", "a.b.c"), "x");
  EXPECT_EQ(text_at(R"({"a":{"b":{"c":"x"}}})", "a.b.d"), "absent");
  EXPECT_EQ(text_at(R"({"a":"x"})", "a.b"), "absent");
  EXPECT_EQ(text_at(R"({"a":["x"]})", "a.0"), "absent");
}

TEST(Claims, NamesMayHoldDotsAndSlashes) {
  EXPECT_EQ(text_at(R"({"https://x.example/tenant":"a"})", "https://x.example/tenant"), "a");
  EXPECT_EQ(text_at(R"({"https://x.example/c":{"tenant":"a"}})", "https://x.example/c.tenant"),
            "a");
  EXPECT_EQ(text_at(R"({"custom:tenant_id":"a"})", "custom:tenant_id"), "a");
  EXPECT_EQ(text_at(R"({"a":{"b.c":"x"}})", "a.b.c"), "x");
}

TEST(Claims, TwoReadingsOfAPathRefuse) {
  EXPECT_EQ(text_at(R"({"a.b":"x","a":{"b":"y"}})", "a.b"), "refused");
  EXPECT_EQ(text_at(R"({"a.b":"x","a":{"b":"x"}})", "a.b"), "refused");
  EXPECT_EQ(text_at(R"({"a.b":{"c":"x"},"a":{"b":{"c":"x"}}})", "a.b.c"), "refused");
  EXPECT_EQ(text_at(R"({"a.b":"x","a":{"c":"y"}})", "a.b"), "x");
}

TEST(Claims, TextIsExactlyOneString) {
  for (const char* const claims :
       {R"({"a":1})", R"({"a":["x"]})", R"({"a":{"b":"x"}})", R"({"a":true})", R"({"a":""})"}) {
    EXPECT_EQ(text_at(claims, "a"), "refused") << claims;
  }
  EXPECT_EQ(text_at(R"({"a":null})", "a"), "absent");
  EXPECT_EQ(text_at("{}", "a"), "absent");
}

TEST(Claims, ListsComeInManyForms) {
  const auto texts = [](std::string_view text) {
    return texts_of(json(text).root());
  };
  EXPECT_EQ(texts(R"("a b  c ")"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(texts(R"(["a","b c"])"), (Texts{"a", "b c"}));
  EXPECT_EQ(texts(R"({"client":{"roles":["a","b"]},"other":{"roles":["c"]}})"),
            (Texts{"a", "b", "c"}));
  EXPECT_EQ(texts(R"({"admin":true,"editor":false})"), (Texts{"admin"}));
  EXPECT_EQ(texts(R"([1,null,["x"]])"), (Texts{"x"}));
  EXPECT_EQ(texts("17"), Texts{});
}

TEST(Claims, ContainmentGoesMemberByMember) {
  const auto in = [](std::string_view value, std::string_view wanted) {
    return contains(json(value).root(), json(wanted).root());
  };
  EXPECT_TRUE(in(R"({"a":1,"b":2})", R"({"a":1})"));
  EXPECT_TRUE(in(R"({"a":1})", "{}"));
  EXPECT_TRUE(in(R"({"a":{"b":1,"c":2}})", R"({"a":{"b":1.0}})"));
  EXPECT_TRUE(in(R"({"a":["x","y"]})", R"({"a":["y"]})"));
  EXPECT_FALSE(in(R"({"a":["x","y"]})", R"({"a":["z"]})"));
  EXPECT_FALSE(in(R"({"a":["x"]})", R"({"a":"x"})"));
  EXPECT_FALSE(in(R"({"a":true})", R"({"a":"true"})"));
  EXPECT_FALSE(in(R"({"a":false})", R"({"a":true})"));
  EXPECT_FALSE(in("{}", R"({"a":null})"));
  EXPECT_FALSE(in(R"({"a":9007199254740993})", R"({"a":9007199254740992})"));
}

TEST(Claims, NulIsFoundAnywhere) {
  EXPECT_TRUE(holds_nul(json(R"({"a":["x",{"b":"\u0000"}]})").root()));
  EXPECT_TRUE(holds_nul(json(R"({"\u0000":1})").root()));
  EXPECT_FALSE(holds_nul(json(R"({"a":"\\u0000"})").root()));
}

}  // namespace
}  // namespace tenancy::core
