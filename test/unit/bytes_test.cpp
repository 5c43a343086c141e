// base64url: one spelling per value.
#include "core/bytes.hpp"

#include <gtest/gtest.h>

namespace tenancy::core {
namespace {

TEST(Base64url, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64url(base64url(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Base64url, KnownValues) {  // RFC 4648 section 10, without padding
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
  EXPECT_EQ(decode_base64url("-_-_"), std::string("\xfb\xff\xbf"));
}

TEST(Base64url, RefusesOtherSpellings) {
  for (const char* bad : {"A", "Zg=", "Zg==", "Zh", "Zm9", "+/+/", "Z g", "Zg\n", "Zm9v\t", "Ä"}) {
    EXPECT_EQ(decode_base64url(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(decode_base64url(""), "");
}

TEST(Base64url, EveryValueHasOneSpelling) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int spellings = 0;
  for (const char a : alphabet) {
    for (const char b : alphabet)
      spellings += decode_base64url(std::string{a, b}).has_value() ? 1 : 0;
  }
  EXPECT_EQ(spellings, 256);
}

}  // namespace
}  // namespace tenancy::core
