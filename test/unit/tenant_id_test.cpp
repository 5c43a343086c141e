// Identifiers: what is one, how it is stored, and that the order over identifiers, texts and
// UUIDs is total.
#include "core/tenant_id.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace tenancy::core {
namespace {

const std::string kUuid = "0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6";
const std::string kUpperUuid = "0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6";
const std::string kMixedUuid = "0192f3A4-5B6c-7d8E-9f00-A1b2C3d4E5f6";

std::string canonical(const std::string& text) {
  const auto result = canonical_identifier(text);
  EXPECT_TRUE(result.ok()) << text;
  return result.ok() ? result.value() : "";
}

IdentifierKey key(const std::string& text) {
  return IdentifierKey::of_text(text.data(), text.size());
}

TEST(Identifier, KeepsOrdinaryText) {
  for (const std::string text :
       {"a", "acme", "ACME", "org_2abc", "auth0|5f7c", "user@example.com", "a/b:c,d=e&f%20",
        "https://issuer.example/tenant#1", "!~", "-", "{}[]()<>\\`^$*?+"}) {
    const auto stored = encode_identifier(text);
    ASSERT_TRUE(stored.ok()) << text;
    EXPECT_EQ(stored.value(), text);
    EXPECT_EQ(canonical(text), text);
  }
  EXPECT_EQ(canonical(std::string(255, 'x')), std::string(255, 'x'));
}

TEST(Identifier, EveryCaseOfAUuidIsOneValueOf17Bytes) {
  for (const std::string& text : {kUuid, kUpperUuid, kMixedUuid}) {
    const auto stored = encode_identifier(text);
    ASSERT_TRUE(stored.ok());
    EXPECT_EQ(stored.value().size(), 17u);
    EXPECT_EQ(stored.value(), encode_identifier(kUuid).value());
    EXPECT_EQ(canonical(text), kUuid);
  }
}

TEST(Identifier, OtherSpellingsOfAUuidAreTextAndStayApart) {
  const std::vector<std::string> spellings = {
      kUuid,
      "0192f3a45b6c7d8e9f00a1b2c3d4e5f6",  // md5-like
      "0192F3A45B6C7D8E9F00A1B2C3D4E5F6",
      "{0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6}",
      "urn:uuid:0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6",
      "0192-f3a4-5b6c-7d8e-9f00-a1b2-c3d4-e5f6",  // accepted by the uuid type
      "0192f3a45-b6c-7d8e-9f00-a1b2c3d4e5f6",     // 36 characters, hyphen moved
      "0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5fg",     // 36 characters, one is no digit
      "0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f",      // one digit short
      "0192f3a4_5b6c_7d8e_9f00_a1b2c3d4e5f6",
  };
  std::set<std::string> stored;
  for (const std::string& text : spellings) {
    EXPECT_EQ(canonical(text), text);
    stored.insert(encode_identifier(text).value());
  }
  EXPECT_EQ(stored.size(), spellings.size());
}

TEST(Identifier, NoOtherTextOf36BytesIsTakenForAUuid) {
  char bytes[kUuidBytes];
  ASSERT_TRUE(parse_uuid(kUuid, bytes));
  for (std::size_t i = 0; i < kUuid.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string text = kUuid;
      text[i] = static_cast<char>(c);
      const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
      const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      EXPECT_EQ(parse_uuid(text, bytes), hyphen ? c == '-' : digit) << i << " " << c;
    }
  }
}

TEST(Identifier, RefusesWhatIsNone) {
  EXPECT_EQ(check_identifier("").fault, IdentifierFault::empty);
  EXPECT_EQ(check_identifier(std::string(256, 'x')).fault, IdentifierFault::too_long);
  EXPECT_EQ(check_identifier(std::string(1 << 20, 'x')).fault, IdentifierFault::too_long);
  int forbidden = 0;
  for (int c = 0; c < 256; ++c) {
    const std::string text = std::string("ab") + static_cast<char>(c) + "d";
    const bool bad = c <= ' ' || c > '~' || c == '\'' || c == '"' || c == ';';
    const IdentifierCheck check = check_identifier(text);
    EXPECT_EQ(check.fault, bad ? IdentifierFault::forbidden_byte : IdentifierFault::none) << c;
    EXPECT_EQ(check.position, bad ? 3u : 0u);
    EXPECT_EQ(encode_identifier(text).ok(), !bad);
    EXPECT_EQ(canonical_identifier(text).ok(), !bad);
    forbidden += bad;
  }
  EXPECT_EQ(forbidden, 256 - 94 + 3);
}

TEST(Identifier, RefusalsShowNoValue) {
  for (const std::string& text :
       {std::string("secret value"), std::string(300, 's'), std::string()}) {
    const auto result = encode_identifier(text);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Errc::malformed);
    EXPECT_EQ(result.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(result.error().message.find("sss"), std::string::npos);
  }
}

TEST(IdentifierKey, TextIsComparedAsIfConverted) {
  const std::string stored = encode_identifier(kUuid).value();
  const auto id = IdentifierKey::of_stored(stored.data(), stored.size());
  const auto uuid = IdentifierKey::of_uuid(stored.data() + 1);
  EXPECT_TRUE(id.equals(key(kUpperUuid)));
  EXPECT_TRUE(id.equals(uuid));
  EXPECT_TRUE(uuid.equals(key(kMixedUuid)));
  EXPECT_FALSE(id.equals(key("0192f3a45b6c7d8e9f00a1b2c3d4e5f6")));
}

TEST(IdentifierKey, TextThatIsNoIdentifierEqualsNoIdentifier) {
  const std::string stored = encode_identifier(kUuid).value();
  const auto id = IdentifierKey::of_stored(stored.data(), stored.size());
  // What a text would need to imitate a stored UUID is a zero byte, which no text has.
  for (std::string text : {std::string(), std::string(300, 'x'), std::string("a b"),
                           stored.substr(1), "\x01" + stored.substr(1), kUuid + " ", " " + kUuid}) {
    EXPECT_FALSE(id.equals(key(text)));
    EXPECT_NE(id.compare(key(text)), 0);
  }
}

TEST(IdentifierKey, UuidsComeFirstThenBytes) {
  const std::vector<std::string> sorted = {"",
                                           "00000000-0000-0000-0000-000000000000",
                                           "7fffffff-0000-0000-0000-000000000000",
                                           "80000000-0000-0000-0000-000000000000",
                                           "ffffffff-ffff-ffff-ffff-ffffffffffff",
                                           "\x01",
                                           "!",
                                           "10",
                                           "1000",
                                           "A",
                                           "AB",
                                           "B",
                                           "a",
                                           "\xc3\xa9"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      const int order = key(sorted[i]).compare(key(sorted[j]));
      EXPECT_EQ(order < 0, i < j) << i << " " << j;
      EXPECT_EQ(order == 0, i == j) << i << " " << j;
    }
  }
}

// Texts close to each other and to the edges of what an identifier is.
std::string random_text(std::mt19937& random) {
  switch (random() % 6) {
    case 0:
    case 1: {
      std::string text = random() % 2 ? kUuid : kUpperUuid;
      text[random() % text.size()] = "0aA-fFg"[random() % 7];
      return text;
    }
    case 2:
      return std::string(random() % 301, 'a');
    case 3:
      return std::string(random() % 3, '\x01') + kUuid.substr(0, random() % 36);
    default: {
      std::string text;
      for (std::size_t n = random() % 6; n > 0; --n) text += "aAb '\xc3\x7f\x01;"[random() % 9];
      return text;
    }
  }
}

TEST(IdentifierKey, OrderIsTotalOverRandomValues) {
  std::mt19937 random(20260101);
  for (int round = 0; round < 60'000; ++round) {
    const std::string a = random_text(random), b = random_text(random), c = random_text(random);
    const int ab = key(a).compare(key(b)), bc = key(b).compare(key(c)), ac = key(a).compare(key(c));
    EXPECT_EQ(ab<0, key(b).compare(key(a))> 0);
    EXPECT_EQ(ab == 0, key(a).equals(key(b)));
    if (ab <= 0 && bc <= 0) {
      EXPECT_LE(ac, 0) << a << "|" << b << "|" << c;
    }
    if (ab == 0 && bc == 0) {
      EXPECT_EQ(ac, 0);
    }
    // The same pair, with whichever side is an identifier taken as one.
    const auto stored = encode_identifier(a);
    if (stored.ok()) {
      const auto id = IdentifierKey::of_stored(stored.value().data(), stored.value().size());
      EXPECT_EQ(id.compare(key(a)), 0);
      EXPECT_EQ(id.compare(key(b)) < 0, ab < 0);
      EXPECT_EQ(id.equals(key(b)), ab == 0);
      if (ab == 0) {
        EXPECT_TRUE(encode_identifier(b).ok()) << b;
      }
      EXPECT_EQ(decode_identifier(stored.value()), canonical(a));
      EXPECT_EQ(encode_identifier(canonical(a)).value(), stored.value());
    }
  }
}

}  // namespace
}  // namespace tenancy::core
