// SPDX-License-Identifier: MIT OR Apache-2.0
#include "keystore/keystore.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "hash/keccak.h"
#include "sign/keys.h"

enum {
    DERIVED = 32,
    VECTOR = 16,
    SALT_MAX = 64,
    ROUNDS_MAX = 1 << 24, // of PBKDF2
    P_MAX = 64,
    R = 8, // of new files
};
#define MEMORY_MAX ((uint64_t)1 << 30) // bytes of scrypt

// What stands in a file.
typedef struct sealed {
    uint8_t vector[VECTOR], text[32], mac[32], salt[SALT_MAX];
    size_t salt_size;
    bool scrypt, named; // named: it says whose key it is
    pp_address address;
    uint64_t n, r, p, rounds;
} sealed;

bool pp_keystore_is(pp_bytes text) {
    size_t i = 0;
    while (i < text.size && strchr(" \t\r\n", text.data[i]) && text.data[i]) i++;
    return i < text.size && text.data[i] == '{';
}

bool pp_keystore_hex(uint8_t key[32], pp_bytes text) {
    char digits[67];
    size_t size = text.size;
    pp_address address;
    while (size > 0 && (text.data[size - 1] == '\n' || text.data[size - 1] == '\r')) size--;
    if (size > 66) return false;
    memcpy(digits, text.data, size);
    digits[size] = 0;
    const char *at = strncmp(digits, "0x", 2) == 0 ? digits + 2 : digits;
    bool ok = strlen(at) == 64 && pp_hex_decode(key, 32, at) && pp_sign_address(&address, key);
    explicit_bzero(digits, sizeof digits);
    return ok;
}

// ---- the ciphers ------------------------------------------------------------------------------

static bool derive(uint8_t out[DERIVED], const sealed *s, const char *password) {
    if (s->scrypt)
        return EVP_PBE_scrypt(password, strlen(password), s->salt, s->salt_size, s->n, s->r, s->p,
                              2 * MEMORY_MAX, out, DERIVED) == 1;
    return PKCS5_PBKDF2_HMAC(password, (int)strlen(password), s->salt, (int)s->salt_size,
                             (int)s->rounds, EVP_sha256(), DERIVED, out) == 1;
}

// Counter mode: the same both ways.
static bool cipher(uint8_t out[32], const uint8_t in[32], const uint8_t key[16],
                   const uint8_t vector[VECTOR]) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int size = 0;
    bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key, vector) == 1 &&
              EVP_EncryptUpdate(c, out, &size, in, 32) == 1 && size == 32;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

static void mac_of(pp_hash32 *out, const uint8_t derived[DERIVED], const uint8_t text[32]) {
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, derived + 16, 16);
    pp_keccak_update(&k, text, 32);
    pp_keccak_final(&k, out);
}

// ---- reading ----------------------------------------------------------------------------------

// Versions of the format differ in the case of "crypto".
static const json_t *crypto_of(const json_t *root) {
    const json_t *crypto = json_object_get(root, "crypto");
    return crypto ? crypto : json_object_get(root, "Crypto");
}

static bool hex_at(uint8_t *out, size_t size, const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL && strlen(text) == 2 * size && pp_hex_decode(out, size, text);
}

static bool number_at(uint64_t *out, const json_t *object, const char *member, uint64_t most) {
    const json_t *value = json_object_get(object, member);
    json_int_t n = json_integer_value(value);
    *out = (uint64_t)n;
    return json_is_integer(value) && n >= 1 && (uint64_t)n <= most;
}

static bool word_at(const json_t *object, const char *member, const char *word) {
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL && strcmp(text, word) == 0;
}

static bool read_salt(sealed *s, const json_t *params) {
    const char *salt = json_string_value(json_object_get(params, "salt"));
    s->salt_size = salt ? strlen(salt) / 2 : 0;
    return salt && strlen(salt) % 2 == 0 && s->salt_size <= SALT_MAX &&
           pp_hex_decode(s->salt, s->salt_size, salt);
}

static const char *read_kdf(sealed *s, const json_t *crypto) {
    const json_t *params = json_object_get(crypto, "kdfparams");
    uint64_t size;
    if (!number_at(&size, params, "dklen", DERIVED) || size != DERIVED || !read_salt(s, params))
        return "kdfparams: dklen must be 32, salt at most 64 bytes of hex";
    s->scrypt = word_at(crypto, "kdf", "scrypt");
    if (s->scrypt) {
        bool ok = number_at(&s->n, params, "n", (uint64_t)1 << 24) &&
                  number_at(&s->r, params, "r", 64) && number_at(&s->p, params, "p", P_MAX) &&
                  s->n > 1 && (s->n & (s->n - 1)) == 0 && 128 * s->n * s->r <= MEMORY_MAX;
        if (ok && s->r == 1 && s->n >= 1 << 16)
            return "kdfparams: scrypt with r = 1 and n of 2^16 or more is none (RFC 7914)";
        return ok ? NULL : "kdfparams: n, r, p of scrypt are wrong, or take more than 1 GiB";
    }
    if (!word_at(crypto, "kdf", "pbkdf2") || !word_at(params, "prf", "hmac-sha256"))
        return "kdf: neither scrypt nor pbkdf2 with hmac-sha256";
    return number_at(&s->rounds, params, "c", ROUNDS_MAX) ? NULL : "kdfparams: c must be 1 to 2^24";
}

// NULL, or what is wrong.
static const char *read_all(sealed *s, const json_t *root) {
    const json_t *crypto = crypto_of(root);
    const char *whose = json_string_value(json_object_get(root, "address"));
    if (whose != NULL && strncmp(whose, "0x", 2) == 0) whose += 2;
    s->named = whose != NULL;
    if (whose && (strlen(whose) != 40 || !pp_hex_decode(s->address.b, 20, whose)))
        return "address: not 20 bytes of hex";
    uint64_t version;
    if (!number_at(&version, root, "version", 3) || version != 3) return "version: not 3";
    if (!word_at(crypto, "cipher", "aes-128-ctr")) return "crypto.cipher: not aes-128-ctr";
    if (!hex_at(s->vector, VECTOR, json_object_get(crypto, "cipherparams"), "iv"))
        return "crypto.cipherparams.iv: not 16 bytes of hex";
    if (!hex_at(s->text, 32, crypto, "ciphertext")) return "crypto.ciphertext: not 32 bytes of hex";
    if (!hex_at(s->mac, 32, crypto, "mac")) return "crypto.mac: not 32 bytes of hex";
    return read_kdf(s, crypto);
}

bool pp_keystore_open(pp_err *err, uint8_t key[32], const char *name, pp_bytes text,
                      const char *password) {
    sealed s = {.scrypt = false};
    json_t *root = text.size <= PP_KEYSTORE_MAX ? json_loadb((const char *)text.data, text.size,
                                                             JSON_REJECT_DUPLICATES, NULL)
                                                : NULL;
    const char *wrong = json_is_object(root) ? read_all(&s, root) : "not a JSON object";
    json_decref(root);
    if (wrong) return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", name, wrong);
    uint8_t derived[DERIVED];
    pp_hash32 mac;
    pp_address address;
    bool ok = derive(derived, &s, password);
    if (!ok) return pp_err_set(err, PP_EXIT_USAGE, "%s: no memory to open it", name);
    mac_of(&mac, derived, s.text);
    bool right = memcmp(mac.b, s.mac, 32) == 0;
    ok = right && cipher(key, s.text, derived, s.vector) && pp_sign_address(&address, key);
    explicit_bzero(derived, sizeof derived);
    if (!right) return pp_err_set(err, PP_EXIT_NO, "%s: the password is wrong", name);
    if (!ok) return pp_err_set(err, PP_EXIT_USAGE, "%s: what it holds is no key", name);
    // The format's check leaves the initial vector out.
    return !s.named || pp_address_eq(&address, &s.address) ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: its key is not the one of its address", name);
}

// ---- writing ----------------------------------------------------------------------------------

static void set_hex(json_t *object, const char *member, const uint8_t *data, size_t size) {
    char text[2 * 64 + 1];
    pp_hex_encode(text, data, size);
    json_object_set_new(object, member, json_string(text));
}

static json_t *json_of(const sealed *s, const pp_address *address, const uint8_t id[16]) {
    json_t *root = json_object(), *crypto = json_object(), *params = json_object();
    json_t *vector = json_object();
    char hex[33], uuid[37];
    set_hex(vector, "iv", s->vector, VECTOR);
    json_object_set_new(params, "dklen", json_integer(DERIVED));
    json_object_set_new(params, "n", json_integer((json_int_t)s->n));
    json_object_set_new(params, "p", json_integer((json_int_t)s->p));
    json_object_set_new(params, "r", json_integer((json_int_t)s->r));
    set_hex(params, "salt", s->salt, s->salt_size);
    json_object_set_new(crypto, "cipher", json_string("aes-128-ctr"));
    json_object_set_new(crypto, "cipherparams", vector);
    set_hex(crypto, "ciphertext", s->text, 32);
    json_object_set_new(crypto, "kdf", json_string("scrypt"));
    json_object_set_new(crypto, "kdfparams", params);
    set_hex(crypto, "mac", s->mac, 32);
    set_hex(root, "address", address->b, 20);
    json_object_set_new(root, "crypto", crypto);
    pp_hex_encode(hex, id, 16);
    hex[12] = '4'; // a random UUID
    hex[16] = '8';
    snprintf(uuid, sizeof uuid, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
    json_object_set_new(root, "id", json_string(uuid));
    json_object_set_new(root, "version", json_integer(3));
    return root;
}

char *pp_keystore_seal(pp_err *err, const uint8_t key[32], const char *password, unsigned log_n) {
    sealed s = {.scrypt = true, .n = (uint64_t)1 << log_n, .r = R, .p = 1, .salt_size = 32};
    uint8_t derived[DERIVED], id[16];
    pp_address address;
    PP_ASSERT(log_n >= 10 && log_n <= 20);
    if (!pp_sign_address(&address, key)) {
        pp_err_set(err, PP_EXIT_USAGE, "not a key of secp256k1");
        return NULL;
    }
    bool drawn = getrandom(s.salt, 32, 0) == 32 && getrandom(s.vector, VECTOR, 0) == VECTOR &&
                 getrandom(id, sizeof id, 0) == (ssize_t)sizeof id;
    if (!drawn || !derive(derived, &s, password) || !cipher(s.text, key, derived, s.vector)) {
        pp_err_set(err, PP_EXIT_USAGE,
                   drawn ? "no memory to seal a key" : "no random bytes from the system");
        return NULL;
    }
    pp_hash32 mac;
    mac_of(&mac, derived, s.text);
    memcpy(s.mac, mac.b, 32);
    explicit_bzero(derived, sizeof derived);
    json_t *root = json_of(&s, &address, id);
    char *text = json_dumps(root, JSON_INDENT(1));
    json_decref(root);
    if (text == NULL) pp_err_set(err, PP_EXIT_USAGE, "no memory");
    return text;
}
