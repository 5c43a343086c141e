// ECDSA (RFC 7518 section 3.4): verifying on three curves; making keys and signing on P-256.
#include <openssl/ec.h>

#include "core/openssl.hpp"

namespace tenancy::core {
namespace {

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

// r‖s (RFC 7518 section 3.4) as the ECDSA-Sig-Value that OpenSSL reads (RFC 3279 section 2.2.3).
class DerSignature {
 public:
  explicit DerSignature(std::string_view signature) {
    const std::string_view r = minimal(signature.substr(0, signature.size() / 2));
    const std::string_view s = minimal(signature.substr(signature.size() / 2));
    const std::size_t content = 2 + padded_size(r) + 2 + padded_size(s);
    append(0x30);
    if (content > 127) append(0x81);
    append(content);
    append_integer(r);
    append_integer(s);
  }
  const unsigned char* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }

 private:
  static std::string_view minimal(std::string_view number) {
    while (number.size() > 1 && number.front() == 0) number.remove_prefix(1);
    return number;
  }
  // A number whose top bit is set would be negative without a zero before it.
  static bool is_padded(std::string_view number) { return (number.front() & 0x80) != 0; }
  static std::size_t padded_size(std::string_view number) {
    return number.size() + (is_padded(number) ? 1 : 0);
  }
  void append(std::size_t byte) { bytes_[size_++] = static_cast<unsigned char>(byte); }
  void append_integer(std::string_view number) {
    append(0x02);
    append(padded_size(number));
    if (is_padded(number)) append(0);
    for (const char c : number) append(static_cast<unsigned char>(c));
  }

  std::array<unsigned char, 3 + 2 * (2 + 1 + 66)> bytes_;  // P-521's longest
  std::size_t size_ = 0;
};

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
    const DerSignature der(signature);
    return is_valid(
        EVP_PKEY_verify(context_.get(), der.data(), der.size(), digest.bytes.data(), digest.size));
  }

 private:
  Pkey key_;
  CurveFacts facts_;
  mutable PkeyContext context_;
};

std::string uncompressed_point(std::string_view x, std::string_view y) {
  std::string point = "\x04";
  return point.append(x).append(y);
}

}  // namespace

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

}  // namespace tenancy::core
