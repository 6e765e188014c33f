// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rollup/test_support.h"

#include <jansson.h>
#include <stdlib.h>

#include "codec/rlp.h"
#include "hash/keccak.h"
#include "sign/keys.h"

// --- transactions ---

void test_key(uint8_t key[32], uint64_t i) {
    pp_hash32 h;
    uint8_t bytes[8];
    pp_store_le64(bytes, i);
    pp_keccak256(&h, bytes, sizeof bytes);
    memcpy(key, h.b, 32);
}

pp_address test_address(uint64_t i) {
    uint8_t key[32];
    pp_address address = {{0}};
    test_key(key, i);
    bool ok = pp_sign_address(&address, key);
    PP_ASSERT(ok);
    return address;
}

typedef struct buffer {
    size_t size;
    uint8_t data[RAW_MAX];
} buffer;

static void add(buffer *b, const void *data, size_t size) {
    PP_ASSERT(size <= RAW_MAX - b->size);
    if (size) memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void add_string(buffer *b, const uint8_t *data, size_t size) {
    uint8_t header[9];
    if (size != 1 || data[0] >= 0x80) add(b, header, pp_rlp_header(header, false, size));
    add(b, data, size);
}

static void add_list(buffer *b, const buffer *items) {
    uint8_t header[9];
    add(b, header, pp_rlp_header(header, true, items->size));
    add(b, items->data, items->size);
}

static void add_u256(buffer *b, const pp_u256 *x) {
    uint8_t be[32];
    size_t zeros = 0;
    pp_u256_store_be(be, x);
    while (zeros < 32 && be[zeros] == 0) zeros++;
    add_string(b, be + zeros, 32 - zeros);
}

static void add_u64(buffer *b, uint64_t v) {
    pp_u256 x = pp_u256_from_u64(v);
    add_u256(b, &x);
}

static void add_access_list(buffer *b, const tx_spec *spec) {
    static buffer list, entry, keys;
    list.size = 0;
    for (unsigned i = 0; i < spec->access_addresses; i++) {
        uint8_t bytes[32] = {(uint8_t)i};
        entry.size = keys.size = 0;
        for (unsigned k = 0; k < spec->access_keys; k++) add_string(&keys, bytes, 32);
        add_string(&entry, bytes, 20);
        add_list(&entry, &keys);
        add_list(&list, &entry);
    }
    add_list(b, &list);
}

// The fields that are signed, without the list's header.
static void add_fields(buffer *b, const tx_spec *spec) {
    static const uint8_t zeros[RAW_MAX];
    uint8_t data[RAW_MAX];
    memset(data, 0x5a, sizeof data);
    if (spec->type != 0) add_u64(b, spec->chain_id);
    add_u64(b, spec->nonce);
    if (spec->type == 2) add_u256(b, &spec->tip_cap);
    add_u256(b, &spec->fee_cap);
    add_u64(b, spec->gas_limit);
    add_string(b, spec->creates ? zeros : spec->to.b, spec->creates ? 0 : 20);
    add_u256(b, &spec->value);
    add_string(b, data, spec->data_size);
    if (spec->type != 0) add_access_list(b, spec);
}

// Spoils a signature in the way asked for.
static void spoil(pp_u256 *r, pp_u256 *s, uint64_t *parity, enum spec_signature how) {
    pp_u256 order, zero = pp_u256_from_u64(0);
    bool ok =
        pp_u256_parse(&order, "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    switch (how) {
    case SIG_GOOD:
        break;
    case SIG_HIGH_S:
        ok = ok && pp_u256_sub(s, &order, s);
        *parity ^= 1;
        break;
    case SIG_ZERO_R:
        *r = zero;
        break;
    case SIG_ZERO_S:
        *s = zero;
        break;
    case SIG_BIG_R:
        *r = order;
        break;
    case SIG_PARITY:
        *parity = 2;
        break;
    }
    PP_ASSERT(ok);
}

// What v is in a transaction of this kind; a parity of 2 becomes what is neither 0 nor 1.
static uint64_t v_of(const tx_spec *spec, uint64_t parity) {
    if (spec->type != 0) return parity;
    if (spec->chain_id == SPEC_UNPROTECTED || parity > 1) return 27 + parity;
    return 35 + 2 * spec->chain_id + parity;
}

static void add_signature(buffer *b, const tx_spec *spec, const pp_hash32 *digest, uint64_t from) {
    uint8_t key[32], sig[PP_SIGNATURE_SIZE];
    pp_u256 r, s;
    test_key(key, from);
    bool ok = pp_sign_make(sig, digest, key);
    PP_ASSERT(ok);
    uint64_t parity = sig[64];
    pp_u256_load_be(&r, sig);
    pp_u256_load_be(&s, sig + 32);
    spoil(&r, &s, &parity, spec->signature);
    add_u64(b, v_of(spec, parity));
    add_u256(b, &r);
    add_u256(b, &s);
}

void sign_tx(raw_tx *out, const tx_spec *spec, uint64_t from) {
    static buffer fields, body, whole;
    fields.size = body.size = whole.size = 0;
    uint8_t type = (uint8_t)spec->type;
    add_fields(&fields, spec);
    add(&body, fields.data, fields.size);
    if (spec->type == 0 && spec->chain_id != SPEC_UNPROTECTED) {
        add_u64(&body, spec->chain_id);
        add_u64(&body, 0);
        add_u64(&body, 0);
    }
    if (type != 0) add(&whole, &type, 1);
    add_list(&whole, &body);
    pp_hash32 digest;
    pp_keccak256(&digest, whole.data, whole.size);
    add_signature(&fields, spec, &digest, from);
    whole.size = 0;
    if (type != 0) add(&whole, &type, 1);
    add_list(&whole, &fields);
    out->size = whole.size;
    memcpy(out->data, whole.data, whole.size);
}

// --- the mainnet block ---

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    PP_ASSERT(text);
    return text;
}

static uint64_t number_of(const json_t *object, const char *name) {
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

static void read_txs(block *b, const json_t *txs) {
    b->txs_len = json_array_size(txs);
    b->txs = calloc(b->txs_len, sizeof *b->txs);
    b->plain = calloc(b->txs_len, sizeof *b->plain);
    PP_ASSERT(b->txs && b->plain);
    for (size_t i = 0; i < b->txs_len; i++) {
        const json_t *tx = json_array_get(txs, i);
        const char *raw = text_of(tx, "raw");
        size_t size = (strlen(raw) - 2) / 2;
        uint8_t *data = malloc(size);
        bool ok = data && pp_hex_decode(data, size, raw);
        PP_ASSERT(ok);
        b->txs[i] = (pp_bytes){data, size};
        b->plain[i] = json_is_true(json_object_get(tx, "plain_transfer"));
    }
}

static void read_accounts(block *b, json_t *accounts) {
    const char *name;
    json_t *value;
    size_t i = 0;
    b->accounts_len = json_object_size(accounts);
    b->accounts = calloc(b->accounts_len, sizeof *b->accounts);
    PP_ASSERT(b->accounts);
    json_object_foreach(accounts, name, value) {
        block_account *a = &b->accounts[i++];
        bool ok = pp_hex_decode(a->address.b, 20, name) &&
                  pp_u256_parse(&a->account.balance, text_of(value, "balance"));
        PP_ASSERT(ok);
        a->account.nonce = number_of(value, "nonce");
    }
}

const block *load_block(void) {
    static block b;
    if (b.txs_len) return &b;
    json_error_t error;
    json_t *file = json_load_file(PP_SOURCE_DIR "/examples/mainnet-22244135.json", 0, &error);
    if (!file) {
        pp_test_fail(__FILE__, __LINE__, "examples/mainnet-22244135.json: %s", error.text);
        return NULL;
    }
    b.env = (pp_rollup_env){.chain_id = number_of(file, "chain_id"),
                            .timestamp = 1000 * number_of(file, "timestamp"),
                            .base_fee = number_of(file, "base_fee_per_gas"),
                            .gas_limit = number_of(file, "gas_limit")};
    bool ok = pp_hex_decode(b.env.fee_recipient.b, 20, text_of(file, "fee_recipient"));
    PP_ASSERT(ok);
    read_txs(&b, json_object_get(file, "transactions"));
    read_accounts(&b, json_object_get(file, "accounts_before"));
    json_decref(file);
    return &b;
}

// --- batches ---

void ran_free(ran *r) {
    free(r->results);
    free(r->input);
    memset(r, 0, sizeof *r);
}

pp_store *store_of(pp_digest *root, const block_account *accounts, size_t len) {
    pp_err err;
    pp_store *store;
    pp_state state;
    pp_digest empty;
    pp_state_empty_root(&empty);
    bool ok = pp_store_open(&err, &store, NULL, PP_STORE_MEMORY) &&
              pp_store_view(&err, store, &state, &empty);
    for (size_t i = 0; ok && i < len; i++)
        ok = pp_state_put(&state, &accounts[i].address, &accounts[i].account) == PP_STATE_OK;
    ok = ok && pp_store_commit(&err, store, &state, root);
    PP_ASSERT(ok);
    pp_state_close(&state);
    return store;
}

static void encode_input(ran *r, const pp_state *state, const pp_rollup_content *content,
                         const pp_digest *old_root) {
    size_t proof_size = pp_state_proof(state, NULL, 0);
    uint8_t *proof = malloc(proof_size);
    PP_ASSERT(proof);
    size_t again = pp_state_proof(state, proof, proof_size);
    PP_ASSERT(again == proof_size);
    pp_bytes p = {proof, proof_size};
    r->input_size = pp_rollup_input_encode(NULL, 0, content, old_root, p);
    r->input = malloc(r->input_size);
    PP_ASSERT(r->input);
    again = pp_rollup_input_encode(r->input, r->input_size, content, old_root, p);
    PP_ASSERT(again == r->input_size);
    free(proof);
}

bool run_content(ran *r, pp_store *store, pp_digest *root, const pp_rollup_content *content) {
    pp_err err;
    pp_state state;
    pp_digest old_root = *root;
    memset(r, 0, sizeof *r);
    r->results = calloc(content->forced_len + content->txs_len + 1, sizeof *r->results);
    PP_ASSERT(r->results);
    if (!pp_store_view(&err, store, &state, root)) {
        pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        return false;
    }
    pp_state_status st =
        pp_rollup_batch(&state, &r->output, r->results, &r->totals, content, &old_root);
    bool ok = st == PP_STATE_OK && pp_store_commit(&err, store, &state, root) &&
              pp_digest_eq(root, &r->output.new_root);
    if (ok)
        encode_input(r, &state, content, &old_root);
    else
        pp_test_fail(__FILE__, __LINE__, "batch: %s", pp_state_status_name(st));
    pp_state_close(&state);
    return ok;
}

bool run_native(ran *r, pp_store *store, pp_digest *root, const pp_rollup_env *env,
                const pp_bytes *txs, size_t txs_len) {
    pp_rollup_content content = {.env = *env, .txs = txs, .txs_len = txs_len};
    return run_content(r, store, root, &content);
}

static const pp_program *guest_program(void) {
    static pp_program program;
    static uint8_t *file;
    size_t size;
    pp_err err;
    if (file) return &program;
    if (!pp_file_read(&err, &file, &size, PP_SOURCE_DIR "/guest/batch/batch.elf", 16 << 20)) {
        pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        return NULL;
    }
    pp_elf_code code = pp_elf_load(&program, (pp_bytes){file, size});
    if (code == PP_ELF_OK) return &program;
    pp_test_fail(__FILE__, __LINE__, "batch.elf: %s", pp_elf_reason(code));
    return NULL;
}

uint64_t run_guest(pp_bytes input, const pp_rollup_output *expected) {
    const pp_program *program = guest_program();
    pp_vm_result r;
    pp_err err;
    if (!program) return 0;
    if (!pp_vm_run(&err, &r, program, input, NULL)) {
        pp_test_fail(__FILE__, __LINE__, "%s", err.text);
        return 0;
    }
    uint8_t bytes[PP_ROLLUP_OUTPUT_SIZE];
    if (expected) pp_rollup_output_encode(bytes, expected);
    bool same = expected ? pp_vm_ok(&r) && r.output_size == sizeof bytes &&
                               memcmp(r.output, bytes, sizeof bytes) == 0
                         : r.status == PP_VM_HALTED && r.exit_code == 1 && r.output_size == 0;
    char text[PP_VM_DESCRIBE_MAX];
    if (!same) pp_test_fail(__FILE__, __LINE__, "guest: %s", pp_vm_describe(text, &r));
    return same ? r.cycles : 0;
}
