// HS256 tokens for tests, made with OpenSSL and nothing of ours.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <string_view>

namespace tenancy::test {

inline constexpr char kHs256Kid[] = "h1";
inline constexpr char kHs256Secret[] = "0123456789abcdef0123456789abcdef";

inline std::string url64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

inline std::string hs256_jwks() {
  return R"({"keys":[{"kty":"oct","alg":"HS256","kid":"h1","k":")" + url64(kHs256Secret) + "\"}]}";
}

inline std::string hs256(const std::string& claims,
                         const std::string& header = R"({"alg":"HS256","kid":"h1"})",
                         std::string_view secret = kHs256Secret) {
  const std::string signing_input = url64(header) + "." + url64(claims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signing_input.data()), signing_input.size(), mac,
       &size);
  return signing_input + "." + url64({reinterpret_cast<const char*>(mac), size});
}

}  // namespace tenancy::test
