#include "core/context.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenancy::core {
namespace {

Identity alice() {
  Identity identity;
  identity.tenant_id = "acme";
  identity.user_id = "alice";
  identity.roles = {"reader", "a:b,c", ""};
  identity.permissions = std::vector<std::string>{"notes:*", "agent:x:run"};
  identity.issuer = "https://issuer.test";
  identity.key_id = "k1";
  identity.issued_at = 1700000000;
  identity.expires_at = 1700000900;
  identity.valid_until = 1700000930;
  identity.claims = R"({"sub":"alice","n":"é, 5:x,"})";
  return identity;
}

std::string context_of(const Identity& identity) {
  return to_context(identity).value();
}

TEST(Context, ReadsBackWhatWasWritten) {
  const std::string text = context_of(alice());
  const auto read = read_context(text);
  ASSERT_TRUE(read.ok());
  const ContextLayout& layout = read.value();
  EXPECT_EQ(layout.issuer.of(text.data()), "https://issuer.test");
  EXPECT_EQ(layout.tenant_id.of(text.data()), "acme");
  EXPECT_EQ(layout.user_id.of(text.data()), "alice");
  EXPECT_FALSE(layout.agent.present());
  EXPECT_FALSE(layout.tier.present());
  EXPECT_TRUE(layout.token_id.present());
  EXPECT_EQ(layout.token_id.of(text.data()), "");
  EXPECT_EQ(layout.claims.of(text.data()), alice().claims);
  EXPECT_EQ(list_of(layout.roles.of(text.data())),
            (std::vector<std::string_view>{"reader", "a:b,c", ""}));
  EXPECT_EQ(list_of(layout.permissions.of(text.data())),
            (std::vector<std::string_view>{"notes:*", "agent:x:run"}));
  EXPECT_EQ(layout.issued_at, 1700000000);
  EXPECT_EQ(layout.expires_at, 1700000900);
  EXPECT_EQ(layout.valid_until, 1700000930);
}

TEST(Context, KeepsAbsentAndEmptyPermissionsApart) {
  Identity unbounded = alice();
  unbounded.permissions.reset();
  const std::string absent = context_of(unbounded);
  EXPECT_FALSE(read_context(absent).value().permissions.present());

  Identity bounded = alice();
  bounded.permissions.emplace();
  const std::string empty = context_of(bounded);
  EXPECT_TRUE(read_context(empty).value().permissions.present());
}

TEST(Context, TellsCallersApart) {
  const auto who = [](const Identity& identity) {
    const std::string text = context_of(identity);
    return std::string(read_context(text).value().who.of(text.data()));
  };
  Identity fresher = alice();
  fresher.expires_at += 900;
  fresher.token_id = "another";
  fresher.roles.clear();
  EXPECT_EQ(who(alice()), who(fresher));

  Identity other = alice();
  other.issuer = "https://other.test";
  EXPECT_NE(who(alice()), who(other));
  other = alice();
  other.tenant_id = "globex";
  EXPECT_NE(who(alice()), who(other));
  other = alice();
  other.user_id = "bob";
  EXPECT_NE(who(alice()), who(other));
  other = alice();
  other.user_id.reset();
  EXPECT_NE(who(alice()), who(other));
  other = alice();
  other.agent = "helper";
  EXPECT_NE(who(alice()), who(other));
  other = alice();
  other.key_id = "k2";
  EXPECT_NE(who(alice()), who(other));

  // Moving a character from one field to the next is another caller.
  Identity left = alice(), right = alice();
  left.tenant_id = "acmea";
  left.user_id = "lice";
  EXPECT_NE(who(left), who(right));
}

TEST(Context, RefusesNul) {
  Identity identity = alice();
  identity.agent = std::string("a\0b", 3);
  ASSERT_FALSE(to_context(identity).ok());
  EXPECT_EQ(to_context(identity).error().code, Errc::malformed);
}

TEST(Context, RefusesEveryTruncation) {
  const std::string text = context_of(alice());
  ASSERT_TRUE(read_context(text).ok());
  for (std::size_t length = 0; length < text.size(); length++) {
    EXPECT_FALSE(read_context(std::string_view(text).substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(read_context(text + "0:,").ok());
}

TEST(Context, RefusesWhatIsNoForm) {
  for (const char* const text :
       {"", "-", "-,", "x", ":", "1", "1:", "1:a", "99999999999:a,", "4294967295:a,", "01:a,",
        "-1:a,", "+1:a,", " 1:a,", "1:a;", "4294967294:a,"}) {
    EXPECT_FALSE(read_context(text).ok()) << text;
  }
}

// Whatever is read lies inside the text, also when it was damaged. Runs under AddressSanitizer.
TEST(Context, StaysInsideDamagedText) {
  const std::string text = context_of(alice());
  std::mt19937 random(1);
  int accepted = 0;
  for (int i = 0; i < 20000; i++) {
    std::string damaged = text;
    for (unsigned n = 1 + random() % 3; n > 0; n--) {
      constexpr std::string_view kBytes = "0123456789:,-~\xff x";
      damaged[random() % damaged.size()] = kBytes[random() % kBytes.size()];
    }
    const std::string_view exact(damaged.data(), damaged.size());
    const auto read = read_context(exact);
    if (!read) continue;
    accepted++;
    for (const Slice& slice : {read.value().who, read.value().claims, read.value().roles,
                               read.value().permissions, read.value().tenant_id}) {
      if (slice.present()) {
        ASSERT_LE(std::size_t{slice.offset} + slice.length, damaged.size());
      }
    }
    list_of(read.value().roles.of(exact.data()));
  }
  EXPECT_GT(accepted, 0);
}

TEST(Handover, ReadsBackWhatWasWritten) {
  for (const bool of_session : {false, true}) {
    for (const Verdict verdict :
         {Verdict::in_force, Verdict::refused, Verdict::expired, Verdict::revoked}) {
      const std::string text = to_text({verdict, of_session, 4294967295u, "context"});
      const auto read = read_handover(text);
      ASSERT_TRUE(read.ok());
      EXPECT_EQ(read.value().verdict, verdict);
      EXPECT_EQ(read.value().of_session, of_session);
      EXPECT_EQ(read.value().local_transaction, 4294967295u);
      EXPECT_EQ(read.value().context, "context");
      EXPECT_EQ(text[kVerdictAt], static_cast<char>(verdict));
    }
  }
}

TEST(Handover, RefusesWhatIsNone) {
  for (const char* const text : {"", "~", "~A", "~At", "~At:", "~At:x", "~Bt1:x", "~Ax1:x", "At1:x",
                                 "~At-1:x", "~At01:x", "~At4294967296:x", "~At1", "~At1x:"}) {
    EXPECT_FALSE(read_handover(text).ok()) << text;
  }
  EXPECT_TRUE(read_handover("~At1:x").ok());
}

}  // namespace
}  // namespace tenancy::core
