// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly key new, seal, address: secret keys in keystore files.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/words.h"
#include "codec/address.h"
#include "keystore/keystore.h"
#include "sign/keys.h"

static int print_address(const uint8_t key[32]) {
    pp_address address;
    char text[PP_ADDRESS_TEXT];
    if (!pp_sign_address(&address, key)) PP_ASSERT(false); // it was looked at
    puts(pp_address_text(text, &address));
    return pp_cli_flush();
}

static bool is_new(pp_err *err, const char *path) {
    return access(path, F_OK) != 0 ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: already there; nothing was changed", path);
}

static bool write_sealed(pp_err *err, const char *path, const uint8_t key[32]) {
    char password[PP_KEYSTORE_PASSWORD];
    if (!is_new(err, path) || !pp_cli_password(err, password, path, true)) return false;
    char *text = pp_keystore_seal(err, key, password, PP_KEYSTORE_LOG_N);
    explicit_bzero(password, sizeof password);
    bool ok = text != NULL && pp_file_write(err, path, text, strlen(text), 0600);
    free(text);
    return ok;
}

static int make(int argc, char **argv) {
    uint8_t key[32];
    pp_err err;
    bool hex = argc == 3 && strcmp(argv[2], "--hex") == 0;
    if ((argc != 2 && !hex) || argv[1][0] == '-')
        return pp_cli_usage("key new", "one file, please, and --hex or nothing");
    if (!is_new(&err, argv[1]) || !pp_sign_key_draw(&err, key)) return pp_cli_fail(&err);
    char text[66];
    pp_hex_encode(text, key, 32);
    text[64] = '\n';
    bool ok = hex ? pp_file_write(&err, argv[1], text, 65, 0600) : write_sealed(&err, argv[1], key);
    explicit_bzero(text, sizeof text);
    int code = ok ? print_address(key) : pp_cli_fail(&err);
    explicit_bzero(key, sizeof key);
    return code;
}

const pp_cli_command pp_cmd_key_new = {
    "key new", "draw a secret key into a keystore file",
    "usage: polypoly key new FILE [--hex]\n"
    "\n"
    "Draws a key from the system's generator, writes it into FILE (mode 0600) and prints its "
    "address.\n"
    "FILE is a keystore as Ethereum's wallets know it (Web3 Secret Storage, scrypt), under a "
    "password\n"
    "that is asked for on the terminal, or is the first line of the file that the environment's\n"
    "POLYPOLY_PASSWORD_FILE names. --hex: 64 hex digits instead, without a password.\n"
    "\n"
    "example: polypoly key new mine.json\n"
    "         polypoly rollup send --to 0x… --value 0.05 --key-file mine.json\n"
    "\n"
    "Exit codes: 0 made; 2 usage, or FILE is there already, or it cannot be written.\n",
    make};

static int seal(int argc, char **argv) {
    uint8_t key[32];
    pp_err err;
    if (argc != 3 || argv[1][0] == '-' || argv[2][0] == '-')
        return pp_cli_usage("key seal", "two files, please: the key's, and the new one");
    bool ok = pp_cli_key(&err, key, argv[1]) && write_sealed(&err, argv[2], key);
    int code = ok ? print_address(key) : pp_cli_fail(&err);
    explicit_bzero(key, sizeof key);
    return code;
}

const pp_cli_command pp_cmd_key_seal = {
    "key seal", "put a key under a password",
    "usage: polypoly key seal FILE NEW\n"
    "\n"
    "Writes the key of FILE (64 hex digits, or a keystore) into NEW, a keystore under a password "
    "that\n"
    "is asked for as polypoly key new does. FILE is left as it is: remove it when NEW opens.\n"
    "\n"
    "example: polypoly key seal data/up/keys/wallet.key wallet.json\n"
    "\n"
    "Exit codes: 0 made; 1 FILE's password is wrong; 2 usage, or a file cannot be used.\n",
    seal};

static int address(int argc, char **argv) {
    uint8_t key[32];
    pp_err err;
    if (argc != 2 || argv[1][0] == '-') return pp_cli_usage("key address", "one file, please");
    int code = pp_cli_key(&err, key, argv[1]) ? print_address(key) : pp_cli_fail(&err);
    explicit_bzero(key, sizeof key);
    return code;
}

const pp_cli_command pp_cmd_key_address = {
    "key address", "whose key a file holds",
    "usage: polypoly key address FILE\n"
    "\n"
    "Prints the address of the key in FILE, a keystore or 64 hex digits. A keystore's password is "
    "asked\n"
    "for, for what stands beside the key is not believed.\n"
    "\n"
    "example: polypoly key address mine.json\n"
    "\n"
    "Exit codes: 0 told; 1 the password is wrong; 2 usage, or there is no key.\n",
    address};
