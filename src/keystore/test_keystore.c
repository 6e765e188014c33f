// SPDX-License-Identifier: MIT OR Apache-2.0
#include "keystore/keystore.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/test.h"
#include "sign/keys.h"

// A test vector of the Web3 Secret Storage definition.
static const char secret[] = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
static const char by_pbkdf2[] =
    "{\"crypto\": {\"cipher\": \"aes-128-ctr\", \"cipherparams\": {\"iv\": "
    "\"6087dab2f9fdbbfaddc31a909735c1e6\"}, \"ciphertext\": "
    "\"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46\", \"kdf\": \"pbkdf2\", "
    "\"kdfparams\": {\"c\": 262144, \"dklen\": 32, \"prf\": \"hmac-sha256\", \"salt\": "
    "\"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd\"}, \"mac\": "
    "\"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2\"}, \"id\": "
    "\"3198bc9c-6672-5ab3-d995-4942343ae5b6\", \"version\": 3}";
// Of go-ethereum's tests: its address is 0x7ef5…aef8.
static const char by_scrypt[] =
    "{\"address\": \"7ef5a6135f1fd6a02593eedc869c6d41d934aef8\", \"crypto\": {\"cipher\": "
    "\"aes-128-ctr\", \"ciphertext\": "
    "\"1d0839166e7a15b9c1333fc865d69858b22df26815ccf601b28219b6192974e1\", \"cipherparams\": "
    "{\"iv\": \"8df6caa7ff1b00c4e871f002cb7921ed\"}, \"kdf\": \"scrypt\", \"kdfparams\": "
    "{\"dklen\": 32, \"n\": 8, \"p\": 16, \"r\": 8, \"salt\": "
    "\"e5e6ef3f4ea695f496b643ebd3f75c0aa58ef4070e90c80c5d3fb0241bf1595c\"}, \"mac\": "
    "\"6d16dfde774845e4585357f24bce530528bc69f4f84e1e22880d34fa45c273e5\"}, \"id\": "
    "\"950077c7-71e3-4c44-a4a1-143919141ed4\", \"version\": 3}";

static pp_bytes bytes_of(const char *text) {
    return (pp_bytes){(const uint8_t *)text, strlen(text)};
}

static bool opens(pp_err *err, const char *text, const char *password, const char *key) {
    uint8_t found[32], wanted[32];
    if (!pp_keystore_open(err, found, "k.json", bytes_of(text), password)) return false;
    CHECK(pp_hex_decode(wanted, 32, key));
    return memcmp(found, wanted, 32) == 0;
}

PP_TEST(files_of_others) {
    pp_err err = {0};
    pp_address address, wanted;
    uint8_t key[32];
    CHECK(opens(&err, by_pbkdf2, "testpassword", secret));
    CHECK(pp_keystore_open(&err, key, "k.json", bytes_of(by_scrypt), "foobar"));
    CHECK(pp_sign_address(&address, key));
    CHECK(pp_hex_decode(wanted.b, 20, "7ef5a6135f1fd6a02593eedc869c6d41d934aef8"));
    CHECK(pp_address_eq(&address, &wanted));
    static char other[sizeof by_scrypt + 2]; // its address with 0x before it, as some write it
    snprintf(other, sizeof other, "%.13s0x%s", by_scrypt, by_scrypt + 13);
    CHECK(pp_keystore_open(&err, key, "k.json", bytes_of(other), "foobar"));
    CHECK(!pp_keystore_open(&err, key, "k.json", bytes_of(by_scrypt), "foobaz"));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    CHECK_STR(err.text, "k.json: the password is wrong");
}

PP_TEST(what_is_sealed_opens) {
    pp_err err = {0};
    uint8_t key[32], again[32];
    for (unsigned i = 0; i < 2; i++) {
        memset(key, (int)(i + 1), 32);
        char *text = pp_keystore_seal(&err, key, "a pass phrase, of ünicode", 10);
        REQUIRE(text != NULL);
        CHECK(pp_keystore_is(bytes_of(text)));
        CHECK(pp_keystore_open(&err, again, "new", bytes_of(text), "a pass phrase, of ünicode"));
        CHECK(memcmp(key, again, 32) == 0);
        CHECK(!pp_keystore_open(&err, again, "new", bytes_of(text), ""));
        free(text);
    }
    memset(key, 0, 32);
    CHECK(pp_keystore_seal(&err, key, "x", 10) == NULL);
}

// Replaces the first `from`; the sentence must begin so.
static void refused(const char *from, const char *to, const char *sentence) {
    static char text[PP_KEYSTORE_MAX];
    pp_err err = {0};
    const char *at = strstr(by_scrypt, from);
    REQUIRE(at != NULL);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - by_scrypt), by_scrypt, to,
             at + strlen(from));
    uint8_t key[32];
    CHECK(!pp_keystore_open(&err, key, "k.json", bytes_of(text), "foobar"));
    CHECK(strncmp(err.text, sentence, strlen(sentence)) == 0);
    CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
}

PP_TEST(what_is_no_keystore) {
    refused("{\"address", "[\"address", "k.json: not a JSON object");
    refused("\"version\": 3", "\"version\": 1", "k.json: version");
    refused("\"address\": \"7e", "\"address\": \"7f", "k.json: its key is not");
    refused("\"address\": \"7e", "\"address\": \"7", "k.json: address");
    refused("aes-128-ctr", "aes-128-cbc", "k.json: crypto.cipher");
    refused("\"iv\": \"8d", "\"iv\": \"8", "k.json: crypto.cipherparams.iv");
    refused("1d08", "1dzz", "k.json: crypto.ciphertext");
    refused("\"mac\": \"6d", "\"mac\": \"", "k.json: crypto.mac");
    refused("\"kdf\": \"scrypt\"", "\"kdf\": \"argon2\"", "k.json: kdf: neither");
    refused("\"dklen\": 32", "\"dklen\": 16", "k.json: kdfparams: dklen");
    // Nothing that takes more memory or time than a machine has.
    refused("\"n\": 8", "\"n\": 9", "k.json: kdfparams: n, r, p");
    refused("\"n\": 8", "\"n\": 2097152", "k.json: kdfparams: n, r, p");
    refused("\"r\": 8", "\"r\": 65", "k.json: kdfparams: n, r, p");
    refused("\"p\": 16", "\"p\": 65", "k.json: kdfparams: n, r, p");
    refused("\"p\": 16", "\"p\": -1", "k.json: kdfparams: n, r, p");
    refused("\"n\": 8", "\"n\": 1", "k.json: kdfparams: n, r, p");
    refused("\"n\": 8, \"p\": 16, \"r\": 8", "\"n\": 65536, \"p\": 1, \"r\": 1",
            "k.json: kdfparams: scrypt with");
    refused("\"salt\": \"e5", "\"salt\": \"e", "k.json: kdfparams: dklen");
    refused("\"salt\": \"e5",
            "\"salt\": \"0000000000000000000000000000000000000000000000000000000000000000"
            "000000",
            "k.json: kdfparams: dklen"); // 66 bytes
    refused("\"kdf\": \"scrypt\", \"kdfparams\": {",
            "\"kdf\": \"pbkdf2\", \"kdfparams\": {\"c\": 1, \"prf\": \"hmac-md5\", ",
            "k.json: kdf: neither");
    refused("\"kdf\": \"scrypt\", \"kdfparams\": {",
            "\"kdf\": \"pbkdf2\", \"kdfparams\": {\"c\": 99999999, \"prf\": \"hmac-sha256\", ",
            "k.json: kdfparams: c must");
    static char large[PP_KEYSTORE_MAX + 1];
    uint8_t key[32];
    pp_err err = {0};
    memset(large, ' ', sizeof large);
    memcpy(large, by_scrypt, sizeof by_scrypt - 1);
    CHECK(pp_keystore_open(&err, key, "k.json", (pp_bytes){(uint8_t *)large, PP_KEYSTORE_MAX},
                           "foobar"));
    CHECK(!pp_keystore_open(&err, key, "k.json", (pp_bytes){(uint8_t *)large, sizeof large},
                            "foobar"));
}

// Whatever byte is changed: another key never comes out.
PP_TEST(flipped_bytes) {
    static char text[sizeof by_scrypt];
    uint8_t key[32], right[32];
    pp_err err;
    REQUIRE(pp_keystore_open(&err, right, "k", bytes_of(by_scrypt), "foobar"));
    for (size_t i = 0; i < sizeof by_scrypt - 1; i++) {
        memcpy(text, by_scrypt, sizeof text);
        text[i] = (char)(text[i] ^ 1);
        if (pp_keystore_open(&err, key, "k", bytes_of(text), "foobar"))
            CHECK(memcmp(key, right, 32) == 0);
        CHECK(!pp_keystore_open(&err, key, "k", (pp_bytes){(const uint8_t *)text, i}, "foobar"));
    }
}

PP_TEST(hex) {
    uint8_t key[32];
    char text[80];
    CHECK(pp_keystore_hex(key, bytes_of(secret)));
    snprintf(text, sizeof text, "0x%s\r\n", secret);
    CHECK(pp_keystore_hex(key, bytes_of(text)));
    CHECK(!pp_keystore_hex(key, bytes_of("")));
    CHECK(!pp_keystore_hex(key, bytes_of(by_scrypt)));
    snprintf(text, sizeof text, "%064d", 0);
    CHECK(!pp_keystore_hex(key, bytes_of(text))); // zero is no key
    snprintf(text, sizeof text, "%sg", secret);
    text[63] = 'g', text[64] = 0;
    CHECK(!pp_keystore_hex(key, bytes_of(text)));
    snprintf(text, sizeof text, "-1%s", secret + 2);
    CHECK(!pp_keystore_hex(key, bytes_of(text)));
    CHECK(!pp_keystore_is(bytes_of("")));
    CHECK(!pp_keystore_is(bytes_of(secret)));
}
