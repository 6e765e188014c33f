// SPDX-License-Identifier: MIT OR Apache-2.0
#include "replay/begin.h"

#include <stdio.h>
#include <stdlib.h>

#include "prover/prover.h"
#include "rollup/rollup.h"
#include "sign/keys.h"
#include "state/store.h"

enum {
    RUNS = 2,               // of the guest, for each prover's measurement: the better one counts
    INTERVAL = 1000,        // ms between blocks, and the windows for bids and their opening
    PROBE_BYTES = 4096,     // of a transaction that is none: what a byte costs
    SAMPLES_MAX = 64,       // batches that are looked at for the heaviest
    SLACK_BLOCKS = 1 << 12, // for auctions that nobody came to
    BLOCKS_A_BATCH = 16,    // 5 where all goes well
    SPARE_ACCOUNTS = 16,    // in the market's table
    RESERVE_OVER_COST = 2,  // first reserve over the dearest prover's cost
    FUND_OVER_RESERVE = 8,  // proof fund at genesis over the first reserves of all batches
    KAPPA = 3,              // stake over price
    STAKE_OVER_NEED = 4,    // stake at genesis over what all batches in flight lock
    SUM_BITS = 89,          // of all balances, wei: five times all ether; genesis takes 2^90
};
#define MONEY_MAX ((pp_u128)1 << 80) // wei, of one party at genesis
#define ETHER ((pp_u128)1000000000000000000)
#define GWEI ((uint64_t)1000000000)
// What a second of one core is worth to its owner: 5 gwei are 18,000 gwei an hour, about what a
// rented core costs. Each next operator asks for half a gwei more.
#define ASK_FIRST (5 * GWEI)
#define ASK_STEP (GWEI / 2)

// ---- batches ----------------------------------------------------------------------------------

size_t pp_replay_batch_len(const pp_replay_file *file, size_t from, size_t batch) {
    size_t len = 0, bytes = 0;
    while (len < batch && from + len < file->transactions_len) {
        bytes += file->transactions[from + len].size;
        if (len > 0 && bytes > PP_ROLLUP_BATCH_BYTES_MAX) break;
        len++;
    }
    return len;
}

// Bytes of the largest of these batches; a genesis asks for room for the largest transaction.
static size_t batch_bytes(const pp_replay_file *file, size_t batch) {
    size_t most = PP_ROLLUP_TX_SIZE_MAX, len;
    for (size_t from = 0; (len = pp_replay_batch_len(file, from, batch)) > 0; from += len) {
        size_t bytes = 0;
        for (size_t i = 0; i < len; i++) bytes += file->transactions[from + i].size;
        if (bytes > most) most = bytes;
    }
    return most;
}

size_t pp_replay_batches(const pp_replay_file *file, size_t batch) {
    size_t batches = 0, len;
    for (size_t from = 0; (len = pp_replay_batch_len(file, from, batch)) > 0; from += len)
        batches++;
    return batches;
}

uint64_t pp_replay_blocks_max(size_t batches) {
    return SLACK_BLOCKS + (uint64_t)BLOCKS_A_BATCH * batches;
}

// ---- limits -----------------------------------------------------------------------------------

static bool too_large(pp_err *err, const char *path, const char *place, const char *what) {
    return pp_err_set(err, PP_EXIT_USAGE, "%s: %s: %s", path, place, what);
}

bool pp_replay_file_fits(pp_err *err, const pp_replay_file *file, const char *path) {
    if (file->chain_id < 1 || file->chain_id > PP_ROLLUP_CHAIN_ID_MAX)
        return too_large(err, path, "chain_id", "must be from 1 to 2^63 - 37");
    if (file->base_fee > INT64_MAX)
        return too_large(err, path, "base_fee_per_gas", "must be below 2^63 wei");
    if (file->timestamp > (uint64_t)1 << 39)
        return too_large(err, path, "timestamp", "must be below 2^39 seconds");
    pp_u256 sum = pp_u256_from_u64(0), most = pp_u256_from_u128((pp_u128)1 << SUM_BITS);
    for (size_t i = 0; i < file->accounts_len; i++) {
        const pp_replay_account *a = &file->accounts[i];
        char place[80], hex[41];
        pp_hex_encode(hex, a->address.b, 20);
        snprintf(place, sizeof place, "accounts_before[\"0x%s\"].nonce", hex);
        if (a->nonce > INT64_MAX) return too_large(err, path, place, "must be below 2^63");
        if (!pp_u256_add(&sum, &sum, &a->balance) || pp_u256_cmp(&sum, &most) > 0)
            return too_large(err, path, "accounts_before", "balances add up to more than 2^89 wei");
    }
    return true;
}

// ---- the sample -------------------------------------------------------------------------------

static pp_rollup_env sample_env(const pp_replay_file *file) {
    return (pp_rollup_env){.chain_id = file->chain_id,
                           .timestamp = 1000 * file->timestamp,
                           .base_fee = file->base_fee,
                           .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT,
                           .fee_recipient = file->fee_recipient};
}

static bool encode_sample(pp_err *err, pp_replay_sample *out, int which, const pp_state *state,
                          const pp_rollup_content *content, const pp_digest *root) {
    size_t proof_size = pp_state_proof(state, NULL, 0);
    uint8_t *proof = malloc(proof_size);
    if (proof != NULL) {
        pp_state_proof(state, proof, proof_size);
        pp_bytes view = {proof, proof_size};
        size_t size = pp_rollup_input_encode(NULL, 0, content, root, view);
        out->input_size[which] = size;
        out->input[which] = malloc(size);
        if (out->input[which] != NULL)
            pp_rollup_input_encode(out->input[which], size, content, root, view);
    }
    free(proof);
    return out->input[which] != NULL ||
           pp_err_set(err, PP_EXIT_USAGE, "no memory for a sample batch");
}

static bool sample_of(pp_err *err, pp_replay_sample *out, int which, pp_store *store,
                      const pp_digest *root, const pp_replay_file *file, const pp_bytes *txs,
                      size_t len) {
    pp_state state;
    if (!pp_store_view(err, store, &state, root)) return false;
    pp_rollup_content content = {.env = sample_env(file), .txs = txs, .txs_len = len};
    pp_rollup_output output;
    pp_state_status st = pp_rollup_batch(&state, &output, NULL, NULL, &content, root);
    bool ok = st == PP_STATE_OK ? encode_sample(err, out, which, &state, &content, root)
                                : pp_store_explain(err, store, st);
    pp_state_close(&state);
    return ok;
}

// The batch with the most accounts a transaction, by the size of the multiproof: transactions cost
// about the same beside their bytes and accounts. Of a long file, some batches stand for all.
static bool heaviest(pp_err *err, pp_replay_sample *out, pp_store *store, const pp_digest *root,
                     const pp_replay_file *file, size_t batch) {
    size_t step = pp_replay_batches(file, batch) / SAMPLES_MAX + 1, len, number = 0, most = 0;
    for (size_t from = 0; (len = pp_replay_batch_len(file, from, batch)) > 0; from += len) {
        if (number++ % step != 0) continue;
        pp_replay_sample s = {.transactions = len};
        const pp_bytes *txs = file->transactions + from;
        for (size_t i = 0; i < len; i++) s.bytes += txs[i].size;
        if (!sample_of(err, &s, PP_REPLAY_HEAVY, store, root, file, txs, len)) {
            pp_replay_sample_free(&s);
            return false;
        }
        size_t weight = (s.input_size[PP_REPLAY_HEAVY] - s.bytes) / len;
        if (weight > most) {
            pp_replay_sample_free(out);
            *out = s;
            most = weight;
        } else {
            pp_replay_sample_free(&s);
        }
    }
    PP_ASSERT(most > 0); // no file is without transactions
    return true;
}

static bool sample_in(pp_err *err, pp_replay_sample *out, pp_store *store,
                      const pp_replay_file *file, size_t batch) {
    pp_state state;
    pp_digest root;
    pp_state_empty_root(&root);
    if (!pp_store_view(err, store, &state, &root)) return false;
    pp_state_status st = PP_STATE_OK;
    for (size_t i = 0; st == PP_STATE_OK && i < file->accounts_len; i++) {
        pp_account account = {file->accounts[i].nonce, file->accounts[i].balance};
        st = pp_state_put(&state, &file->accounts[i].address, &account);
    }
    bool ok = st == PP_STATE_OK ? pp_store_commit(err, store, &state, &root)
                                : pp_store_explain(err, store, st);
    pp_state_close(&state);
    if (!ok) return false;
    static const uint8_t zeros[PROBE_BYTES]; // no transaction begins with a zero
    const pp_bytes one = {zeros, 1}, many = {zeros, sizeof zeros};
    return heaviest(err, out, store, &root, file, batch) &&
           sample_of(err, out, PP_REPLAY_SHORT, store, &root, file, &one, 1) &&
           sample_of(err, out, PP_REPLAY_LONG, store, &root, file, &many, 1);
}

bool pp_replay_sample_make(pp_err *err, pp_replay_sample *out, const pp_replay_file *file,
                           size_t batch) {
    memset(out, 0, sizeof *out);
    pp_store *store;
    bool ok = pp_store_open(err, &store, NULL, PP_STORE_MEMORY) &&
              sample_in(err, out, store, file, batch);
    pp_store_close(store);
    return ok;
}

void pp_replay_sample_free(pp_replay_sample *sample) {
    for (int i = 0; i < PP_REPLAY_SAMPLES; i++) free(sample->input[i]);
    memset(sample, 0, sizeof *sample);
}

bool pp_replay_count(pp_err *err, pp_replay_work *out, const pp_guest *guest, const pp_works *works,
                     const pp_replay_sample *sample) {
    uint64_t work[PP_REPLAY_SAMPLES];
    for (int i = 0; i < PP_REPLAY_SAMPLES; i++)
        if (!pp_prover_work(err, &work[i], works, guest,
                            (pp_bytes){sample->input[i], sample->input_size[i]}))
            return false;
    uint64_t least = work[PP_REPLAY_SHORT], more = work[PP_REPLAY_LONG];
    out->heavy = work[PP_REPLAY_HEAVY];
    out->batch = least;
    // What a transaction is made of is hashed twice: for the batch, and for its signature.
    out->byte = more > least ? 2 * (more - least) / (PROBE_BYTES - 1) + 1 : 1;
    uint64_t known = out->batch + sample->bytes * out->byte;
    uint64_t each = out->heavy > known ? (out->heavy - known) / sample->transactions : 0;
    // A quarter more than the heaviest batch has taken, for what its place in the block changes.
    out->transaction = each + each / 4 + 1;
    return true;
}

bool pp_replay_draw(pp_err *err, pp_secrets *secrets, size_t provers, const pp_guest *guest,
                    const pp_works *works, const pp_replay_sample *sample) {
    if (!pp_secrets_draw(err, secrets, provers)) return false;
    pp_bytes input = {sample->input[PP_REPLAY_HEAVY], sample->input_size[PP_REPLAY_HEAVY]};
    uint64_t proving = 0; // the works are one for all
    if (works && !pp_works_measure(err, &proving, works, guest, input)) return false;
    for (size_t i = 0; i < provers; i++) {
        pp_prover_secret *p = &secrets->provers[i];
        p->wei_per_second = ASK_FIRST + i * ASK_STEP;
        p->ps_per_work = proving;
        if (!works && !pp_prover_measure(err, &p->ps_per_work, guest, input, RUNS)) return false;
    }
    return true;
}

// ---- genesis ----------------------------------------------------------------------------------

// The network's name says which file it replays.
static void name_of(char out[PP_GENESIS_NAME_MAX], const pp_replay_file *file) {
    char hex[2 * 12 + 1];
    pp_hex_encode(hex, file->id.b, 12);
    snprintf(out, PP_GENESIS_NAME_MAX, "replay-%s", hex);
}

static pp_u128 at_most(pp_u128 v, pp_u128 most) {
    return v < most ? v : most;
}
static pp_u128 at_least(pp_u128 v, pp_u128 least) {
    return v > least ? v : least;
}

// Wei for a million of work, by the prover that asks most.
static pp_u128 dearest(const pp_secrets *secrets) {
    pp_u128 most = 1;
    for (size_t i = 0; i < secrets->provers_len; i++) {
        pp_u128 cost;
        if (pp_prover_cost(&cost, &secrets->provers[i], 1000000)) most = at_least(most, cost);
    }
    return most;
}

static void set_terms(pp_market_terms *t, const pp_market_params *params, size_t provers,
                      uint64_t work) {
    uint64_t time = work / params->rate_min * 1000 + 2 * params->inclusion_bound + 2000;
    if (time > PP_MARKET_TIME_MAX / 8) time = PP_MARKET_TIME_MAX / 8;
    t->winners = provers > 2 ? 2 : 1; // among two winners the primary is drawn, price the third's
    t->kappa = KAPPA;
    t->commit_window = t->reveal_window = INTERVAL;
    t->work_window = time;
    t->decline_window = time / 8 < params->window_max ? time / 8 : params->window_max;
    t->bounty_window = time / 2;
    t->expiry = 2 * INTERVAL + params->beacon_bound + t->winners * t->decline_window + 3 * time +
                t->bounty_window + INTERVAL;
}

static void set_rollup(pp_genesis_rollup *r, const pp_replay_file *file, size_t batch,
                       const pp_secrets *secrets, const pp_guest *guest,
                       const pp_market_params *params, const pp_replay_work *work) {
    snprintf(r->name, sizeof r->name, "replay");
    r->chain_id = file->chain_id;
    r->program_id = guest->id;
    bool ok = pp_sign_address(&r->submitter, secrets->operator_key);
    PP_ASSERT(ok); // pp_replay_draw and pp_replay_same have seen it
    r->fee_recipient = file->fee_recipient;
    r->base_fee = file->base_fee;
    r->gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT;
    r->batch_transactions = (uint32_t)batch;
    r->batch_bytes = (uint32_t)batch_bytes(file, batch);
    r->batch_blocks = 1;
    r->batch_backlog = PP_REPLAY_IN_FLIGHT;
    r->queue_batches = 1; // of no deposits and no forced transactions: this lane is the file's
    r->work_batch = work->batch;
    r->work_transaction = work->transaction;
    r->work_byte = work->byte;
    r->reserve_rate = at_most(RESERVE_OVER_COST * dearest(secrets), PP_MARKET_AMOUNT_MAX >> 30);
    set_terms(&r->terms, params, secrets->provers_len, pp_genesis_full_work(r));
}

static pp_u128 first_reserve(const pp_genesis_rollup *r) {
    return r->reserve_rate * (pp_genesis_full_work(r) / 1000000 + 1);
}

static int by_address(const void *a, const void *b) {
    return memcmp(((const pp_genesis_prover *)a)->address.b,
                  ((const pp_genesis_prover *)b)->address.b, 20);
}
static int account_by_address(const void *a, const void *b) {
    return memcmp(((const pp_genesis_account *)a)->address.b,
                  ((const pp_genesis_account *)b)->address.b, 20);
}

// The parties: their stakes, and free balances for bonds.
static void set_parties(pp_genesis *g, const pp_secrets *secrets, pp_u128 reserve) {
    pp_u128 need = at_least(KAPPA * reserve, g->market.stake_min) * PP_REPLAY_IN_FLIGHT;
    for (size_t i = 0; i < secrets->provers_len; i++) {
        pp_genesis_prover *p = &g->provers[i];
        bool ok = pp_sign_address(&p->address, secrets->provers[i].key);
        PP_ASSERT(ok);
        p->stake = at_most(STAKE_OVER_NEED * need, MONEY_MAX);
        p->slots = PP_REPLAY_IN_FLIGHT;
        g->accounts[i] = (pp_genesis_account){p->address, at_least(reserve, ETHER / 10)};
    }
    pp_address sequencer = g->rollups[0].submitter;
    g->accounts[secrets->provers_len] = (pp_genesis_account){sequencer, ETHER / 10};
    g->provers_len = secrets->provers_len;
    g->accounts_len = secrets->provers_len + 1;
    qsort(g->provers, g->provers_len, sizeof *g->provers, by_address);
    qsort(g->accounts, g->accounts_len, sizeof *g->accounts, account_by_address);
}

char *pp_replay_genesis(const pp_replay_file *file, size_t batch, const pp_genesis_proofs *proofs,
                        const pp_secrets *secrets, const pp_guest *guest, const pp_beacon *beacon,
                        const pp_replay_work *work) {
    size_t batches = pp_replay_batches(file, batch);
    pp_genesis_prover provers[PP_PROVERS_MAX];
    pp_genesis_account accounts[PP_PROVERS_MAX + 1];
    pp_genesis_rollup rollup = {0};
    pp_genesis g = {.time = 1000 * file->timestamp,
                    .registry = {1, 0},
                    .block_interval = INTERVAL,
                    .block_bytes = PP_BLOCK_BYTES_MAX,
                    .block_items = PP_BLOCK_ITEMS_MAX,
                    .check = proofs ? PP_CHECK_PROOF : PP_CHECK_RE_EXECUTE,
                    .beacon_end = beacon->end,
                    .accounts_max = (uint32_t)secrets->provers_len + SPARE_ACCOUNTS,
                    .requests_max = (uint32_t)at_least(batches, PP_REPLAY_IN_FLIGHT),
                    .accounts = accounts,
                    .provers = provers,
                    .rollups = &rollup,
                    .rollups_len = 1};
    if (proofs) g.proofs = *proofs;
    name_of(g.name, file);
    pp_vm_id(&g.vm_id);
    pp_market_params_default(&g.market);
    g.market.inclusion_bound = INTERVAL / 2; // time stands still while all act: a window is a block
    set_rollup(&rollup, file, batch, secrets, guest, &g.market, work);
    pp_genesis_exit_default(&g);
    pp_u128 reserve = first_reserve(&rollup);
    rollup.fund = at_most(at_least(reserve * batches * FUND_OVER_RESERVE, ETHER / 100), MONEY_MAX);
    set_parties(&g, secrets, reserve);
    rollup.allocations_len = file->accounts_len;
    rollup.allocations = calloc(file->accounts_len + 1, sizeof *rollup.allocations);
    PP_ASSERT(rollup.allocations != NULL);
    for (size_t i = 0; i < file->accounts_len; i++) {
        const pp_replay_account *a = &file->accounts[i];
        rollup.allocations[i] = (pp_genesis_allocation){a->address, {a->nonce, a->balance}};
    }
    char *text = pp_genesis_print(&g);
    free(rollup.allocations);
    return text;
}

// ---- going on ---------------------------------------------------------------------------------

static bool same_keys(const pp_genesis *g, const pp_secrets *secrets) {
    pp_address address;
    if (!pp_sign_address(&address, secrets->operator_key) ||
        !pp_address_eq(&address, &g->rollups[0].submitter))
        return false;
    for (size_t i = 0; i < secrets->provers_len; i++) {
        bool found = false;
        if (!pp_sign_address(&address, secrets->provers[i].key)) return false;
        for (size_t k = 0; k < g->provers_len; k++)
            found |= pp_address_eq(&address, &g->provers[k].address);
        if (!found) return false;
    }
    return secrets->provers_len == g->provers_len;
}

bool pp_replay_same(pp_err *err, const pp_genesis *g, const char *dir, const pp_replay_file *file,
                    size_t batch, size_t provers, pp_genesis_check check, const pp_secrets *secrets,
                    const pp_guest *guest) {
    char name[PP_GENESIS_NAME_MAX];
    name_of(name, file);
    if (g->rollups_len != 1 || strcmp(g->name, name) != 0)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: holds the replay of another file; name another directory", dir);
    const pp_genesis_rollup *r = &g->rollups[0];
    if (batch != 0 && batch != r->batch_transactions)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: was begun with --batch %u, not %zu; name another directory", dir,
                          r->batch_transactions, batch);
    if (provers != 0 && provers != g->provers_len)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: was begun with --provers %zu, not %zu; name another directory", dir,
                          g->provers_len, provers);
    if (check != 0 && check != g->check)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: was begun with --check %s; name another directory", dir,
                          g->check == PP_CHECK_PROOF ? "proof" : "re-execute");
    if (!same_keys(g, secrets))
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s/provers.json: other keys than those this log was begun with", dir);
    if (!pp_hash32_eq(&r->program_id, &guest->id))
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: was begun by another version of this program, with another batch "
                          "guest; name another directory",
                          dir);
    return true;
}
