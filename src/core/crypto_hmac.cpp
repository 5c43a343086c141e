// HMAC with SHA-2 (RFC 7518 section 3.2).
#include <cstring>

#include "core/openssl.hpp"

namespace tenancy::core {
namespace {

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

Result<VerifierPtr> hmac_verifier(std::string_view secret) {
  if (secret.size() < shortest_secret(Algorithm::HS256)) {
    return Error{Errc::bad_key, "an HMAC secret needs at least 32 bytes"};
  }
  return VerifierPtr(std::make_shared<HmacVerifier>(secret));
}

}  // namespace tenancy::core
