// SPDX-License-Identifier: MIT OR Apache-2.0
// Bytes as an image: the chain's own with some of them changed or cut short, or any. Refused, or
// one that says the same again.
#include "chain/fuzz_support.h"
#include "chain/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_chain *f;
static char *genesis;
static uint8_t *own;
static size_t own_size;

static void command(pp_command_kind kind, const uint8_t *payload, size_t size) {
    size_t item_size;
    uint64_t nonce = pp_chain_nonce(f->chain, &f->sender);
    uint8_t *item =
        pp_command_sign(&item_size, &f->genesis, f->key, nonce, kind, (pp_bytes){payload, size});
    fuzz_block(f, (pp_bytes){item, item_size});
    free(item);
}

static void market(const pp_market_command *c) {
    uint8_t payload[2048];
    command(PP_COMMAND_MARKET, payload, pp_market_command_encode(payload, sizeof payload, c));
}

// Posts a request and seals a bid for it; opens the bid where its commit window ends by then.
static void auction(uint64_t commit_window) {
    pp_market_command c = {.kind = PP_MARKET_POST,
                           .nonce = pp_chain_nonce(f->chain, &f->sender),
                           .terms = {.match = PP_MARKET_PREFIX,
                                     .output_size = 3,
                                     .output = "abc",
                                     .work = 1000,
                                     .input_size = 5,
                                     .reserve = 1000,
                                     .cap = 2000,
                                     .winners = 2,
                                     .kappa = 2,
                                     .commit_window = commit_window,
                                     .reveal_window = 60000,
                                     .decline_window = 1000,
                                     .work_window = 100000,
                                     .bounty_window = 1000,
                                     .expiry = 1000000,
                                     .steps_len = 1,
                                     .steps = {{5000, 3000}}}};
    const pp_market_request *r = NULL;
    const pp_market *m = pp_chain_market(f->chain);
    market(&c);
    for (const pp_market_request *one = NULL; (one = pp_market_open_after(m, one)) != NULL;)
        if (!one->protocol) r = one;
    PP_ASSERT(r != NULL && r->state == PP_MARKET_COMMIT);
    pp_hash32 id = r->id, salt = {{(uint8_t)commit_window}};
    c = (pp_market_command){.kind = PP_MARKET_BID, .request = id};
    pp_market_bid_hash(&c.hash, &id, &f->sender, 900, &salt);
    market(&c);
    PP_ASSERT(r->commits_len == 1);
    c = (pp_market_command){.kind = PP_MARKET_OPEN_BID, .request = id, .amount = 900, .hash = salt};
    market(&c);
    PP_ASSERT(r->bids == (commit_window < 2000));
}

static bool try_image(pp_bytes image) {
    pp_err err = {0};
    pp_chain *chain;
    pp_chain_env env = {.check = fuzz_check, .store = f->store};
    pp_bytes file = {(const uint8_t *)genesis, strlen(genesis)};
    if (!pp_chain_load(&err, &chain, "image", file, &env, image)) {
        PP_ASSERT(err.exit_code == PP_EXIT_NO && err.text[0] != 0);
        return false;
    }
    size_t size;
    uint8_t *again = pp_chain_save(&size, chain);
    PP_ASSERT(size == image.size && memcmp(again, image.data, size) == 0);
    free(again);
    pp_chain_free(chain);
    return true;
}

// A chain with a running batch, one that waits for its proof, deposits, a forced transaction, and
// two auctions: a bid that is sealed, and one that is open.
static void begin(void) {
    if (own) return;
    f = fuzz_open();
    fuzz_genesis(f, &genesis);
    pp_address to = {{9}};
    uint8_t deposit[PP_DEPOSIT_PAYLOAD_SIZE];
    pp_deposit_payload_encode(deposit, 0, &to, 1000, (pp_u128)1 << 60);
    for (int i = 0; i < 5; i++) command(PP_COMMAND_DEPOSIT, deposit, sizeof deposit);
    size_t forced_size;
    uint8_t raw[] = {1, 2, 3};
    uint8_t *forced =
        pp_force_payload_encode(&forced_size, 0, (pp_u128)1 << 60, (pp_bytes){raw, sizeof raw});
    command(PP_COMMAND_FORCE, forced, forced_size);
    command(PP_COMMAND_DEPOSIT, deposit, sizeof deposit);
    free(forced);
    auction(60000);
    auction(1500);
    own = pp_chain_save(&own_size, f->chain);
    bool whole = try_image((pp_bytes){own, own_size});
    PP_ASSERT(whole);
}

// Changes are 4 bytes each: place, value. An odd size cuts as well.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    begin();
    if (size > 48) (void)try_image((pp_bytes){data, size});
    uint8_t *changed = malloc(own_size);
    PP_ASSERT(changed != NULL);
    memcpy(changed, own, own_size);
    for (size_t i = 0; i + 4 <= size && i < 64; i += 4) {
        size_t at = (data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16) % own_size;
        changed[at] = data[i + 3];
    }
    (void)try_image((pp_bytes){changed, size % 2 ? data[0] * own_size / 256 : own_size});
    free(changed);
    return 0;
}
