#include "core/credential.hpp"

#include <gtest/gtest.h>

namespace tenancy::core {
namespace {

TEST(Credential, TakesABareToken) {
  const auto read = read_credential("a.b.c");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().token, "a.b.c");
  EXPECT_FALSE(read.value().narrowing.tenant_id.has_value());
  EXPECT_FALSE(read.value().narrowing.agent.has_value());
}

TEST(Credential, TakesTheSchemeInAnyCase) {
  for (const char* const text : {"Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c"}) {
    EXPECT_EQ(read_credential(text).value().token, "a.b.c") << text;
  }
  EXPECT_EQ(read_credential("Bearer  a.b.c").value().token, " a.b.c");  // no token has a space
  EXPECT_EQ(read_credential("Basic a.b.c").value().token, "Basic a.b.c");
}

TEST(Credential, TakesASuffixInAnyOrder) {
  for (const char* const text : {"a.b.c;tenant=acme;agent=helper", "a.b.c;agent=helper;tenant=acme",
                                 "Bearer a.b.c;tenant=acme;agent=helper"}) {
    const auto read = read_credential(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(read.value().token, "a.b.c");
    EXPECT_EQ(read.value().narrowing.tenant_id, "acme");
    EXPECT_EQ(read.value().narrowing.agent, "helper");
  }
}

TEST(Credential, TenantsAreReadAsTheTypeReadsThem) {
  EXPECT_EQ(
      read_credential("t;tenant=0B5BBD1C-0000-4000-8000-00000000000A").value().narrowing.tenant_id,
      "0b5bbd1c-0000-4000-8000-00000000000a");
}

TEST(Credential, RefusesEverythingElse) {
  for (const char* const text : {"",
                                 "Bearer ",
                                 ";",
                                 ";tenant=acme",
                                 "t;",
                                 "t;tenant",
                                 "t;tenant=",
                                 "t;agent=",
                                 "t;Tenant=a",
                                 "t;user=a",
                                 "t;tenant=a;tenant=b",
                                 "t;tenant=a;tenant=a",
                                 "t;agent=a;agent=b",
                                 "t;;tenant=a",
                                 "t;tenant=a;",
                                 "t;tenant=a b",
                                 "t;tenant='a'",
                                 "t;agent=a b",
                                 "t; tenant=a",
                                 "t;=a"}) {
    const auto read = read_credential(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, Errc::malformed) << text;
  }
}

TEST(Credential, FindsTheTokenToHideInWhatItRefuses) {
  EXPECT_EQ(token_in("a.b.c"), "a.b.c");
  EXPECT_EQ(token_in("Bearer a.b.c;user=bob"), "a.b.c");
  EXPECT_EQ(token_in(";x"), "");
  EXPECT_EQ(token_in(""), "");
}

TEST(Credential, IsBlankedWhereverItIsVisible) {
  EXPECT_EQ(blanked("login('a.b.c') -- a.b.c", "a.b.c", 100), "login('***') -- ***");
  EXPECT_EQ(blanked("nothing here", "a.b.c", 100), "nothing here");
  EXPECT_EQ(blanked("nothing here", "a.b.c", 7), "nothing");
  EXPECT_EQ(blanked("", "a.b.c", 100), "");
  EXPECT_EQ(blanked("text", "", 100), "text");
  // One that the end of what is visible cuts in two, also after others made it move there.
  EXPECT_EQ(blanked("12345a.b.c", "a.b.c", 7), "12345***");
  EXPECT_EQ(blanked("a.b.ca.b.ca.b.c12", "a.b.c", 7), "*********");
  EXPECT_EQ(blanked("a.b.c a.b.", "a.b.c", 8), "*** a.b.");
}

// A search that tries each place anew would take minutes here, and nobody could cancel it.
TEST(Credential, IsBlankedInLinearTime) {
  const std::string text(4 << 20, 'a');
  const std::string token = std::string(2 << 20, 'a') + 'b';
  EXPECT_EQ(blanked(text, token, text.size()), text);
  EXPECT_EQ(blanked(text, "a", 1 << 14), std::string(((1 << 14) + 2) / 3 * 3, '*'));
}

TEST(Credential, AgentNamesAreBounded) {
  EXPECT_TRUE(is_agent_name(std::string(255, 'a')));
  EXPECT_FALSE(is_agent_name(std::string(256, 'a')));
  EXPECT_FALSE(is_agent_name(""));
  EXPECT_FALSE(is_agent_name("a;tenant=b"));
  EXPECT_FALSE(is_agent_name("\xc3\xa9"));
  EXPECT_TRUE(is_agent_name("https://agents.test/helper|1"));
}

}  // namespace
}  // namespace tenancy::core
