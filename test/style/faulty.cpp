// What clang-tidy must report: used after it was moved away.
#include <string>
#include <utility>

std::size_t faulty(std::string text) {
  const std::string taken = std::move(text);
  return taken.size() + text.size();
}
