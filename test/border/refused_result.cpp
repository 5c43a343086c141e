// Must not compile: call() returns an object with a destructor.
#include "probe.hpp"

std::string returns_an_object() {
  return tenancy::pg::call([] { return std::string("x"); });
}
