// SPDX-License-Identifier: MIT OR Apache-2.0
#include "replay/file.h"

#include <jansson.h>
#include <stdlib.h>

#include "hash/keccak.h"

// Where the reader stands, for its sentences: "FILE: PLACE: what".
typedef struct {
    pp_err *err;
    const char *name;
    char place[128];
} reader;

static bool bad(const reader *r, const char *what) {
    return pp_err_set(r->err, PP_EXIT_USAGE, "%s: %s: %s", r->name, r->place, what);
}

static bool read_u64(reader *r, uint64_t *out, const json_t *value) {
    if (value == NULL) return bad(r, "missing");
    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0) return bad(r, "negative");
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    pp_u256 wide;
    if (!json_is_string(value) || !pp_u256_parse(&wide, json_string_value(value)))
        return bad(r, "not a whole number");
    if ((wide.v[1] | wide.v[2] | wide.v[3]) != 0) return bad(r, "does not fit 64 bits");
    *out = wide.v[0];
    return true;
}

static bool read_hex(reader *r, uint8_t *out, size_t size, const char *text, const char *what) {
    if (text != NULL && text[0] == '0' && text[1] == 'x' && pp_hex_decode(out, size, text))
        return true;
    return bad(r, what);
}

static bool read_address(reader *r, pp_address *out, const json_t *value) {
    if (value == NULL) return bad(r, "missing");
    return read_hex(r, out->b, 20, json_string_value(value), "not a 0x… address of 20 bytes");
}

// ---- transactions -----------------------------------------------------------------------------

static bool check_hash(reader *r, pp_bytes raw, const json_t *transaction) {
    const json_t *value = json_object_get(transaction, "hash");
    if (value == NULL) return true;
    pp_hash32 stated, real;
    if (!read_hex(r, stated.b, 32, json_string_value(value), "not a 0x… hash of 32 bytes"))
        return false;
    pp_keccak256(&real, raw.data, raw.size);
    return pp_hash32_eq(&stated, &real) || bad(r, "is not the Keccak-256 of the raw bytes");
}

// Decodes transaction i to the front of `raw`, which has room for it.
static bool read_transaction(reader *r, pp_bytes *out, uint8_t *raw, const json_t *list, size_t i) {
    const json_t *transaction = json_array_get(list, i);
    snprintf(r->place, sizeof r->place, "transactions[%zu]", i);
    if (!json_is_object(transaction)) return bad(r, "not an object");
    snprintf(r->place, sizeof r->place, "transactions[%zu].raw", i);
    const json_t *value = json_object_get(transaction, "raw");
    if (value == NULL) return bad(r, "missing");
    size_t length = json_string_length(value); // 0 where it is no string
    size_t size = length / 2 - (length >= 2);
    if (length < 4) return bad(r, "not a 0x… string of at least one byte");
    if (size > PP_REPLAY_RAW_MAX) return bad(r, "more than 131072 bytes");
    if (!read_hex(r, raw, size, json_string_value(value), "not a 0x… string of whole bytes"))
        return false;
    *out = (pp_bytes){raw, size};
    snprintf(r->place, sizeof r->place, "transactions[%zu].hash", i);
    return check_hash(r, *out, transaction);
}

static bool read_transactions(reader *r, pp_replay_file *file, const json_t *root) {
    snprintf(r->place, sizeof r->place, "transactions");
    const json_t *list = json_object_get(root, "transactions");
    if (list == NULL) return bad(r, "missing");
    if (!json_is_array(list)) return bad(r, "not an array");
    size_t count = json_array_size(list), room = 1;
    if (count == 0) return bad(r, "empty: nothing to replay");
    for (size_t i = 0; i < count; i++)
        room += json_string_length(json_object_get(json_array_get(list, i), "raw")) / 2;
    file->raw = malloc(room);
    file->transactions = calloc(count, sizeof *file->transactions);
    if (file->raw == NULL || file->transactions == NULL) return bad(r, "no memory for these many");
    uint8_t *next = file->raw;
    for (size_t i = 0; i < count; i++) {
        if (!read_transaction(r, &file->transactions[i], next, list, i)) return false;
        next += file->transactions[i].size;
    }
    file->transactions_len = count;
    return true;
}

// ---- accounts ---------------------------------------------------------------------------------

static bool read_account(reader *r, pp_replay_account *out, const char *key, const json_t *value) {
    snprintf(r->place, sizeof r->place, "accounts_before[\"%.60s\"]", key);
    if (!read_hex(r, out->address.b, 20, key, "not a 0x… address of 20 bytes")) return false;
    if (!json_is_object(value)) return bad(r, "not an object");
    snprintf(r->place, sizeof r->place, "accounts_before[\"%.60s\"].balance", key);
    const json_t *balance = json_object_get(value, "balance");
    if (balance == NULL) return bad(r, "missing");
    const char *text = json_string_value(balance);
    if (text == NULL || !pp_u256_parse(&out->balance, text))
        return bad(r, "not a whole number of wei as a string, 0x… or decimal, below 2^256");
    snprintf(r->place, sizeof r->place, "accounts_before[\"%.60s\"].nonce", key);
    if (!read_u64(r, &out->nonce, json_object_get(value, "nonce"))) return false;
    snprintf(r->place, sizeof r->place, "accounts_before[\"%.60s\"].code", key);
    const json_t *code = json_object_get(value, "code");
    if (code != NULL && !json_is_boolean(code)) return bad(r, "neither true nor false");
    out->code = json_is_true(code);
    return true;
}

static int by_address(const void *a, const void *b) {
    return memcmp(((const pp_replay_account *)a)->address.b,
                  ((const pp_replay_account *)b)->address.b, 20);
}

static bool read_accounts(reader *r, pp_replay_file *file, json_t *root) {
    snprintf(r->place, sizeof r->place, "accounts_before");
    json_t *object = json_object_get(root, "accounts_before");
    if (object == NULL) return bad(r, "missing");
    if (!json_is_object(object)) return bad(r, "not an object");
    size_t count = json_object_size(object);
    file->accounts = calloc(count + 1, sizeof *file->accounts);
    if (file->accounts == NULL) return bad(r, "no memory for these many");
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (!read_account(r, &file->accounts[file->accounts_len], key, value)) return false;
        file->accounts_len++;
    }
    qsort(file->accounts, count, sizeof *file->accounts, by_address);
    for (size_t i = 1; i < count; i++) {
        if (by_address(&file->accounts[i - 1], &file->accounts[i]) != 0) continue;
        char hex[41];
        pp_hex_encode(hex, file->accounts[i].address.b, 20);
        snprintf(r->place, sizeof r->place, "accounts_before[\"0x%s\"]", hex);
        return bad(r, "there twice");
    }
    return true;
}

const pp_replay_account *pp_replay_file_account(const pp_replay_file *file,
                                                const pp_address *address) {
    pp_replay_account key = {.address = *address};
    if (file->accounts_len == 0) return NULL;
    return bsearch(&key, file->accounts, file->accounts_len, sizeof key, by_address);
}

// ---- the whole --------------------------------------------------------------------------------

static bool read_head(reader *r, pp_replay_file *file, const json_t *root) {
    const struct {
        const char *name;
        uint64_t *out;
    } numbers[] = {{"number", &file->number},
                   {"timestamp", &file->timestamp},
                   {"base_fee_per_gas", &file->base_fee},
                   {"chain_id", &file->chain_id}};
    for (size_t i = 0; i < PP_COUNT(numbers); i++) {
        snprintf(r->place, sizeof r->place, "%s", numbers[i].name);
        if (!read_u64(r, numbers[i].out, json_object_get(root, numbers[i].name))) return false;
    }
    snprintf(r->place, sizeof r->place, "timestamp");
    if (file->timestamp > UINT32_MAX) return bad(r, "later than the year 2106");
    snprintf(r->place, sizeof r->place, "fee_recipient");
    return read_address(r, &file->fee_recipient, json_object_get(root, "fee_recipient"));
}

static void hash_u64(pp_keccak *k, uint64_t v) {
    uint8_t bytes[8];
    pp_store_le64(bytes, v);
    pp_keccak_update(k, bytes, sizeof bytes);
}

static void compute_id(pp_replay_file *file) {
    static const char tag[] = "polypoly/replay-file/1";
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    hash_u64(&k, file->number);
    hash_u64(&k, file->timestamp);
    hash_u64(&k, file->base_fee);
    hash_u64(&k, file->chain_id);
    pp_keccak_update(&k, file->fee_recipient.b, 20);
    hash_u64(&k, file->transactions_len);
    for (size_t i = 0; i < file->transactions_len; i++) {
        hash_u64(&k, file->transactions[i].size);
        pp_keccak_update(&k, file->transactions[i].data, file->transactions[i].size);
    }
    hash_u64(&k, file->accounts_len);
    for (size_t i = 0; i < file->accounts_len; i++) {
        const pp_replay_account *a = &file->accounts[i];
        uint8_t balance[32];
        pp_u256_store_be(balance, &a->balance);
        pp_keccak_update(&k, a->address.b, 20);
        pp_keccak_update(&k, balance, 32);
        hash_u64(&k, a->nonce);
        hash_u64(&k, a->code);
    }
    pp_keccak_final(&k, &file->id);
}

bool pp_replay_file_parse(pp_err *err, pp_replay_file *file, const char *name, const char *text,
                          size_t size) {
    memset(file, 0, sizeof *file);
    json_error_t where;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    for (char *c = where.text; root == NULL && *c; c++) // it quotes the file: keep one clean line
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = ' ';
    if (root == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: line %d, column %d: not JSON: %s", name,
                          where.line, where.column, where.text);
    reader r = {.err = err, .name = name};
    bool ok = json_is_object(root);
    if (!ok) pp_err_set(err, PP_EXIT_USAGE, "%s: not an object at the top", name);
    ok = ok && read_head(&r, file, root) && read_transactions(&r, file, root) &&
         read_accounts(&r, file, root);
    json_decref(root);
    if (ok)
        compute_id(file);
    else
        pp_replay_file_free(file);
    return ok;
}

void pp_replay_file_cut(pp_replay_file *file, size_t len) {
    if (len >= file->transactions_len) return;
    file->transactions_len = len;
    compute_id(file);
}

bool pp_replay_file_load(pp_err *err, pp_replay_file *file, const char *path) {
    uint8_t *text;
    size_t size;
    if (!pp_file_read(err, &text, &size, path, PP_REPLAY_FILE_MAX)) return false;
    bool ok = pp_replay_file_parse(err, file, path, (const char *)text, size);
    free(text);
    return ok;
}

void pp_replay_file_free(pp_replay_file *file) {
    free(file->raw);
    free(file->transactions);
    free(file->accounts);
    memset(file, 0, sizeof *file);
}
