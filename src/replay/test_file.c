// SPDX-License-Identifier: MIT OR Apache-2.0
#include "replay/file.h"

#include <stdio.h>

#include "base/test.h"

static const char whole[] =
    "{\"number\": 7, \"timestamp\": 1744355675, \"base_fee_per_gas\": \"0x10\", \"chain_id\": 1,\n"
    " \"fee_recipient\": \"0x00000000000000000000000000000000000000fe\",\n"
    " \"transactions\": [{\"raw\": \"0x01\"}, {\"raw\": \"0x0203\", \"extra\": null}],\n"
    " \"accounts_before\": {\n"
    "  \"0x00000000000000000000000000000000000000bb\": {\"balance\": \"0xff\", \"nonce\": 3},\n"
    "  \"0x00000000000000000000000000000000000000aa\": {\"balance\": \"12\", \"nonce\": 0, "
    "\"code\": true}}}\n";

static bool parse(pp_err *err, pp_replay_file *file, const char *text) {
    return pp_replay_file_parse(err, file, "f.json", text, strlen(text));
}

PP_TEST(a_whole_file) {
    pp_err err = {0};
    pp_replay_file f;
    REQUIRE(parse(&err, &f, whole));
    CHECK_EQ(f.number, 7);
    CHECK_EQ(f.base_fee, 16);
    CHECK_EQ(f.fee_recipient.b[19], 0xfe);
    CHECK_EQ(f.transactions_len, 2);
    CHECK_EQ(f.transactions[1].size, 2);
    CHECK_EQ(f.transactions[1].data[1], 3);
    CHECK_EQ(f.accounts_len, 2);
    CHECK_EQ(f.accounts[0].address.b[19], 0xaa);
    CHECK(f.accounts[0].code && !f.accounts[1].code);
    CHECK_EQ(f.accounts[1].balance.v[0], 255);
    CHECK(pp_replay_file_account(&f, &f.accounts[1].address) == &f.accounts[1]);
    pp_replay_file_free(&f);
}

// Replaces the first `from` in the whole file; the sentence must be exactly `sentence`.
static void expect(const char *from, const char *to, const char *sentence) {
    char text[2048];
    const char *at = strstr(whole, from);
    PP_ASSERT(at != NULL);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
    pp_err err = {0};
    pp_replay_file f;
    CHECK(!parse(&err, &f, text));
    CHECK_STR(err.text, sentence);
    CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
}

PP_TEST(every_malformed_shape_is_named_with_its_place) {
    expect("\"number\": 7,", "", "f.json: number: missing");
    expect("7", "-7", "f.json: number: negative");
    expect("7", "[]", "f.json: number: not a whole number");
    expect("7", "\"0x10000000000000000\"", "f.json: number: does not fit 64 bits");
    expect("1744355675", "1744355675000", "f.json: timestamp: later than the year 2106");
    expect("\"0x10\"", "1.5", "f.json: base_fee_per_gas: not a whole number");
    expect("\"0x00000000000000000000000000000000000000fe\"", "\"0xfe\"",
           "f.json: fee_recipient: not a 0x… address of 20 bytes");
    expect("\"transactions\"", "\"txs\"", "f.json: transactions: missing");
    expect("[{\"raw\": \"0x01\"}, {\"raw\": \"0x0203\", \"extra\": null}]", "{}",
           "f.json: transactions: not an array");
    expect("[{\"raw\": \"0x01\"}, {\"raw\": \"0x0203\", \"extra\": null}]", "[]",
           "f.json: transactions: empty: nothing to replay");
    expect("{\"raw\": \"0x01\"}", "3", "f.json: transactions[0]: not an object");
    expect("\"0x01\"", "1", "f.json: transactions[0].raw: not a 0x… string of at least one byte");
    expect("0x0203", "0x023", "f.json: transactions[1].raw: not a 0x… string of whole bytes");
    expect("0x0203", "020304", "f.json: transactions[1].raw: not a 0x… string of whole bytes");
    expect("\"extra\": null", "\"hash\": \"0x00\"",
           "f.json: transactions[1].hash: not a 0x… hash of 32 bytes");
    expect("\"extra\": null",
           "\"hash\": \"0x0000000000000000000000000000000000000000000000000000000000000001\"",
           "f.json: transactions[1].hash: is not the Keccak-256 of the raw bytes");
    expect("\"accounts_before\"", "\"accounts\"", "f.json: accounts_before: missing");
    expect("0x00000000000000000000000000000000000000bb", "0xbb",
           "f.json: accounts_before[\"0xbb\"]: not a 0x… address of 20 bytes");
    expect("\"0xff\"", "255",
           "f.json: accounts_before[\"0x00000000000000000000000000000000000000bb\"].balance: not a "
           "whole number of wei as a string, 0x… or decimal, below 2^256");
    expect("\"nonce\": 3", "\"nonce\": 3.0",
           "f.json: accounts_before[\"0x00000000000000000000000000000000000000bb\"].nonce: not a "
           "whole number");
    expect("true", "1",
           "f.json: accounts_before[\"0x00000000000000000000000000000000000000aa\"].code: neither "
           "true nor false");
    expect("0x00000000000000000000000000000000000000aa",
           "0x00000000000000000000000000000000000000BB",
           "f.json: accounts_before[\"0x00000000000000000000000000000000000000bb\"]: there twice");
    expect("\"number\": 7", "\"number\": 7, \"number\": 8",
           "f.json: line 1, column 22: not JSON: duplicate object key near '\"number\"'");
}

PP_TEST(a_file_cut_off_anywhere_is_refused) {
    for (size_t size = 0; size + 2 < sizeof whole; size++) {
        pp_err err = {0};
        pp_replay_file f;
        CHECK(!pp_replay_file_parse(&err, &f, "f.json", whole, size));
        CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
    }
}

static void check_mainnet(const char *path) {
    pp_err err = {0};
    pp_replay_file f;
    REQUIRE(pp_replay_file_load(&err, &f, path));
    CHECK_EQ(f.number, 22244135);
    CHECK_EQ(f.transactions_len, 125);
    CHECK_EQ(f.accounts_len, 179);
    CHECK_EQ(f.base_fee, 455322412);
    pp_replay_file_free(&f);
}

PP_TEST(the_carried_mainnet_block_loads_and_every_hash_is_right) {
    check_mainnet(PP_SOURCE_DIR "/examples/mainnet-22244135.json");
}
