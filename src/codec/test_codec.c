// SPDX-License-Identifier: MIT OR Apache-2.0
#include <jansson.h>
#include <stdio.h>

#include "base/test.h"
#include "codec/address.h"
#include "codec/rlp.h"
#include "codec/tx.h"
#include "codec/wallet.h"
#include "sign/keys.h"
#include "sign/sign.h"

static size_t bytes_of(uint8_t *out, const char *hex) {
    size_t size = strlen(hex) / 2;
    PP_ASSERT(pp_hex_decode(out, size, hex));
    return size;
}

static bool one_item(const char *hex) {
    uint8_t bytes[128];
    pp_bytes in = {bytes, bytes_of(bytes, hex)};
    pp_rlp_item item;
    return pp_rlp_next(&item, &in) && in.size == 0;
}

PP_TEST(rlp_is_read_strictly) {
    CHECK(one_item("7f"));
    CHECK(one_item("80"));
    CHECK(one_item("8180"));
    CHECK(!one_item("817f")); // a small byte with a prefix
    CHECK(!one_item("8100"));
    CHECK(one_item("83646f67"));
    CHECK(!one_item("83646f")); // cut short
    CHECK(one_item("c0"));
    CHECK(one_item("c88363617483646f67"));
    CHECK(!one_item("b800")); // long forms for short payloads
    CHECK(!one_item("f800"));
    CHECK(!one_item("b90001ff"));
    CHECK(!one_item("b8380102"));
    CHECK(!one_item("bfffffffffffffffff"));
    CHECK(!one_item(""));
    char longer[2 * 58 + 1] = "b838";
    memset(longer + 4, '1', 2 * 56);
    longer[2 * 58] = 0;
    CHECK(one_item(longer));
    longer[3] = '7';
    CHECK(!one_item(longer)); // 55 bytes in the long form
}

PP_TEST(rlp_integers_have_no_leading_zeros) {
    uint8_t bytes[64];
    uint64_t v;
    pp_bytes in = {bytes, bytes_of(bytes, "820400")};
    CHECK(pp_rlp_u64(&v, &in) && v == 1024);
    in = (pp_bytes){bytes, bytes_of(bytes, "80")};
    CHECK(pp_rlp_u64(&v, &in) && v == 0);
    in = (pp_bytes){bytes, bytes_of(bytes, "00")};
    CHECK(!pp_rlp_u64(&v, &in) && in.size == 1);
    in = (pp_bytes){bytes, bytes_of(bytes, "820004")};
    CHECK(!pp_rlp_u64(&v, &in));
    in = (pp_bytes){bytes, bytes_of(bytes, "89010000000000000000")};
    CHECK(!pp_rlp_u64(&v, &in));
    pp_u256 wide;
    CHECK(pp_rlp_u256(&wide, &in) && wide.v[1] == 1);
}

// The worked example of EIP-155.
PP_TEST(eip_155_example) {
    uint8_t raw[256];
    size_t size =
        bytes_of(raw, "f86c098504a817c800825208943535353535353535353535353535353535353535880"
                      "de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63"
                      "e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297"
                      "fb1966a3b6d83");
    pp_tx tx;
    REQUIRE(pp_tx_decode(&tx, (pp_bytes){raw, size}) == PP_TX_OK);
    char text[65];
    pp_hex_encode(text, tx.signing_hash.b, 32);
    CHECK_STR(text, "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    CHECK_EQ(tx.chain_id, 1);
    CHECK_EQ(tx.nonce, 9);
    CHECK_EQ(tx.gas_limit, 21000);
    pp_address sender;
    REQUIRE(pp_tx_sender(&sender, &tx));
    pp_hex_encode(text, sender.b, 20);
    CHECK_STR(text, "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    CHECK(pp_tx_decode(&tx, (pp_bytes){raw, size - 1}) == PP_TX_MALFORMED);
    raw[size] = 0x80;
    CHECK(pp_tx_decode(&tx, (pp_bytes){raw, size + 1}) == PP_TX_MALFORMED);
}

PP_TEST(types_are_told_apart) {
    pp_tx tx;
    const struct {
        uint8_t first;
        pp_tx_status status;
    } cases[] = {{0, PP_TX_UNKNOWN_TYPE},    {1, PP_TX_MALFORMED},
                 {2, PP_TX_MALFORMED},       {3, PP_TX_BLOB},
                 {4, PP_TX_SET_CODE},        {5, PP_TX_UNKNOWN_TYPE},
                 {0x7f, PP_TX_UNKNOWN_TYPE}, {0x80, PP_TX_MALFORMED},
                 {0xc0, PP_TX_MALFORMED}};
    for (size_t i = 0; i < PP_COUNT(cases); i++)
        CHECK_EQ(pp_tx_decode(&tx, (pp_bytes){&cases[i].first, 1}), cases[i].status);
    CHECK_EQ(pp_tx_decode(&tx, (pp_bytes){NULL, 0}), PP_TX_MALFORMED);
}

static void check_hex(const uint8_t *have, size_t size, const json_t *object, const char *name) {
    uint8_t want[32];
    const char *text = json_string_value(json_object_get(object, name));
    REQUIRE(text != NULL && pp_hex_decode(want, size, text));
    CHECK_MEM(have, want, size);
}

// Real transactions with hash and sender as mainnet has them; half of them cut and extended.
PP_TEST(a_mainnet_block_decodes_hashes_and_recovers) {
    json_t *root = json_load_file(PP_SOURCE_DIR "/examples/mainnet-22244135.json", 0, NULL);
    REQUIRE(root != NULL);
    const json_t *list = json_object_get(root, "transactions");
    CHECK_EQ(json_array_size(list), 125);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i);
        const char *hex = json_string_value(json_object_get(t, "raw"));
        static uint8_t raw[131072];
        size_t size = strlen(hex) / 2 - 1;
        REQUIRE(size < sizeof raw && pp_hex_decode(raw, size, hex));
        pp_tx tx;
        REQUIRE(pp_tx_decode(&tx, (pp_bytes){raw, size}) == PP_TX_OK);
        check_hex(tx.hash.b, 32, t, "hash");
        check_hex(tx.to.b, 20, t, "to");
        CHECK_EQ((json_int_t)tx.type, json_integer_value(json_object_get(t, "type")));
        pp_u256 value;
        CHECK(pp_u256_parse(&value, json_string_value(json_object_get(t, "value"))));
        CHECK(pp_u256_cmp(&value, &tx.value) == 0);
        pp_address sender, portable;
        REQUIRE(pp_tx_sender(&sender, &tx));
        check_hex(sender.b, 20, t, "from");
        CHECK(pp_sign_recover_portable(&portable, &tx.signing_hash, tx.r, tx.s, tx.parity));
        CHECK(pp_address_eq(&sender, &portable));
        CHECK(pp_tx_decode(&tx, (pp_bytes){raw, size - 1}) == PP_TX_MALFORMED);
        raw[size] = 0;
        CHECK(pp_tx_decode(&tx, (pp_bytes){raw, size + 1}) == PP_TX_MALFORMED);
    }
    json_decref(root);
}

// What the wallet signs is what everybody reads, at the edges of every field.
PP_TEST(a_transfer_is_read_back) {
    static const uint64_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, UINT32_MAX, (uint64_t)1 << 62};
    pp_address from, sender;
    uint8_t key[32] = {0};
    key[31] = 9;
    REQUIRE(pp_sign_address(&from, key));
    for (size_t i = 0; i < PP_COUNT(edges) * PP_COUNT(edges); i++) {
        uint64_t a = edges[i % PP_COUNT(edges)], b = edges[i / PP_COUNT(edges)];
        pp_transfer t = {.chain_id = b + 1,
                         .nonce = a,
                         .tip_cap = b,
                         .fee_cap = a,
                         .gas_limit = b,
                         .value = pp_u256_from_u128(((pp_u128)a << 64) + b)};
        memset(t.to.b, (int)i, sizeof t.to.b);
        uint8_t raw[PP_TRANSFER_SIZE_MAX];
        pp_tx tx;
        size_t size = pp_transfer_sign(raw, &t, key);
        REQUIRE(size > 0 && pp_tx_decode(&tx, (pp_bytes){raw, size}) == PP_TX_OK);
        CHECK(tx.type == PP_TX_1559 && tx.chain_id == t.chain_id && tx.nonce == a);
        CHECK(tx.gas_limit == b && !tx.creates && pp_address_eq(&tx.to, &t.to));
        CHECK(pp_u256_cmp(&tx.value, &t.value) == 0 && tx.data.size == 0);
        CHECK(pp_tx_sender(&sender, &tx) && pp_address_eq(&sender, &from));
    }
    memset(key, 0, sizeof key);
    uint8_t raw[PP_TRANSFER_SIZE_MAX];
    CHECK_EQ(pp_transfer_sign(raw, &(pp_transfer){.chain_id = 1}, key), 0);
}

// The examples of EIP-55, each with one letter's case turned, and without a checksum.
PP_TEST(addresses_have_a_checksum) {
    static const char *const right[] = {
        "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"};
    for (size_t i = 0; i < PP_COUNT(right); i++) {
        char text[PP_ADDRESS_TEXT], other[PP_ADDRESS_TEXT];
        pp_address address, again;
        REQUIRE(pp_address_read(&address, right[i]) == PP_ADDRESS_GOOD);
        CHECK(strcmp(pp_address_text(text, &address), right[i]) == 0);
        for (size_t k = 2; k < 42; k++) {
            snprintf(other, sizeof other, "%s", right[i]);
            if (other[k] < 'A') continue;
            other[k] ^= 0x20;
            // The first four have letters of one case only: one turned is both.
            CHECK(pp_address_read(&again, other) == PP_ADDRESS_CHECKSUM);
        }
        for (char *c = text + 2; *c != 0; c++)
            if (*c >= 'A' && *c <= 'F') *c += 'a' - 'A';
        CHECK(pp_address_read(&again, text) == PP_ADDRESS_GOOD && pp_address_eq(&again, &address));
        text[41] = 0;
        CHECK(pp_address_read(&again, text) == PP_ADDRESS_FORMAT);
        snprintf(other, sizeof other, "%s", right[i]);
        other[20] = 'g';
        CHECK(pp_address_read(&again, other) == PP_ADDRESS_FORMAT);
    }
}
