// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>

#include "cli/cli.h"
#include "codec/address.h"
#include "keystore/keystore.h"
#include "sign/keys.h"

bool pp_cli_parse_hash(pp_hash32 *out, const char *text) {
    return pp_hex_decode(out->b, sizeof out->b, text);
}

bool pp_cli_parse_u64(uint64_t *out, const char *text) {
    char *end;
    bool hex = text[0] == '0' && text[1] == 'x';
    if (text[0] < '0' || text[0] > '9') return false;
    errno = 0;
    *out = strtoull(text, &end, hex ? 16 : 10);
    return *end == 0 && errno == 0;
}

bool pp_cli_parse_size(uint64_t *out, const char *text) {
    static const char units[] = "KMGT";
    if (text[0] < '0' || text[0] > '9') return false;
    char *end;
    double value = strtod(text, &end);
    for (const char *u = units; *end != 0 && *u != 0; u++) {
        value *= 1024;
        if (*end != *u) continue;
        end += 1;
        if (strcmp(end, "iB") == 0 || strcmp(end, "B") == 0) end += strlen(end);
        break;
    }
    if (*end != 0 || value >= 1e18) return false;
    *out = (uint64_t)value;
    return true;
}

void pp_cli_print_hash(const char *name, const pp_hash32 *hash, bool json) {
    char hex[65];
    pp_hex_encode(hex, hash->b, sizeof hash->b);
    if (json)
        printf("\"%s\": \"0x%s\", ", name, hex);
    else
        printf("%-10s  0x%s\n", name, hex);
}

bool pp_cli_number(uint64_t *out, const char *text, uint64_t least, uint64_t most) {
    pp_u128 n;
    if (!pp_u128_parse(&n, text) || n < least || n > most) return false;
    *out = (uint64_t)n;
    return true;
}

bool pp_cli_ether(pp_u128 *out, const char *text) {
    const pp_u128 ether = (pp_u128)1000000000000000000;
    pp_u128 whole = 0, part = 0, unit = ether;
    bool dot = false;
    size_t len = strlen(text);
    if (len == 0 || len > 40) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && !dot && i > 0 && i + 1 < len) {
            dot = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9') return false;
        pp_u128 digit = (pp_u128)(text[i] - '0');
        if (dot && unit == 1) return false;
        if (dot)
            part += digit * (unit /= 10);
        else if ((whole = 10 * whole + digit) > (pp_u128)1 << 60)
            return false;
    }
    *out = whole * ether + part;
    return true;
}

bool pp_cli_hash(pp_hash32 *out, const char *text) {
    return strlen(text) == 66 && text[0] == '0' && text[1] == 'x' &&
           pp_hex_decode(out->b, 32, text + 2);
}

int pp_cli_address(pp_address *out, const char *name, const char *what, const char *text) {
    switch (pp_address_read(out, text)) {
    case PP_ADDRESS_GOOD:
        return PP_EXIT_YES;
    case PP_ADDRESS_CHECKSUM:
        return pp_cli_usage(name,
                            "%s: the case of the letters of %s is not its checksum (EIP-55): "
                            "a digit may be mistyped",
                            what, text);
    default:
        return pp_cli_usage(name, "%s: not 0x and 40 hex digits", what);
    }
}

int pp_cli_read(const char *name, const pp_cli_word *words, size_t len, const char *what,
                const char **plain, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *said = argv[i];
        const pp_cli_word *w = NULL;
        for (size_t k = 0; k < len; k++)
            if (strcmp(said, words[k].word) == 0) w = &words[k];
        if (w != NULL && w->value != NULL && i + 1 == argc)
            return pp_cli_usage(name, "%s needs a value", said);
        if (w != NULL && w->value != NULL)
            *w->value = argv[++i];
        else if (w != NULL)
            *w->flag = true;
        else if (said[0] == '-' || plain == NULL)
            return pp_cli_usage(name, "no option '%s'", said);
        else if (*plain != NULL)
            return pp_cli_usage(name, "one %s, please", what);
        else
            *plain = said;
    }
    return PP_EXIT_YES;
}

int pp_cli_read_values(const char *name, const char *const *takers, size_t len,
                       bool (*take)(void *ctx, const char *word, const char *value), void *ctx,
                       const char **dir, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool takes = false;
        for (size_t k = 0; k < len; k++) takes |= strcmp(word, takers[k]) == 0;
        if (takes) {
            if (++i == argc) return pp_cli_usage(name, "%s needs a value", word);
            if (!take(ctx, word, argv[i]))
                return pp_cli_usage(name, "%s does not take '%s'", word, argv[i]);
        } else if (word[0] == '-') {
            return pp_cli_usage(name, "no option '%s'", word);
        } else if (*dir != NULL) {
            return pp_cli_usage(name, "one directory, please");
        } else {
            *dir = word;
        }
    }
    return *dir != NULL ? PP_EXIT_YES : pp_cli_usage(name, "which directory?");
}

bool pp_cli_party(pp_address *address, pp_u128 *wei, const char *text) {
    const char *equals = strchr(text, '=');
    char alone[PP_ADDRESS_TEXT];
    if (equals == NULL || equals - text != 42) return false;
    memcpy(alone, text, 42);
    alone[42] = 0;
    return pp_address_read(address, alone) == PP_ADDRESS_GOOD && pp_cli_ether(wei, equals + 1);
}

// One line from the terminal, without its echo.
static bool type(char password[PP_KEYSTORE_PASSWORD], FILE *terminal, const char *prompt,
                 const char *what) {
    struct termios shown, hidden;
    if (tcgetattr(fileno(terminal), &shown) != 0) return false;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(terminal, "%s %s: ", prompt, what);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    bool ok = fgets(password, PP_KEYSTORE_PASSWORD, terminal) != NULL;
    tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
    if (!ok) return false;
    fputs("\n", terminal);
    password[strcspn(password, "\r\n")] = 0;
    return true;
}

static bool get_password(pp_err *err, char password[PP_KEYSTORE_PASSWORD], const char *what,
                         bool is_new) {
    const char *path = getenv("POLYPOLY_PASSWORD_FILE");
    if (path != NULL) {
        uint8_t *data;
        size_t size;
        if (!pp_file_read(err, &data, &size, path, PP_KEYSTORE_PASSWORD - 1)) return false;
        snprintf(password, PP_KEYSTORE_PASSWORD, "%s", (char *)data);
        password[strcspn(password, "\r\n")] = 0;
        explicit_bzero(data, size);
        free(data);
        return true;
    }
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: needs a password: there is no terminal to ask on, and "
                          "POLYPOLY_PASSWORD_FILE names no file",
                          what);
    char again[PP_KEYSTORE_PASSWORD];
    bool ok = type(password, terminal, is_new ? "new password of" : "password of", what);
    bool same =
        ok &&
        (!is_new || (type(again, terminal, "once more, of", what) && strcmp(again, password) == 0));
    explicit_bzero(again, sizeof again);
    fclose(terminal);
    return same || pp_err_set(err, PP_EXIT_USAGE, "%s: %s", what,
                              ok ? "the two passwords differ" : "no password was typed");
}

bool pp_cli_password(pp_err *err, char password[PP_KEYSTORE_PASSWORD], const char *what,
                     bool is_new) {
    if (!get_password(err, password, what, is_new)) return false;
    return !is_new || password[0] ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: an empty password protects nothing", what);
}

bool pp_cli_key(pp_err *err, uint8_t key[32], const char *path) {
    uint8_t *data;
    size_t size;
    char password[PP_KEYSTORE_PASSWORD];
    if (!pp_file_read(err, &data, &size, path, PP_KEYSTORE_MAX)) return false;
    pp_bytes text = {data, size};
    bool sealed = pp_keystore_is(text);
    bool ok = sealed ? pp_cli_password(err, password, path, false) &&
                           pp_keystore_open(err, key, path, text, password)
                     : pp_keystore_hex(key, text);
    explicit_bzero(password, sizeof password);
    explicit_bzero(data, size);
    free(data);
    if (sealed) return ok;
    if (!ok) return pp_err_set(err, PP_EXIT_USAGE, "%s: not a secret key in 64 hex digits", path);
    return pp_file_is_secret(err, path);
}
