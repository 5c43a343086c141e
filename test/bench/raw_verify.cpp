// The peer of the verification figures: OpenSSL and nothing else, in one process.
//
//   raw_verify make ALG COUNT DIR   a key, and COUNT distinct tokens signed with it, into DIR:
//                                   tokens (one per line), jwks.json, key.pem or key.bin
//   raw_verify time ALG DIR         verifies every token once; prints microseconds per token
//
// Reading, base64url and the conversion of signatures are done beforehand, keys and contexts are
// kept: what is timed is hashing and the signature alone, the least that any verifier has to do.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<unsigned char>;

[[noreturn]] void fail(const char* what) {
  std::cerr << "raw_verify: " << what << "\n";
  std::exit(1);
}
void must(bool held, const char* what) {
  if (!held) fail(what);
}

std::string base64url(const unsigned char* data, std::size_t size) {
  std::string out((size + 2) / 3 * 4 + 1, 0);
  out.resize(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data, static_cast<int>(size)));
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}
std::string base64url(const std::string& text) {
  return base64url(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}
Bytes unbase64url(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  Bytes out(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(out.data(), reinterpret_cast<unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  must(size >= 0, "base64url");
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* ctx) const { EVP_PKEY_CTX_free(ctx); }
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeKey>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeKey>;

Key new_key(const std::string& alg) {
  if (alg == "RS256") return Key(EVP_RSA_gen(2048));
  if (alg == "ES256") return Key(EVP_EC_gen("P-256"));
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

std::string number(EVP_PKEY* key, const char* name) {
  BIGNUM* value = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &value) == 1, name);
  const bool coordinate = std::strncmp(name, "q", 1) == 0;
  Bytes bytes(coordinate ? 32 : static_cast<std::size_t>(BN_num_bytes(value)));
  BN_bn2binpad(value, bytes.data(), static_cast<int>(bytes.size()));
  BN_free(value);
  return base64url(bytes.data(), bytes.size());
}

std::string jwk(const std::string& alg, EVP_PKEY* key, const Bytes& secret) {
  std::string members;
  if (alg == "RS256") {
    members = R"("kty":"RSA","n":")" + number(key, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
              number(key, OSSL_PKEY_PARAM_RSA_E) + "\"";
  } else if (alg == "ES256") {
    members = R"("kty":"EC","crv":"P-256","x":")" + number(key, OSSL_PKEY_PARAM_EC_PUB_X) +
              R"(","y":")" + number(key, OSSL_PKEY_PARAM_EC_PUB_Y) + "\"";
  } else if (alg == "EdDSA") {
    Bytes raw(32);
    std::size_t size = raw.size();
    must(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1, "public key");
    members = R"("kty":"OKP","crv":"Ed25519","x":")" + base64url(raw.data(), size) + "\"";
  } else {
    members = R"("kty":"oct","k":")" + base64url(secret.data(), secret.size()) + "\"";
  }
  return R"({"keys":[{"kid":"bench","alg":")" + alg + "\"," + members + "}]}";
}

// ECDSA in JWS is r and s, 32 bytes each; OpenSSL speaks DER.
Bytes to_raw(const Bytes& der) {
  const unsigned char* at = der.data();
  ECDSA_SIG* sig = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  must(sig != nullptr, "ECDSA signature");
  Bytes raw(64);
  BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw.data() + 32, 32);
  ECDSA_SIG_free(sig);
  return raw;
}
Bytes to_der(const Bytes& raw) {
  ECDSA_SIG* sig = ECDSA_SIG_new();
  ECDSA_SIG_set0(sig, BN_bin2bn(raw.data(), 32, nullptr), BN_bin2bn(raw.data() + 32, 32, nullptr));
  Bytes der(80);
  unsigned char* at = der.data();
  der.resize(static_cast<std::size_t>(i2d_ECDSA_SIG(sig, &at)));
  ECDSA_SIG_free(sig);
  return der;
}

Bytes sign(const std::string& alg, EVP_PKEY* key, const Bytes& secret, const std::string& input) {
  const auto* data = reinterpret_cast<const unsigned char*>(input.data());
  Bytes out(512);
  if (alg == "HS256") {
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), data, input.size(),
         out.data(), &size);
    out.resize(size);
    return out;
  }
  DigestContext ctx(EVP_MD_CTX_new());
  std::size_t size = out.size();
  must(EVP_DigestSignInit(ctx.get(), nullptr, alg == "EdDSA" ? nullptr : EVP_sha256(), nullptr,
                          key) == 1 &&
           EVP_DigestSign(ctx.get(), out.data(), &size, data, input.size()) == 1,
       "sign");
  out.resize(size);
  return alg == "ES256" ? to_raw(out) : out;
}

void make(const std::string& alg, int count, const std::string& dir) {
  Key key;
  Bytes secret(32);
  if (alg == "HS256") {
    must(RAND_bytes(secret.data(), 32) == 1, "random");
    std::ofstream(dir + "/key.bin", std::ios::binary)
        .write(reinterpret_cast<const char*>(secret.data()), 32);
  } else {
    key = new_key(alg);
    must(key != nullptr, "key");
    std::FILE* file = std::fopen((dir + "/key.pem").c_str(), "w");
    must(file != nullptr && PEM_write_PUBKEY(file, key.get()) == 1, "key.pem");
    std::fclose(file);
  }
  std::ofstream(dir + "/jwks.json") << jwk(alg, key.get(), secret);
  std::ofstream tokens(dir + "/tokens");
  const std::string header = base64url(R"({"alg":")" + alg + R"(","kid":"bench","typ":"JWT"})");
  for (int i = 0; i < count; i++) {
    const std::string claims =
        R"({"iss":"https://login.example.com/","aud":"my-api","sub":"user-)" + std::to_string(i) +
        R"(","tenant_id":"acme","roles":["member"],"iat":1700000000,"exp":4102444800,"jti":")" +
        std::to_string(i) + "\"}";
    const std::string input = header + "." + base64url(claims);
    const Bytes signature = sign(alg, key.get(), secret, input);
    tokens << input << "." << base64url(signature.data(), signature.size()) << "\n";
  }
}

struct Case {
  std::string input;
  Bytes signature;
};

std::vector<Case> read_cases(const std::string& alg, const std::string& dir) {
  std::ifstream tokens(dir + "/tokens");
  std::vector<Case> cases;
  for (std::string line; std::getline(tokens, line);) {
    const std::size_t dot = line.rfind('.');
    Bytes signature = unbase64url(line.substr(dot + 1));
    if (alg == "ES256") signature = to_der(signature);
    cases.push_back({line.substr(0, dot), signature});
  }
  must(!cases.empty(), "no tokens");
  return cases;
}

// Each returns true where the signature of the case is right.
class Verifier {
 public:
  Verifier(const std::string& alg, const std::string& dir) : alg_(alg) {
    if (alg == "HS256") {
      std::ifstream(dir + "/key.bin", std::ios::binary).read(reinterpret_cast<char*>(secret_), 32);
      return;
    }
    std::FILE* file = std::fopen((dir + "/key.pem").c_str(), "r");
    must(file != nullptr, "key.pem");
    key_.reset(PEM_read_PUBKEY(file, nullptr, nullptr, nullptr));
    std::fclose(file);
    if (alg == "EdDSA") {
      digest_.reset(EVP_MD_CTX_new());
      return;
    }
    context_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
    must(EVP_PKEY_verify_init(context_.get()) == 1 &&
             EVP_PKEY_CTX_set_signature_md(context_.get(), EVP_sha256()) == 1,
         "context");
  }
  bool operator()(const Case& c) {
    const auto* data = reinterpret_cast<const unsigned char*>(c.input.data());
    if (alg_ == "HS256") {
      unsigned char mac[32];
      unsigned int size = 0;
      HMAC(EVP_sha256(), secret_, 32, data, c.input.size(), mac, &size);
      return std::memcmp(mac, c.signature.data(), 32) == 0;
    }
    if (alg_ == "EdDSA") {
      return EVP_DigestVerifyInit(digest_.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
             EVP_DigestVerify(digest_.get(), c.signature.data(), c.signature.size(), data,
                              c.input.size()) == 1;
    }
    unsigned char hash[32];
    SHA256(data, c.input.size(), hash);
    return EVP_PKEY_verify(context_.get(), c.signature.data(), c.signature.size(), hash, 32) == 1;
  }

 private:
  std::string alg_;
  Key key_;
  KeyContext context_;
  DigestContext digest_;
  unsigned char secret_[32] = {};
};

// Processor time, as the machine may be busy with other things.
double now_us() {
  timespec now{};
  must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "clock");
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double measure(const std::string& alg, const std::string& dir) {
  const std::vector<Case> cases = read_cases(alg, dir);
  Verifier verify(alg, dir);
  const double started = now_us();
  for (const Case& c : cases) must(verify(c), "a signature is wrong");
  return (now_us() - started) / static_cast<double>(cases.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv, argv + argc);
  if (argc == 5 && args[1] == "make") {
    make(args[2], std::stoi(args[3]), args[4]);
  } else if (argc == 4 && args[1] == "time") {
    std::cout << measure(args[2], args[3]) << "\n";
  } else {
    fail("make ALG COUNT DIR, or time ALG DIR");
  }
  return 0;
}
