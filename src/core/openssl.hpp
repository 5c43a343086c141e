// OpenSSL's objects with owners, and what the crypto*.cpp share. Nothing else sees OpenSSL.
#pragma once

#include "core/pure.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/crypto.hpp"

namespace tenancy::core {

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

using Pkey = Owned<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using MacContext = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using Number = Owned<BIGNUM, BN_clear_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;

// Errc::internal, with the error queue emptied: it is per thread and outlives us, and what we leave
// there someone else (the server's TLS) would report as its own.
Error failure(std::string what);

// EVP_PKEY_verify's and EVP_DigestVerify's answer: 1 is the only yes; 0 and everything negative,
// as for a malformed signature, is a no.
bool is_valid(int answer);

// The hash of an algorithm; null for EdDSA, and where OpenSSL has none.
const EVP_MD* digest_of(Algorithm algorithm);

struct Digest {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
};
bool hash(Algorithm algorithm, std::string_view message, Digest* digest);

// A key of a type ("RSA", "EC") and a selection (EVP_PKEY_PUBLIC_KEY, …) from its numbers; null
// where OpenSSL does not take them, or `params` is null.
Pkey key_from(const char* type, int selection, OSSL_PARAM* params);

Number number_from(std::string_view bytes);  // big-endian

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace tenancy::core
