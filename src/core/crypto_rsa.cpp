// RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 7518 sections 3.3 and 3.5).
#include <openssl/rsa.h>

#include "core/key_checks.hpp"
#include "core/openssl.hpp"

namespace tenancy::core {
namespace {

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

}  // namespace

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

}  // namespace tenancy::core
