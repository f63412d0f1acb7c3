/*
 * Signature verification over a bare digest, with the OpenSSL inside the running node.
 *
 * node:crypto hashes what it verifies; a hashedrekord carries only the digest. Three functions:
 *
 *   loadEcKey(group: string, point: Uint8Array): external | undefined     SEC 1 §2.3.3, on the curve
 *   loadRsaKey(modulus: Uint8Array, exponent: Uint8Array): external | undefined     big-endian
 *   verifyDigest(key: external, mode: 0 | 1 | 2, digest: Uint8Array, signature: Uint8Array): boolean
 *
 * Keys arrive parsed: OpenSSL's own SubjectPublicKeyInfo decoder takes longer than a verification.
 * Nothing is global: every thread and context that loads this has its own keys, which live
 * until their external is collected. Any failure inside OpenSSL is `undefined` or `false`.
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

/* What an EVP_PKEY weighs, roughly: the collector cannot see it otherwise. */
#define KEY_WEIGHT 2048

enum { MODE_ECDSA, MODE_PKCS1, MODE_PSS, MODES };

typedef struct {
  const unsigned char *data;
  size_t length;
} bytes;

static napi_value refuse(napi_env env, const char *message) {
  napi_throw_type_error(env, NULL, message);
  return NULL;
}

static int read_bytes(napi_env env, napi_value value, bytes *out) {
  napi_typedarray_type type;
  void *data = NULL;
  bool is_typed_array = false;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return 0;
  if (napi_get_typedarray_info(env, value, &type, &out->length, &data, NULL, NULL) != napi_ok) return 0;
  /* An empty array may have no memory behind it; OpenSSL takes NULL for "absent". */
  out->data = data == NULL ? (const unsigned char *)"" : data;
  return type == napi_uint8_array;
}

static void free_key(napi_env env, void *key, void *hint) {
  int64_t weight;
  (void)hint;
  EVP_PKEY_free(key);
  napi_adjust_external_memory(env, -KEY_WEIGHT, &weight);
}

static EVP_PKEY *make_key(const char *type, OSSL_PARAM *params) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  EVP_PKEY *key = NULL;
  if (context != NULL && params != NULL && EVP_PKEY_fromdata_init(context) > 0 &&
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
    key = NULL;
  EVP_PKEY_CTX_free(context);
  return key;
}

/* Hands a key over to JavaScript; none is `undefined`. */
static napi_value give_key(napi_env env, EVP_PKEY *key) {
  napi_value result;
  int64_t weight;
  ERR_clear_error(); /* what is left in the queue would surface in node's next error */
  if (key == NULL) return NULL;
  if (napi_create_external(env, key, free_key, NULL, &result) != napi_ok) {
    EVP_PKEY_free(key);
    return refuse(env, "no memory for a key");
  }
  napi_adjust_external_memory(env, KEY_WEIGHT, &weight);
  return result;
}

static napi_value load_ec_key(napi_env env, napi_callback_info info) {
  size_t argc = 2, group_length;
  napi_value argv[2];
  char group[32];
  bytes point;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 2 ||
      napi_get_value_string_utf8(env, argv[0], group, sizeof group, &group_length) != napi_ok ||
      !read_bytes(env, argv[1], &point))
    return refuse(env, "loadEcKey takes a group and a point");
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, group_length),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.data, point.length),
      OSSL_PARAM_construct_end(),
  };
  return give_key(env, make_key("EC", params));
}

static napi_value load_rsa_key(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  bytes modulus, exponent;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 2 ||
      !read_bytes(env, argv[0], &modulus) || !read_bytes(env, argv[1], &exponent))
    return refuse(env, "loadRsaKey takes a modulus and an exponent");
  EVP_PKEY *key = NULL;
  OSSL_PARAM *params = NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.length, NULL);
  BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.length, NULL);
  if (builder != NULL && n != NULL && e != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) &&
      (params = OSSL_PARAM_BLD_to_param(builder)) != NULL)
    key = make_key("RSA", params);
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(builder);
  BN_free(n);
  BN_free(e);
  return give_key(env, key);
}

/* The hash a padding names must be the hash that was used: its length says which of the three it is. */
static const EVP_MD *hash_of_length(size_t length) {
  switch (length) {
    case 32: return EVP_sha256();
    case 48: return EVP_sha384();
    case 64: return EVP_sha512();
    default: return NULL;
  }
}

static int set_up(EVP_PKEY_CTX *context, int base, uint32_t mode, const bytes *digest) {
  if (base == EVP_PKEY_EC) return mode == MODE_ECDSA; /* no hash named: any length, truncated as FIPS 186-5 §6.4.2 */
  if (base != EVP_PKEY_RSA || mode == MODE_ECDSA) return 0;
  const EVP_MD *hash = hash_of_length(digest->length);
  if (hash == NULL) return 0;
  if (mode == MODE_PKCS1)
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 &&
           EVP_PKEY_CTX_set_signature_md(context, hash) > 0;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_signature_md(context, hash) > 0 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) > 0;
}

static int verify(EVP_PKEY *key, uint32_t mode, const bytes *digest, const bytes *signature) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  int valid = context != NULL && EVP_PKEY_verify_init(context) > 0 &&
              set_up(context, EVP_PKEY_get_base_id(key), mode, digest) &&
              EVP_PKEY_verify(context, signature->data, signature->length, digest->data, digest->length) == 1;
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return valid;
}

static napi_value verify_digest(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value argv[4], result;
  napi_valuetype type;
  void *key = NULL;
  uint32_t mode = MODES;
  bytes digest, signature;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 4 ||
      napi_typeof(env, argv[0], &type) != napi_ok || type != napi_external ||
      napi_get_value_external(env, argv[0], &key) != napi_ok || key == NULL ||
      napi_get_value_uint32(env, argv[1], &mode) != napi_ok || mode >= MODES ||
      !read_bytes(env, argv[2], &digest) || !read_bytes(env, argv[3], &signature))
    return refuse(env, "verifyDigest takes a key, a mode, a digest and a signature");
  if (napi_get_boolean(env, verify(key, mode, &digest, &signature), &result) != napi_ok) return NULL;
  return result;
}

static int export_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function) == napi_ok &&
         napi_set_named_property(env, exports, name, function) == napi_ok;
}

NAPI_MODULE_INIT() {
  int complete = export_function(env, exports, "loadEcKey", load_ec_key) &&
                 export_function(env, exports, "loadRsaKey", load_rsa_key) &&
                 export_function(env, exports, "verifyDigest", verify_digest);
  return complete ? exports : NULL;
}
