#include "failing.hpp"

#include <openssl/crypto.h>

#include <cstdlib>
#include <new>

namespace tenancy::test {

long ours_until_failure = -1, openssl_until_failure = -1;

namespace {

bool fails(long& countdown) {
  return countdown >= 0 && countdown-- == 0;
}

void* openssl_malloc(std::size_t size, const char*, int) {
  return fails(openssl_until_failure) ? nullptr : std::malloc(size);
}
void* openssl_realloc(void* memory, std::size_t size, const char*, int) {
  return fails(openssl_until_failure) ? nullptr : std::realloc(memory, size);
}
void openssl_free(void* memory, const char*, int) {
  std::free(memory);
}

}  // namespace

const bool openssl_allocates_through_us =
    CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;

}  // namespace tenancy::test

// Every form, as AddressSanitizer compares the one that allocates with the one that frees.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (tenancy::test::fails(tenancy::test::ours_until_failure)) return nullptr;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  void* const memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
