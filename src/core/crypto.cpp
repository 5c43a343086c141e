#include "core/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>
#include <cstring>

#include "core/key_checks.hpp"

namespace tenancy::core {
namespace {

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

// OpenSSL's error queue is per thread and outlives us: what we leave there, someone else (the
// server's TLS) would report as its own.
Error failure(std::string what) {
  ERR_clear_error();
  return {Errc::internal, "OpenSSL failed: " + std::move(what)};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// Fetched once per process (an implicit fetch per call costs more than the hash), and again where
// fetching failed.
const EVP_MD* fetched(EVP_MD*& kept, const char* name) {
  if (kept == nullptr) kept = EVP_MD_fetch(nullptr, name, nullptr);
  return kept;
}

const EVP_MD* digest_of(Algorithm algorithm) {
  static EVP_MD *sha256, *sha384, *sha512;
  switch (algorithm) {
    case Algorithm::HS256:
    case Algorithm::RS256:
    case Algorithm::PS256:
    case Algorithm::ES256:
      return fetched(sha256, "SHA256");
    case Algorithm::HS384:
    case Algorithm::RS384:
    case Algorithm::PS384:
    case Algorithm::ES384:
      return fetched(sha384, "SHA384");
    case Algorithm::HS512:
    case Algorithm::RS512:
    case Algorithm::PS512:
    case Algorithm::ES512:
      return fetched(sha512, "SHA512");
    case Algorithm::EdDSA:
      break;
  }
  return nullptr;
}

struct Digest {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
};

bool hash(Algorithm algorithm, std::string_view message, Digest* digest) {
  const EVP_MD* const md = digest_of(algorithm);
  return md != nullptr && EVP_Digest(message.data(), message.size(), digest->bytes.data(),
                                     &digest->size, md, nullptr) == 1;
}

// EVP_PKEY_verify's answer: 1 is the only yes; 0 and malformed signatures are a no.
bool is_valid(int answer) {
  if (answer == 1) return true;
  ERR_clear_error();
  return false;
}

// ---- RSA ------------------------------------------------------------------------------------

class RsaVerifier final : public Verifier {
 public:
  explicit RsaVerifier(Pkey key) : key_(std::move(key)) {}

  Result<bool> verify(Algorithm algorithm, std::string_view message,
                      std::string_view signature) const override {
    // RFC 8017 section 8.1.2 step 1, 8.2.2 step 1: as long as the modulus.
    if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) return false;
    Digest digest;
    if (!hash(algorithm, message, &digest)) return failure("digest");
    PkeyContext& context = contexts_[static_cast<std::size_t>(algorithm)];
    if (context == nullptr) {
      PkeyContext fresh = prepare(algorithm);
      if (fresh == nullptr) return failure("preparing an RSA verification");
      context = std::move(fresh);
    }
    return is_valid(EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(),
                                    digest.bytes.data(), digest.size));
  }

 private:
  // A context is initialised once and never again: a second init would silently return to PKCS#1.
  PkeyContext prepare(Algorithm algorithm) const {
    PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1) return nullptr;
    const bool pss = algorithm == Algorithm::PS256 || algorithm == Algorithm::PS384 ||
                     algorithm == Algorithm::PS512;
    const EVP_MD* const md = digest_of(algorithm);
    if (EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                     pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(context.get(), md) != 1) {
      return nullptr;
    }
    // RFC 7518 section 3.5: the salt is as long as the hash, and MGF1 uses the same hash.
    if (pss && (EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md) != 1 ||
                EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1)) {
      return nullptr;
    }
    return context;
  }

  Pkey key_;
  mutable std::array<PkeyContext, 13> contexts_;  // by Algorithm
};

// ---- elliptic curves ------------------------------------------------------------------------

struct CurveFacts {
  const char* group;
  std::size_t size;  // of a coordinate, and of r and of s
  Algorithm algorithm;
};
CurveFacts facts_of(Curve curve) {
  switch (curve) {
    case Curve::P256:
      return {"P-256", 32, Algorithm::ES256};
    case Curve::P384:
      return {"P-384", 48, Algorithm::ES384};
    case Curve::P521:
      break;
  }
  return {"P-521", 66, Algorithm::ES512};
}

// A DER INTEGER of big-endian bytes: no superfluous zero, one where the top bit is set.
void append_integer(std::string_view number, std::string* der) {
  while (number.size() > 1 && number.front() == 0) number.remove_prefix(1);
  const bool pad = (static_cast<unsigned char>(number.front()) & 0x80) != 0;
  *der += '\x02';
  *der += static_cast<char>(number.size() + (pad ? 1 : 0));
  if (pad) *der += '\0';
  *der += number;
}

// r‖s (RFC 7518 section 3.4) as the ECDSA-Sig-Value that OpenSSL reads (RFC 3279 section 2.2.3).
std::string to_der(std::string_view signature) {
  std::string content;
  content.reserve(signature.size() + 8);
  append_integer(signature.substr(0, signature.size() / 2), &content);
  append_integer(signature.substr(signature.size() / 2), &content);
  std::string der = "\x30";
  if (content.size() > 127) der += '\x81';
  der += static_cast<char>(content.size());
  return der + content;
}

class EcVerifier final : public Verifier {
 public:
  EcVerifier(Pkey key, CurveFacts facts) : key_(std::move(key)), facts_(facts) {}

  Result<bool> verify(Algorithm algorithm, std::string_view message,
                      std::string_view signature) const override {
    if (algorithm != facts_.algorithm || signature.size() != 2 * facts_.size) return false;
    Digest digest;
    if (!hash(algorithm, message, &digest)) return failure("digest");
    if (context_ == nullptr) {
      PkeyContext fresh(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
      if (fresh == nullptr || EVP_PKEY_verify_init(fresh.get()) != 1) {
        return failure("preparing an ECDSA verification");
      }
      context_ = std::move(fresh);
    }
    const std::string der = to_der(signature);
    return is_valid(EVP_PKEY_verify(context_.get(), bytes_of(der), der.size(), digest.bytes.data(),
                                    digest.size));
  }

 private:
  Pkey key_;
  CurveFacts facts_;
  mutable PkeyContext context_;
};

// ---- Ed25519 --------------------------------------------------------------------------------

class Ed25519Verifier final : public Verifier {
 public:
  Ed25519Verifier(Pkey key, DigestContext context)
      : key_(std::move(key)), context_(std::move(context)) {}

  Result<bool> verify(Algorithm algorithm, std::string_view message,
                      std::string_view signature) const override {
    if (algorithm != Algorithm::EdDSA || signature.size() != 64) return false;
    if (EVP_DigestVerifyInit(context_.get(), nullptr, nullptr, nullptr, key_.get()) != 1) {
      return failure("preparing an EdDSA verification");
    }
    return is_valid(EVP_DigestVerify(context_.get(), bytes_of(signature), signature.size(),
                                     bytes_of(message), message.size()));
  }

 private:
  Pkey key_;
  DigestContext context_;
};

// ---- HMAC -----------------------------------------------------------------------------------

class HmacVerifier final : public Verifier {
 public:
  explicit HmacVerifier(std::string_view secret) : secret_(secret) {}
  ~HmacVerifier() override { OPENSSL_cleanse(secret_.data(), secret_.size()); }
  HmacVerifier(const HmacVerifier&) = delete;
  HmacVerifier& operator=(const HmacVerifier&) = delete;

  Result<bool> verify(Algorithm algorithm, std::string_view message,
                      std::string_view signature) const override {
    if (signature.size() != shortest_secret(algorithm) || secret_.size() < signature.size()) {
      return false;
    }
    MacContext& context = contexts_[static_cast<std::size_t>(algorithm)];
    if (context == nullptr) {
      MacContext fresh = prepare(algorithm);
      if (fresh == nullptr) return failure("preparing an HMAC");
      context = std::move(fresh);
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
    std::size_t size = 0;
    // Without a key, init returns to the keyed state.
    if (EVP_MAC_init(context.get(), nullptr, 0, nullptr) != 1 ||
        EVP_MAC_update(context.get(), bytes_of(message), message.size()) != 1 ||
        EVP_MAC_final(context.get(), mac.data(), &size, mac.size()) != 1) {
      context.reset();
      return failure("HMAC");
    }
    return size == signature.size() && CRYPTO_memcmp(mac.data(), signature.data(), size) == 0;
  }

 private:
  MacContext prepare(Algorithm algorithm) const {
    static EVP_MAC* hmac;
    if (hmac == nullptr) hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    if (hmac == nullptr) return nullptr;
    MacContext context(EVP_MAC_CTX_new(hmac));
    char digest[] = "SHA256";
    if (algorithm == Algorithm::HS384) std::memcpy(digest, "SHA384", sizeof digest);
    if (algorithm == Algorithm::HS512) std::memcpy(digest, "SHA512", sizeof digest);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    if (context == nullptr ||
        EVP_MAC_init(context.get(), bytes_of(secret_), secret_.size(), params) != 1) {
      return nullptr;
    }
    return context;
  }

  std::string secret_;
  mutable std::array<MacContext, 3> contexts_;  // HS256, HS384, HS512: the first of Algorithm
};

// ---- keys from numbers ----------------------------------------------------------------------

Pkey key_from(const char* type, int selection, OSSL_PARAM* params) {
  PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, params) != 1) {
    return nullptr;
  }
  return Pkey(key);
}

Number number_from(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::string uncompressed_point(std::string_view x, std::string_view y) {
  std::string point = "\x04";
  return point.append(x).append(y);
}

}  // namespace

std::size_t shortest_secret(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::HS256:
      return 32;
    case Algorithm::HS384:
      return 48;
    case Algorithm::HS512:
      return 64;
    default:
      return 0;
  }
}

Result<VerifierPtr> rsa_verifier(std::string_view modulus, std::string_view exponent) {
  if (auto weakness = rsa_weakness(modulus, exponent)) {
    return Error{Errc::bad_key, std::move(*weakness)};
  }
  const Number n = number_from(modulus), e = number_from(exponent);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (n == nullptr || e == nullptr || builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return failure("reading an RSA key");
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  Pkey key = key_from("RSA", EVP_PKEY_PUBLIC_KEY, params.get());
  if (key == nullptr) return failure("making an RSA key");
  return VerifierPtr(std::make_shared<RsaVerifier>(std::move(key)));
}

Result<VerifierPtr> ec_verifier(Curve curve, std::string_view x, std::string_view y) {
  const CurveFacts facts = facts_of(curve);
  if (x.size() != facts.size || y.size() != facts.size) {
    return Error{Errc::bad_key, "an EC coordinate does not have the size of the field"};
  }
  const std::string point = uncompressed_point(x, y);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, facts.group, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return failure("reading an EC key");
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  if (params == nullptr) return failure("reading an EC key");
  Pkey key = key_from("EC", EVP_PKEY_PUBLIC_KEY, params.get());
  if (key == nullptr) {
    ERR_clear_error();
    return Error{Errc::bad_key, "the EC point does not lie on its curve"};
  }
  return VerifierPtr(std::make_shared<EcVerifier>(std::move(key), facts));
}

Result<VerifierPtr> ed25519_verifier(std::string_view public_key) {
  if (auto weakness = ed25519_weakness(public_key)) {
    return Error{Errc::bad_key, std::move(*weakness)};
  }
  Pkey key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes_of(public_key),
                                          public_key.size()));
  DigestContext context(EVP_MD_CTX_new());
  if (key == nullptr || context == nullptr) return failure("making an Ed25519 key");
  return VerifierPtr(std::make_shared<Ed25519Verifier>(std::move(key), std::move(context)));
}

Result<VerifierPtr> hmac_verifier(std::string_view secret) {
  if (secret.size() < shortest_secret(Algorithm::HS256)) {
    return Error{Errc::bad_key, "an HMAC secret needs at least 32 bytes"};
  }
  return VerifierPtr(std::make_shared<HmacVerifier>(secret));
}

Result<std::string> sha256(std::string_view bytes) {
  Digest digest;
  if (!hash(Algorithm::HS256, bytes, &digest)) return failure("digest");
  return std::string(reinterpret_cast<const char*>(digest.bytes.data()), digest.size);
}

Result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_priv_bytes(bytes_of(bytes), static_cast<int>(count)) != 1)
    return failure("random bytes");
  return bytes;
}

Result<EcKeyPair> generate_p256() {
  const Pkey key(EVP_EC_gen("P-256"));
  if (key == nullptr) return failure("making a P-256 key");
  EcKeyPair pair{std::string(32, '\0'), std::string(32, '\0'), std::string(32, '\0')};
  const auto read = [&](const char* name, std::string* into) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), name, &raw) != 1) return false;
    const Number number(raw);
    return BN_bn2binpad(number.get(), bytes_of(*into), 32) == 32;
  };
  if (!read(OSSL_PKEY_PARAM_EC_PUB_X, &pair.x) || !read(OSSL_PKEY_PARAM_EC_PUB_Y, &pair.y) ||
      !read(OSSL_PKEY_PARAM_PRIV_KEY, &pair.d)) {
    return failure("reading a P-256 key");
  }
  return pair;
}

Result<std::string> sign_es256(const EcKeyPair& key, std::string_view message) {
  const std::string point = uncompressed_point(key.x, key.y);
  const Number d = number_from(key.d);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (d == nullptr || builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get()) != 1) {
    return failure("reading a signing key");
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const Pkey pkey = key_from("EC", EVP_PKEY_KEYPAIR, params.get());
  const DigestContext context(EVP_MD_CTX_new());
  std::array<unsigned char, 80> der;  // an ECDSA-Sig-Value of P-256 has at most 72 bytes
  std::size_t size = der.size();
  if (pkey == nullptr || context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, digest_of(Algorithm::ES256), nullptr,
                         pkey.get()) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, bytes_of(message), message.size()) != 1) {
    return failure("signing");
  }
  const unsigned char* at = der.data();
  const Owned<ECDSA_SIG, ECDSA_SIG_free> parts(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::string signature(64, '\0');
  if (parts == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), bytes_of(signature), 32) != 32 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), bytes_of(signature) + 32, 32) != 32) {
    return failure("signing");
  }
  return signature;
}

void warm_up_crypto() {
  (void)sha256("");
  const auto key = generate_p256();
  if (!key.ok()) return;
  if (const auto verifier = ec_verifier(Curve::P256, key.value().x, key.value().y); verifier.ok()) {
    (void)verifier.value()->verify(Algorithm::ES256, "", std::string(64, '\1'));
  }
}

}  // namespace tenancy::core
