// SPDX-License-Identifier: MIT OR Apache-2.0
// Secret keys in files: Web3 Secret Storage, version 3, as Ethereum's wallets write it (AES-128-CTR
// under a key that scrypt or PBKDF2 draws from a password, Keccak-256 as its check), or 64 hex
// digits. The ciphers are OpenSSL's. Native.
#ifndef PP_KEYSTORE_KEYSTORE_H
#define PP_KEYSTORE_KEYSTORE_H

#include "base/err.h"

enum {
    PP_KEYSTORE_MAX = 16 << 10,  // bytes of a file
    PP_KEYSTORE_PASSWORD = 1024, // bytes of a password, NUL included
};

// What a new file costs to open: scrypt's N; r = 8, p = 1. 2^18 takes 256 MiB and about a second.
enum { PP_KEYSTORE_LOG_N = 18 };

// Whether the text looks like a keystore, which needs a password: a JSON object.
bool pp_keystore_is(pp_bytes text);

// The key of a keystore. `name` stands in the sentences. False with one sentence: exit code 1 when
// the password is wrong, 2 when it is no keystore of a kind that is known here, or asks for more
// than 1 GiB of memory or 2^24 rounds.
PP_NODISCARD bool pp_keystore_open(pp_err *err, uint8_t key[32], const char *name, pp_bytes text,
                                   const char *password);

// A new keystore, malloc'ed, NUL behind it; salt, initial vector and id are drawn. log_n: 10 to 20.
// NULL with one sentence when memory or random bytes are short, or the key is none.
char *pp_keystore_seal(pp_err *err, const uint8_t key[32], const char *password, unsigned log_n);

// The key in 64 hex digits, 0x before them or not, a newline or not. False: it is none.
PP_NODISCARD bool pp_keystore_hex(uint8_t key[32], pp_bytes text);

#endif
