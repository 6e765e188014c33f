// SPDX-License-Identifier: MIT OR Apache-2.0
// Words on the command line and hashes on stdout, for the commands about programs and proofs.
#ifndef PP_CLI_WORDS_H
#define PP_CLI_WORDS_H

#include "base/err.h"

// 32 bytes as hex digits, with or without 0x.
PP_NODISCARD bool pp_cli_parse_hash(pp_hash32 *out, const char *text);
// A decimal or 0x number below 2^64, the whole text.
PP_NODISCARD bool pp_cli_parse_u64(uint64_t *out, const char *text);
// A number of bytes: 500M, 2G, 2.5GiB, with K, M, G or T as powers of 2^10.
PP_NODISCARD bool pp_cli_parse_size(uint64_t *out, const char *text);
// "name      0x…" on stdout, as text or as a JSON member.
void pp_cli_print_hash(const char *name, const pp_hash32 *hash, bool json);

// A number from least to most.
PP_NODISCARD bool pp_cli_number(uint64_t *out, const char *text, uint64_t least, uint64_t most);
// Wei of a decimal number of ether, at most 18 places.
PP_NODISCARD bool pp_cli_ether(pp_u128 *wei, const char *text);
// "0x" and 64 hex digits.
PP_NODISCARD bool pp_cli_hash(pp_hash32 *out, const char *text);
// An address (codec/address.h) given as `what` to the command `name`. PP_EXIT_YES, or what
// pp_cli_usage gives after its sentence.
int pp_cli_address(pp_address *out, const char *name, const char *what, const char *text);
// "0xADDRESS=ETHER"
PP_NODISCARD bool pp_cli_party(pp_address *address, pp_u128 *wei, const char *text);

// An option of a command: with a value, or (value NULL) a flag.
typedef struct pp_cli_word {
    const char *word;
    const char **value;
    bool *flag;
} pp_cli_word;
// Reads a command's options and at most one word beside them, `what` it is (plain NULL: none).
// PP_EXIT_YES, or what pp_cli_usage gives after its sentence.
int pp_cli_read(const char *name, const pp_cli_word *words, size_t len, const char *what,
                const char **plain, int argc, char **argv);

// Reads a command whose options all have values, and its one directory. take, given ctx, an option
// of `takers` and its value: false where it does not take it. As pp_cli_read.
int pp_cli_read_values(const char *name, const char *const *takers, size_t len,
                       bool (*take)(void *ctx, const char *word, const char *value), void *ctx,
                       const char **dir, int argc, char **argv);

// The secret key in a file that nobody else may read or write: 64 hex digits, 0x before them or
// not, and a newline or not; or a keystore (keystore/keystore.h), whose password is asked for.
PP_NODISCARD bool pp_cli_key(pp_err *err, uint8_t key[32], const char *path);
// A password: the first line of the file that POLYPOLY_PASSWORD_FILE names, or typed on the
// terminal, unseen, twice where it is a new one, which is not empty. False with one sentence where
// there is neither.
PP_NODISCARD bool pp_cli_password(pp_err *err, char password[1024], const char *what, bool is_new);

#endif
