// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/leave.h"

#include <stdlib.h>

#include "chain/wire.h"
#include "hash/keccak.h"
#include "sign/keys.h"

static const uint8_t magic[8] = {'P', 'P', 'L', 'E', 'A', 'V', 'E', 1};

enum { ACCOUNT_SIZE = 44, BATCH_SIZE = 12, WITHDRAWAL_SIZE = 37 };

// ---- from a chain -----------------------------------------------------------------------------

typedef struct list {
    pp_leave *out;
    size_t max;
} list;

static void add_account(void *ctx, const pp_address *address, const pp_account *account) {
    list *l = ctx;
    PP_CHAIN_GROW(l->out->accounts, l->out->accounts_len, l->max);
    l->out->accounts[l->out->accounts_len++] = (pp_leave_account){*address, *account};
}

static int by_address(const void *a, const void *b) {
    return memcmp(((const pp_leave_account *)a)->address.b,
                  ((const pp_leave_account *)b)->address.b, 20);
}

static void add_batch(pp_leave *out, size_t *max, const pp_chain *chain, uint64_t batch) {
    const pp_withdrawal *all;
    pp_leave_batch b = {.batch = batch};
    bool there = pp_chain_withdrawals_of(&all, &b.len, chain, out->lane, batch);
    PP_ASSERT(there);
    b.all = pp_chain_resize(NULL, b.len, sizeof *b.all);
    memcpy(b.all, all, b.len * sizeof *b.all);
    b.claimed = pp_chain_resize(NULL, b.len, sizeof *b.claimed);
    memset(b.claimed, true, b.len);
    PP_CHAIN_GROW(out->batches, out->batches_len, *max);
    out->batches[out->batches_len++] = b;
}

static void collect_withdrawals(pp_leave *out, const pp_chain *chain) {
    pp_chain_withdrawal w;
    size_t max = 0;
    for (uint64_t batch = 0, index = 0;
         pp_chain_unclaimed(&w, &batch, &index, chain, out->lane, NULL);) {
        bool known = out->batches_len > 0 && out->batches[out->batches_len - 1].batch == w.batch;
        if (!known) add_batch(out, &max, chain, w.batch);
        out->batches[out->batches_len - 1].claimed[w.withdrawal.index] = false;
    }
}

bool pp_leave_make(pp_err *err, pp_leave *out, const pp_chain *chain, pp_store *store,
                   uint64_t lane) {
    pp_chain_lane l;
    pp_chain_info info;
    memset(out, 0, sizeof *out);
    if (!pp_chain_lane_get(&l, chain, lane))
        return pp_err_set(err, PP_EXIT_USAGE, "there is no lane %llu", (unsigned long long)lane);
    pp_chain_info_get(&info, chain);
    out->genesis = info.genesis;
    out->lane = lane;
    out->chain_id = pp_chain_genesis(chain)->rollups[lane].chain_id;
    out->height = info.height;
    out->time = info.time;
    out->checked = l.checked;
    out->root = l.checked_root;
    collect_withdrawals(out, chain);
    list accounts = {.out = out};
    if (!pp_store_each(err, store, &out->root, &accounts, add_account)) return false;
    if (out->accounts_len > 0)
        qsort(out->accounts, out->accounts_len, sizeof *out->accounts, by_address);
    return true;
}

void pp_leave_free(pp_leave *leave) {
    for (size_t i = 0; i < leave->batches_len; i++) {
        free(leave->batches[i].all);
        free(leave->batches[i].claimed);
    }
    free(leave->batches);
    free(leave->accounts);
    memset(leave, 0, sizeof *leave);
}

// ---- bytes ------------------------------------------------------------------------------------

// No amount on a chain is above its supply, and no other comes out of a file.
static pp_u128 wei_of(const pp_u256 *amount) {
    pp_u128 wei;
    bool fits = pp_u256_to_u128(&wei, amount);
    PP_ASSERT(fits);
    return wei;
}

static void checksum(pp_hash32 *out, pp_bytes bytes) {
    static const char tag[] = "polypoly/leave/1";
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, bytes.data, bytes.size);
    pp_keccak_final(&k, out);
}

uint8_t *pp_leave_encode(size_t *out_size, const pp_leave *leave) {
    pp_wire w = {0};
    pp_hash32 sum;
    pp_wire_raw(&w, magic, sizeof magic);
    pp_wire_hash(&w, &leave->genesis);
    pp_wire_u64(&w, leave->lane);
    pp_wire_u64(&w, leave->chain_id);
    pp_wire_u64(&w, leave->height);
    pp_wire_u64(&w, leave->time);
    pp_wire_u64(&w, leave->checked);
    pp_digest_encode(pp_wire_room(&w, PP_DIGEST_SIZE), &leave->root);
    pp_wire_u64(&w, leave->accounts_len);
    for (size_t i = 0; i < leave->accounts_len; i++) {
        const pp_leave_account *a = &leave->accounts[i];
        pp_wire_address(&w, &a->address);
        pp_wire_u64(&w, a->account.nonce);
        pp_wire_u128(&w, wei_of(&a->account.balance));
    }
    pp_wire_u32(&w, (uint32_t)leave->batches_len);
    for (size_t i = 0; i < leave->batches_len; i++) {
        const pp_leave_batch *b = &leave->batches[i];
        pp_wire_u64(&w, b->batch);
        pp_wire_u32(&w, (uint32_t)b->len);
        for (size_t j = 0; j < b->len; j++) {
            pp_wire_address(&w, &b->all[j].receiver);
            pp_wire_u128(&w, wei_of(&b->all[j].amount));
            pp_wire_u8(&w, b->claimed[j]);
        }
    }
    checksum(&sum, (pp_bytes){w.data, w.size});
    pp_wire_hash(&w, &sum);
    *out_size = w.size;
    return w.data;
}

static const char *read_accounts(pp_leave *out, pp_reader *r) {
    uint64_t len = pp_read_u64(r);
    if (len > r->rest.size / ACCOUNT_SIZE) return "it is shorter than its accounts";
    out->accounts = pp_chain_zeroed(len ? len : 1, sizeof *out->accounts);
    for (; out->accounts_len < len; out->accounts_len++) {
        pp_leave_account *a = &out->accounts[out->accounts_len];
        pp_read_into(r, a->address.b, 20);
        a->account.nonce = pp_read_u64(r);
        a->account.balance = pp_u256_from_u128(pp_read_u128(r));
        if (out->accounts_len > 0 && by_address(a - 1, a) >= 0)
            return "its accounts are not in ascending order";
    }
    return NULL;
}

static const char *read_batch(pp_leave_batch *b, pp_reader *r) {
    b->batch = pp_read_u64(r);
    uint32_t len = pp_read_u32(r);
    if (len == 0 || len > PP_ROLLUP_BATCH_TX_MAX + PP_ROLLUP_FORCED_MAX)
        return "a batch of it has no such withdrawals";
    if (len > r->rest.size / WITHDRAWAL_SIZE) return "it is shorter than its withdrawals";
    b->all = pp_chain_zeroed(len, sizeof *b->all);
    b->claimed = pp_chain_zeroed(len, sizeof *b->claimed);
    bool open = false;
    for (; b->len < len; b->len++) {
        pp_withdrawal *w = &b->all[b->len];
        w->index = b->len;
        pp_read_into(r, w->receiver.b, 20);
        w->amount = pp_u256_from_u128(pp_read_u128(r));
        uint8_t claimed = pp_read_u8(r);
        if (claimed > 1 || pp_u256_is_zero(&w->amount)) return "a withdrawal of it is none";
        b->claimed[b->len] = claimed;
        open |= !claimed;
    }
    return open ? NULL : "a batch of it has nothing to claim";
}

static const char *read_batches(pp_leave *out, pp_reader *r) {
    uint32_t len = pp_read_u32(r);
    if (len > r->rest.size / (BATCH_SIZE + WITHDRAWAL_SIZE))
        return "it is shorter than its withdrawals";
    out->batches = pp_chain_zeroed(len ? len : 1, sizeof *out->batches);
    while (out->batches_len < len) {
        pp_leave_batch *b = &out->batches[out->batches_len++];
        const char *wrong = read_batch(b, r);
        if (wrong) return wrong;
        if (out->batches_len > 1 && b[-1].batch >= b->batch)
            return "its batches are not in ascending order";
        if (b->batch >= out->checked) return "a batch of it is not under its root";
    }
    return NULL;
}

static const char *decode(pp_leave *out, pp_bytes bytes) {
    pp_hash32 sum;
    if (bytes.size < sizeof magic + sizeof sum || memcmp(bytes.data, magic, 7) != 0)
        return "not a file to leave a rollup with";
    if (bytes.data[7] != magic[7]) return "of a version that this program does not know";
    pp_bytes body = {bytes.data, bytes.size - sizeof sum};
    checksum(&sum, body);
    if (memcmp(sum.b, bytes.data + body.size, sizeof sum) != 0)
        return "damaged: its checksum is another one";
    pp_reader r = pp_reader_of(body);
    pp_read_raw(&r, sizeof magic);
    pp_read_into(&r, out->genesis.b, 32);
    out->lane = pp_read_u64(&r);
    out->chain_id = pp_read_u64(&r);
    out->height = pp_read_u64(&r);
    out->time = pp_read_u64(&r);
    out->checked = pp_read_u64(&r);
    pp_bytes root = pp_read_raw(&r, PP_DIGEST_SIZE);
    if (!r.ok || !pp_digest_decode(&out->root, root.data)) return "its root is none";
    const char *wrong = read_accounts(out, &r);
    if (!wrong) wrong = read_batches(out, &r);
    if (!wrong && !pp_read_done(&r)) wrong = "it has another length than it says";
    return wrong;
}

bool pp_leave_decode(pp_err *err, pp_leave *out, const char *name, pp_bytes bytes) {
    memset(out, 0, sizeof *out);
    const char *wrong = decode(out, bytes);
    if (!wrong) return true;
    pp_leave_free(out);
    return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", name, wrong);
}

// ---- claims -----------------------------------------------------------------------------------

// The accounts as a state of its own.
static bool rebuild(pp_err *err, pp_store *store, const pp_leave *leave, const char *name) {
    pp_digest root;
    pp_state state;
    pp_state_empty_root(&root);
    if (!pp_store_view(err, store, &state, &root)) return false;
    pp_state_status st = PP_STATE_OK;
    for (size_t i = 0; st == PP_STATE_OK && i < leave->accounts_len; i++)
        st = pp_state_put(&state, &leave->accounts[i].address, &leave->accounts[i].account);
    bool ok = st == PP_STATE_OK ? pp_store_commit(err, store, &state, &root)
                                : pp_store_explain(err, store, st);
    pp_state_close(&state);
    if (ok && !pp_digest_eq(&root, &leave->root))
        ok = pp_err_set(err, PP_EXIT_NO, "%s: its accounts are not those of the root it names",
                        name);
    return ok;
}

static void add(pp_leave_claims *out, size_t *max, uint8_t *item, size_t size) {
    PP_ASSERT(item != NULL); // the key has given an address
    PP_CHAIN_GROW(out->items, out->items_len, *max);
    out->items[out->items_len++] = (pp_bytes){item, size};
}

static void claim_withdrawals(pp_leave_claims *out, size_t *max, const pp_leave *leave,
                              const uint8_t key[32], const pp_address *receiver) {
    uint8_t payload[PP_WITHDRAW_PAYLOAD_MAX];
    for (size_t i = 0; i < leave->batches_len; i++) {
        const pp_leave_batch *b = &leave->batches[i];
        for (size_t j = 0; j < b->len; j++) {
            if (b->claimed[j] || !pp_address_eq(&b->all[j].receiver, &out->owner)) continue;
            size_t size =
                pp_withdraw_payload_encode(payload, leave->lane, b->batch, b->all, b->len, j);
            uint8_t *item =
                pp_withdraw_sign(&size, &leave->genesis, key, (pp_bytes){payload, size}, receiver);
            add(out, max, item, size);
            out->withdrawals++;
            out->withdrawn += wei_of(&b->all[j].amount);
        }
    }
}

static bool claim_account(pp_err *err, pp_leave_claims *out, size_t *max, const pp_leave *leave,
                          const uint8_t key[32], const pp_address *receiver, pp_store *store) {
    uint8_t *proof;
    size_t proof_size, size;
    if (!pp_exit_proof(err, &proof, &proof_size, store, &leave->root, &out->owner)) return false;
    uint8_t *payload =
        pp_exit_payload_encode(&size, leave->lane, receiver, (pp_bytes){proof, proof_size});
    uint8_t *item =
        pp_command_sign(&size, &leave->genesis, key, 0, PP_COMMAND_EXIT, (pp_bytes){payload, size});
    add(out, max, item, size);
    free(payload);
    free(proof);
    return true;
}

bool pp_leave_claim(pp_err *err, pp_leave_claims *out, const pp_leave *leave, const char *name,
                    const uint8_t key[32], const pp_address *receiver, bool leaves) {
    memset(out, 0, sizeof *out);
    if (!pp_sign_address(&out->owner, key))
        return pp_err_set(err, PP_EXIT_USAGE, "the key is none of secp256k1");
    size_t max = 0;
    claim_withdrawals(out, &max, leave, key, receiver);
    if (!leaves) return true;
    pp_leave_account me = {.address = out->owner};
    const pp_leave_account *found =
        leave->accounts_len == 0
            ? NULL
            : bsearch(&me, leave->accounts, leave->accounts_len, sizeof me, by_address);
    if (!found || pp_u256_is_zero(&found->account.balance)) return true;
    out->balance = wei_of(&found->account.balance);
    pp_store *store = NULL;
    bool ok = pp_store_open(err, &store, "", PP_STORE_MEMORY) && rebuild(err, store, leave, name) &&
              claim_account(err, out, &max, leave, key, receiver ? receiver : &out->owner, store);
    if (store) pp_store_close(store);
    return ok;
}

void pp_leave_claims_free(pp_leave_claims *claims) {
    for (size_t i = 0; i < claims->items_len; i++) free((void *)(uintptr_t)claims->items[i].data);
    free(claims->items);
    memset(claims, 0, sizeof *claims);
}
