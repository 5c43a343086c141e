// A map from text to values that holds a bounded number of them and forgets the least recently
// used. Keys are compared whole; the hash looks at their end only, where tokens differ most.
#pragma once

#include "core/pure.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tenancy::core {

template <typename Value>
class BoundedCache {
 public:
  explicit BoundedCache(std::size_t capacity) : capacity_(capacity) {}

  // The value, until the next call that changes the cache; null where there is none.
  Value* find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  void insert(std::string key, Value value) {
    erase(key);
    if (capacity_ == 0) return;
    shrink(capacity_ - 1);
    entries_.emplace_front(std::move(key), std::move(value));
    try {
      index_.emplace(entries_.front().first, entries_.begin());
    } catch (const std::bad_alloc&) {
      entries_.pop_front();
      throw;
    }
  }

  void erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const auto entry = found->second;
    index_.erase(found);
    entries_.erase(entry);
  }

  void set_capacity(std::size_t capacity) {
    capacity_ = capacity;
    shrink(capacity);
  }

  void clear() { shrink(0); }
  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<std::string, Value>>;

  struct TailHash {
    std::size_t operator()(std::string_view key) const {
      constexpr std::size_t kTail = 64;
      const auto tail = key.size() > kTail ? key.substr(key.size() - kTail) : key;
      return std::hash<std::string_view>()(tail) + key.size();
    }
  };

  void shrink(std::size_t limit) {
    while (entries_.size() > limit) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
  }

  std::size_t capacity_;
  Entries entries_;  // most recently used first
  std::unordered_map<std::string_view, typename Entries::iterator, TailHash> index_;
};

}  // namespace tenancy::core
