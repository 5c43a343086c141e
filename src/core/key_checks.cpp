#include "core/key_checks.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace tenancy::core {
namespace {

constexpr std::size_t kMinModulusBits = 2048, kMaxModulusBits = 16384;
constexpr std::size_t kMaxExponentBytes = 8;

std::size_t bits_of(std::string_view number) {
  if (number.empty()) return 0;
  return (number.size() - 1) * 8 +
         static_cast<std::size_t>(std::bit_width(static_cast<unsigned char>(number.front())));
}

unsigned remainder_of(std::string_view number, unsigned divisor) {
  unsigned remainder = 0;
  for (const char c : number)
    remainder = (remainder * 256 + static_cast<unsigned char>(c)) % divisor;
  return remainder;
}

// Keys of the faulty generator are powers of 65537 modulo every small prime.
bool looks_like_roca(std::string_view modulus) {
  constexpr std::array<unsigned, 38> kPrimes = {
      3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
      73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  return std::ranges::all_of(kPrimes, [&](unsigned prime) {
    const unsigned wanted = remainder_of(modulus, prime);
    unsigned power = 1;
    do {
      if (power == wanted) return true;
      power = power * (65537 % prime) % prime;
    } while (power != 1);
    return false;
  });
}

using Point = std::array<std::uint8_t, 32>;

// The y coordinates (little-endian) of the points whose order divides 8: 0, 1, -1 and the two
// of order 8.
constexpr std::array<Point, 5> kSmallOrder = {{
    {0},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

// Whether y (sign bit cleared) is below the field's prime, 2^255 - 19.
bool canonical(const Point& y) {
  if (y[31] != 0x7f) return true;
  if (!std::all_of(y.begin() + 1, y.begin() + 31, [](std::uint8_t b) { return b == 0xff; })) {
    return true;
  }
  return y[0] < 0xed;
}

}  // namespace

std::optional<std::string> rsa_weakness(std::string_view modulus, std::string_view exponent) {
  if (modulus.empty() || modulus.front() == 0) return "the modulus has a leading zero byte";
  if (exponent.empty() || exponent.front() == 0) return "the exponent has a leading zero byte";
  const std::size_t bits = bits_of(modulus);
  if (bits < kMinModulusBits) return "an RSA modulus needs at least 2048 bits";
  if (bits > kMaxModulusBits) return "an RSA modulus may have at most 16384 bits";
  if ((modulus.back() & 1) == 0) return "the RSA modulus is even";
  if (exponent.size() > kMaxExponentBytes) return "the RSA exponent is too large";
  if ((exponent.back() & 1) == 0) return "the RSA exponent is even";
  if (exponent.size() == 1 && exponent.front() < 3) return "the RSA exponent must be at least 3";
  if (looks_like_roca(modulus)) return "the RSA key comes from a faulty generator (ROCA)";
  return std::nullopt;
}

std::optional<std::string> ed25519_weakness(std::string_view public_key) {
  Point y{};
  if (public_key.size() != y.size()) return "an Ed25519 public key has 32 bytes";
  std::copy(public_key.begin(), public_key.end(), y.begin());
  y[31] &= 0x7f;
  if (!canonical(y)) return "the Ed25519 public key is not in its canonical form";
  if (std::ranges::find(kSmallOrder, y) != kSmallOrder.end()) {
    return "the Ed25519 public key is a point of small order";
  }
  return std::nullopt;
}

}  // namespace tenancy::core
