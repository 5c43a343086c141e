// Makes the n-th OpenSSL call of src/core fail: the linker sends each of these through us
// (unit.mk, --wrap).
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "failing.hpp"

namespace tenancy::test {
long call_until_failure = -1;
}  // namespace tenancy::test

namespace {
bool fails() {
  long& countdown = tenancy::test::call_until_failure;
  return countdown >= 0 && countdown-- == 0;
}
}  // namespace

#define FAILING(result, failure, name, parameters, arguments) \
  extern "C" result __real_##name parameters;                 \
  extern "C" result __wrap_##name parameters;                 \
  result __wrap_##name parameters {                           \
    return fails() ? (failure) : __real_##name arguments;     \
  }

FAILING(EVP_MD*, nullptr, EVP_MD_fetch, (OSSL_LIB_CTX * l, const char* n, const char* p), (l, n, p))
FAILING(EVP_MAC*, nullptr, EVP_MAC_fetch, (OSSL_LIB_CTX * l, const char* n, const char* p),
        (l, n, p))
FAILING(int, 0, EVP_Digest,
        (const void* d, size_t s, unsigned char* m, unsigned* n, const EVP_MD* t, ENGINE* e),
        (d, s, m, n, t, e))
FAILING(EVP_MAC_CTX*, nullptr, EVP_MAC_CTX_new, (EVP_MAC * m), (m))
FAILING(int, 0, EVP_MAC_init,
        (EVP_MAC_CTX * c, const unsigned char* k, size_t n, const OSSL_PARAM* p), (c, k, n, p))
FAILING(int, 0, EVP_MAC_update, (EVP_MAC_CTX * c, const unsigned char* d, size_t n), (c, d, n))
FAILING(int, 0, EVP_MAC_final, (EVP_MAC_CTX * c, unsigned char* o, size_t* n, size_t s),
        (c, o, n, s))
FAILING(EVP_PKEY_CTX*, nullptr, EVP_PKEY_CTX_new_from_pkey,
        (OSSL_LIB_CTX * l, EVP_PKEY* k, const char* p), (l, k, p))
FAILING(EVP_PKEY_CTX*, nullptr, EVP_PKEY_CTX_new_from_name,
        (OSSL_LIB_CTX * l, const char* n, const char* p), (l, n, p))
FAILING(int, 0, EVP_PKEY_verify_init, (EVP_PKEY_CTX * c), (c))
FAILING(int, -1, EVP_PKEY_verify,
        (EVP_PKEY_CTX * c, const unsigned char* s, size_t n, const unsigned char* d, size_t m),
        (c, s, n, d, m))
FAILING(int, 0, EVP_PKEY_CTX_set_rsa_padding, (EVP_PKEY_CTX * c, int p), (c, p))
FAILING(int, 0, EVP_PKEY_CTX_set_signature_md, (EVP_PKEY_CTX * c, const EVP_MD* m), (c, m))
FAILING(int, 0, EVP_PKEY_CTX_set_rsa_mgf1_md, (EVP_PKEY_CTX * c, const EVP_MD* m), (c, m))
FAILING(int, 0, EVP_PKEY_CTX_set_rsa_pss_saltlen, (EVP_PKEY_CTX * c, int n), (c, n))
FAILING(int, 0, EVP_DigestVerifyInit,
        (EVP_MD_CTX * c, EVP_PKEY_CTX** p, const EVP_MD* m, ENGINE* e, EVP_PKEY* k),
        (c, p, m, e, k))
FAILING(int, -1, EVP_DigestVerify,
        (EVP_MD_CTX * c, const unsigned char* s, size_t n, const unsigned char* d, size_t m),
        (c, s, n, d, m))
FAILING(int, 0, EVP_PKEY_fromdata_init, (EVP_PKEY_CTX * c), (c))
FAILING(int, 0, EVP_PKEY_fromdata, (EVP_PKEY_CTX * c, EVP_PKEY** k, int s, OSSL_PARAM* p),
        (c, k, s, p))
FAILING(EVP_PKEY*, nullptr, EVP_PKEY_new_raw_public_key_ex,
        (OSSL_LIB_CTX * l, const char* t, const char* p, const unsigned char* k, size_t n),
        (l, t, p, k, n))
FAILING(EVP_MD_CTX*, nullptr, EVP_MD_CTX_new, (), ())
FAILING(OSSL_PARAM_BLD*, nullptr, OSSL_PARAM_BLD_new, (), ())
FAILING(int, 0, OSSL_PARAM_BLD_push_BN, (OSSL_PARAM_BLD * b, const char* k, const BIGNUM* n),
        (b, k, n))
FAILING(int, 0, OSSL_PARAM_BLD_push_utf8_string,
        (OSSL_PARAM_BLD * b, const char* k, const char* v, size_t n), (b, k, v, n))
FAILING(int, 0, OSSL_PARAM_BLD_push_octet_string,
        (OSSL_PARAM_BLD * b, const char* k, const void* v, size_t n), (b, k, v, n))
FAILING(OSSL_PARAM*, nullptr, OSSL_PARAM_BLD_to_param, (OSSL_PARAM_BLD * b), (b))
FAILING(BIGNUM*, nullptr, BN_bin2bn, (const unsigned char* b, int n, BIGNUM* r), (b, n, r))
FAILING(int, -1, BN_bn2binpad, (const BIGNUM* n, unsigned char* b, int s), (n, b, s))
FAILING(int, 0, EVP_PKEY_get_bn_param, (const EVP_PKEY* k, const char* n, BIGNUM** r), (k, n, r))
FAILING(int, 0, EVP_DigestSignInit,
        (EVP_MD_CTX * c, EVP_PKEY_CTX** p, const EVP_MD* m, ENGINE* e, EVP_PKEY* k),
        (c, p, m, e, k))
FAILING(int, 0, EVP_DigestSign,
        (EVP_MD_CTX * c, unsigned char* s, size_t* n, const unsigned char* d, size_t m),
        (c, s, n, d, m))
FAILING(ECDSA_SIG*, nullptr, d2i_ECDSA_SIG, (ECDSA_SIG * *s, const unsigned char** p, long n),
        (s, p, n))
FAILING(int, 0, RAND_priv_bytes, (unsigned char* b, int n), (b, n))
