#include "core/bounded_cache.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tenancy::core {
namespace {

TEST(BoundedCache, ForgetsTheLeastRecentlyUsed) {
  BoundedCache<int> cache(2);
  cache.insert("a", 1);
  cache.insert("b", 2);
  ASSERT_NE(cache.find("a"), nullptr);  // b is now the older one
  cache.insert("c", 3);
  EXPECT_EQ(cache.find("b"), nullptr);
  ASSERT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(*cache.find("a"), 1);
  EXPECT_EQ(*cache.find("c"), 3);
  EXPECT_EQ(cache.size(), 2u);
}

TEST(BoundedCache, ComparesWholeKeys) {
  const std::string tail(64, 't');
  BoundedCache<int> cache(8);
  cache.insert("x" + tail, 1);
  EXPECT_EQ(cache.find("y" + tail), nullptr);
  EXPECT_EQ(cache.find(tail), nullptr);
  EXPECT_NE(cache.find("x" + tail), nullptr);
}

TEST(BoundedCache, ReplacesErasesAndShrinks) {
  BoundedCache<std::string> cache(4);
  cache.insert("a", "1");
  cache.insert("a", "2");
  EXPECT_EQ(*cache.find("a"), "2");
  EXPECT_EQ(cache.size(), 1u);
  cache.erase("a");
  cache.erase("a");
  EXPECT_EQ(cache.size(), 0u);
  for (const char* const key : {"a", "b", "c", "d"}) cache.insert(key, key);
  cache.set_capacity(1);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_NE(cache.find("d"), nullptr);
  cache.set_capacity(0);
  cache.insert("e", "e");
  EXPECT_EQ(cache.find("e"), nullptr);
}

}  // namespace
}  // namespace tenancy::core
