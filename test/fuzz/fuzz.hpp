// What every target shares: its input as text, and properties that end the run where they fail.
//
// A target states what must hold of every input. libFuzzer looks for one that breaks it, and
// AddressSanitizer and UndefinedBehaviorSanitizer look on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace tenancy::fuzz {

void examine(std::string_view input);  // each target defines it

[[noreturn]] inline void broken(const char* property, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken property: %s\n", file, line, property);
  std::abort();
}

// The input up to the first line feed, and what follows it.
inline std::pair<std::string_view, std::string_view> halves(std::string_view input) {
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return {input, {}};
  return {input.substr(0, end), input.substr(end + 1)};
}

}  // namespace tenancy::fuzz

#define PROPERTY(condition) \
  ((condition) ? void() : ::tenancy::fuzz::broken(#condition, __FILE__, __LINE__))

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tenancy::fuzz::examine({reinterpret_cast<const char*>(data), size});
  return 0;
}
