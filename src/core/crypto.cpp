#include "core/crypto.hpp"

#include <openssl/rand.h>

#include <new>

#include "core/openssl.hpp"

namespace tenancy::core {
namespace {

// Fetched once per process (an implicit fetch per call costs more than the hash), and again where
// fetching failed.
const EVP_MD* fetched(EVP_MD*& kept, const char* name) {
  if (kept == nullptr) kept = EVP_MD_fetch(nullptr, name, nullptr);
  return kept;
}

}  // namespace

Error failure(std::string what) {
  ERR_clear_error();
  return {Errc::internal, "OpenSSL failed: " + std::move(what)};
}

bool is_valid(int answer) {
  if (answer == 1) return true;
  ERR_clear_error();
  return false;
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

bool hash(Algorithm algorithm, std::string_view message, Digest* digest) {
  const EVP_MD* const md = digest_of(algorithm);
  return md != nullptr && EVP_Digest(message.data(), message.size(), digest->bytes.data(),
                                     &digest->size, md, nullptr) == 1;
}

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

void warm_up_crypto() noexcept try {
  const auto key = generate_p256();
  if (!key.ok()) return;
  if (const auto verifier = ec_verifier(Curve::P256, key.value().x, key.value().y); verifier.ok()) {
    (void)verifier.value()->verify(Algorithm::ES256, "", std::string(64, '\1'));
  }
} catch (const std::bad_alloc&) {  // the first verification says so again
}

}  // namespace tenancy::core
