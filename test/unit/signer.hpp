// Signs tokens for tests with every algorithm, straight with OpenSSL: independent of src/core.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/jwk.hpp"

namespace tenancy::test {

using core::Algorithm;
using core::base64url;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeKey>;

inline const EVP_MD* digest_for(Algorithm algorithm) {
  const std::string_view name = core::name_of(algorithm);
  if (name.ends_with("256")) return EVP_sha256();
  if (name.ends_with("384")) return EVP_sha384();
  if (name.ends_with("512")) return EVP_sha512();
  return nullptr;
}

inline std::string number_of(EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) throw std::runtime_error("parameter");
  const std::size_t bytes = size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size;
  std::string number(bytes, '\0');
  BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(number.data()), static_cast<int>(bytes));
  BN_clear_free(raw);
  return number;
}

// One key of each kind, made once.
struct Signer {
  std::string secret = std::string(64, 's');
  PrivateKey rsa{EVP_RSA_gen(2048)};
  PrivateKey p256{EVP_EC_gen("P-256")}, p384{EVP_EC_gen("P-384")}, p521{EVP_EC_gen("P-521")};
  PrivateKey ed25519{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};

  static const Signer& get() {
    static const Signer signer;
    return signer;
  }

  std::string jwk(Algorithm algorithm, const std::string& more = "") const {
    const std::string alg(core::name_of(algorithm));
    const std::string common = "\"alg\":\"" + alg + "\"" + more;
    if (alg[0] == 'H')
      return "{\"kty\":\"oct\",\"k\":\"" + base64url(secret) + "\"," + common + "}";
    if (alg == "EdDSA") {
      std::string x(32, '\0');
      std::size_t size = x.size();
      EVP_PKEY_get_raw_public_key(ed25519.get(), reinterpret_cast<unsigned char*>(x.data()), &size);
      return "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + base64url(x) + "\"," + common + "}";
    }
    if (alg[0] == 'E') {
      const std::size_t size = alg == "ES256" ? 32 : alg == "ES384" ? 48 : 66;
      const std::string curve = alg == "ES256" ? "P-256" : alg == "ES384" ? "P-384" : "P-521";
      return "{\"kty\":\"EC\",\"crv\":\"" + curve + "\",\"x\":\"" +
             base64url(number_of(ec(algorithm), OSSL_PKEY_PARAM_EC_PUB_X, size)) + "\",\"y\":\"" +
             base64url(number_of(ec(algorithm), OSSL_PKEY_PARAM_EC_PUB_Y, size)) + "\"," + common +
             "}";
    }
    return "{\"kty\":\"RSA\",\"n\":\"" + base64url(number_of(rsa.get(), OSSL_PKEY_PARAM_RSA_N)) +
           "\",\"e\":\"" + base64url(number_of(rsa.get(), OSSL_PKEY_PARAM_RSA_E)) + "\"," + common +
           "}";
  }

  std::string jwks(Algorithm algorithm, const std::string& more = "") const {
    return "{\"keys\":[" + jwk(algorithm, more) + "]}";
  }

  // A compact JWS over exactly this header and payload.
  std::string compact(Algorithm algorithm, std::string_view header,
                      std::string_view payload) const {
    const std::string text = base64url(header) + "." + base64url(payload);
    return text + "." + base64url(sign(algorithm, text));
  }

  std::string token(Algorithm algorithm, std::string_view claims) const {
    return compact(algorithm, "{\"alg\":\"" + std::string(core::name_of(algorithm)) + "\"}",
                   claims);
  }

  std::string sign(Algorithm algorithm, const std::string& text) const {
    const std::string alg(core::name_of(algorithm));
    const auto* const data = reinterpret_cast<const unsigned char*>(text.data());
    if (alg[0] == 'H') {
      unsigned size = 64;
      std::string mac(size, '\0');
      HMAC(digest_for(algorithm), secret.data(), static_cast<int>(secret.size()), data, text.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size);
      mac.resize(size);
      return mac;
    }
    EVP_PKEY* const key = alg == "EdDSA"  ? ed25519.get()
                          : alg[0] == 'E' ? ec(algorithm)
                                          : rsa.get();
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    std::size_t size = 1024;
    std::string signature(size, '\0');
    EVP_DigestSignInit(context, &parameters, digest_for(algorithm), nullptr, key);
    if (alg[0] == 'P') {
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
    }
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                   text.size());
    EVP_MD_CTX_free(context);
    signature.resize(size);
    return alg[0] == 'E' && alg != "EdDSA" ? joined(algorithm, signature) : signature;
  }

 private:
  EVP_PKEY* ec(Algorithm algorithm) const {
    return algorithm == Algorithm::ES256   ? p256.get()
           : algorithm == Algorithm::ES384 ? p384.get()
                                           : p521.get();
  }

  // A DER ECDSA-Sig-Value as r‖s.
  static std::string joined(Algorithm algorithm, const std::string& der) {
    const std::size_t size = algorithm == Algorithm::ES256   ? 32
                             : algorithm == Algorithm::ES384 ? 48
                                                             : 66;
    std::size_t at = (static_cast<unsigned char>(der[1]) & 0x80) != 0 ? 3 : 2;
    std::string parts;
    for (int i = 0; i < 2; ++i) {
      const auto length = static_cast<std::size_t>(static_cast<unsigned char>(der[at + 1]));
      std::string number = der.substr(at + 2, length);
      at += 2 + length;
      if (number.size() > size) number.erase(0, number.size() - size);
      parts += std::string(size - number.size(), '\0') + number;
    }
    return parts;
  }
};

inline const core::Algorithm kAllAlgorithms[] = {
    Algorithm::HS256, Algorithm::HS384, Algorithm::HS512, Algorithm::RS256, Algorithm::RS384,
    Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512, Algorithm::ES256,
    Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA};

}  // namespace tenancy::test
