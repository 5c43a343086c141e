// EdDSA with Ed25519 (RFC 8037 section 3.1).
#include "core/key_checks.hpp"
#include "core/openssl.hpp"

namespace tenancy::core {
namespace {

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

}  // namespace

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

}  // namespace tenancy::core
