// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/daemon.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/folder.h"
#include "host/local.h"
#include "host/note.h"
#include "host/remote.h"
#include "prover/prover.h"
#include "prover/report.h"
#include "prover/speed.h"
#include "sign/keys.h"

enum {
    RETRY_MS = 1000,
    HEARD_AHEAD = 64,    // blocks
    REPORT_MS = 2000,    // while it catches up
    AGAIN_SECONDS = 600, // without a proof of its own: then it measures itself again
};

struct pp_prover_daemon {
    char dir[4096];
    FILE *log;
    const atomic_bool *stop;
    pp_prover_config config;
    uint64_t begun;   // picoseconds_per_work of prover.json; the configuration here has what is now
    uint64_t seen_ns; // when it last saw how fast it is
    uint64_t reported_ns;
    pp_guest guest;
    pp_remote *remote;
    pp_local *local;
    pp_works works;
    pp_jobs jobs;
    pp_bids bids;
    pp_shelf shelf, held;
    pp_prover prover;
    pp_prover_past past;
    pp_prover_mode mode;
    bool mode_lost; // it cannot be read, and that was said
    pp_outbox outbox;
    bool fresh;      // blocks came since it acted
    bool lost, poor; // said already: the node does not answer; the account is empty
    unsigned told;   // failures of proofs
    uint64_t heard;  // height of the last block that one of its commands stands in
};

static void note(const pp_prover_daemon *d, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void note(const pp_prover_daemon *d, const char *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pp_note_va(d->log, event, format, args);
    va_end(args);
}

static bool stops(void *ctx) {
    return atomic_load(((pp_prover_daemon *)ctx)->stop);
}

static const pp_chain *chain_of(const pp_prover_daemon *d) {
    return pp_local_chain(d->local);
}

// ---- opening ----------------------------------------------------------------------------------

// What the last block says of this prover.
static void hear(pp_prover_daemon *d, const pp_chain_result *result) {
    pp_block block;
    pp_item item;
    pp_market_command command;
    pp_prover_past_add(&d->past, &d->prover.address, result);
    if (!pp_block_decode(&block, pp_local_block(d->local))) return; // genesis
    for (size_t i = 0; i < result->items_len; i++) {
        const pp_chain_item_result *r = &result->items[i];
        pp_bytes bytes = pp_block_next(&block.items);
        if (r->code == PP_CHAIN_MARKET && r->has_sender && r->market != PP_MARKET_NOOP &&
            pp_address_eq(&r->sender, &d->prover.address) && pp_item_decode(&item, bytes) &&
            pp_market_command_decode(&command, item.command.payload) &&
            command.kind == PP_MARKET_PROVE)
            pp_prover_refused(&d->prover, &command.request);
    }
}

// What became of its bids and proofs, as an operator reads it.
static void note_events(const pp_prover_daemon *d, const pp_chain_result *result) {
    static const char *const names[] = {
        [PP_MARKET_EVENT_COMMITTED] = "bid",       [PP_MARKET_EVENT_REVEALED] = "revealed",
        [PP_MARKET_EVENT_ASSIGNED] = "drawn",      [PP_MARKET_EVENT_DECLINED] = "declined",
        [PP_MARKET_EVENT_DEFAULTED] = "defaulted", [PP_MARKET_EVENT_OWED] = "owed",
        [PP_MARKET_EVENT_REPAID] = "repaid",       [PP_MARKET_EVENT_CLOSED] = "paid"};
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_market_event *e = &result->events[i].market;
        if (result->events[i].kind != PP_EVENT_MARKET || e->kind >= PP_COUNT(names) ||
            names[e->kind] == NULL || !pp_address_eq(&e->account, &d->prover.address) ||
            (e->kind == PP_MARKET_EVENT_CLOSED && e->amount == 0))
            continue;
        char id[17], wei[40];
        pp_hex_encode(id, e->request.b, 8);
        note(d, names[e->kind], "request=%s wei=%s", id, pp_u128_dec(wei, e->amount));
    }
}

static void report(pp_prover_daemon *d, const pp_chain *chain, pp_prover_stage stage) {
    pp_prover_report(d->dir, &d->prover, &d->past, chain, d->mode, stage, d->begun);
    d->reported_ns = pp_clock_ns();
}

// It may have many blocks to execute: whoever looks sees it go on.
static void report_catching_up(pp_prover_daemon *d, const pp_chain *chain) {
    if (pp_clock_ns() - d->reported_ns > (uint64_t)REPORT_MS * 1000000)
        report(d, chain, PP_PROVER_CATCHES);
}

static void on_block(void *ctx, uint64_t height, uint64_t of, const pp_chain_result *result,
                     pp_chain *chain) {
    (void)height, (void)of;
    hear(ctx, result);
    report_catching_up(ctx, chain);
}

// What it has become by a block, kept in that block's snapshot.
static bool on_save(pp_err *err, void *ctx, pp_wire *out) {
    (void)err;
    const pp_prover_past *past = &((pp_prover_daemon *)ctx)->past;
    const pp_prover *prover = &((pp_prover_daemon *)ctx)->prover;
    pp_wire_u64(out, past->paid);
    pp_wire_u64(out, past->defaults);
    pp_wire_u128(out, past->earned);
    pp_wire_u128(out, past->lost);
    pp_wire_u128(out, past->owed);
    pp_prover_save(out, prover);
    return true;
}

static bool on_load(pp_err *err, void *ctx, pp_chain *chain, pp_bytes saved) {
    (void)chain;
    pp_reader r = pp_reader_of(saved);
    pp_prover_past past;
    if (saved.size == 0) return true; // polypoly prune made it: it is counted from here on
    past.paid = pp_read_u64(&r);
    past.defaults = pp_read_u64(&r);
    past.earned = pp_read_u128(&r);
    past.lost = pp_read_u128(&r);
    past.owed = pp_read_u128(&r);
    if (!r.ok || !pp_prover_load(&((pp_prover_daemon *)ctx)->prover, r.rest))
        return pp_err_set(err, PP_EXIT_NO, "it is of another version of this program");
    ((pp_prover_daemon *)ctx)->past = past;
    return true;
}

static void on_snapshot_note(void *ctx, const char *text) {
    note(ctx, "snapshot", "%s", text);
}

static void on_run(void *ctx, const pp_prover *prover, const pp_prover_run *run) {
    char id[17];
    (void)prover;
    pp_hex_encode(id, run->request.b, 8);
    note(ctx, run->delivery ? "delivers" : "counted",
         "request=%s cycles=%" PRIu64 " proof_bytes=%zu seconds=%.2f", id, run->result.cycles,
         run->proof_size, (double)run->ns / 1e9);
}

static bool start_chain(pp_err *err, pp_prover_daemon *d) {
    uint8_t *genesis = NULL;
    size_t size = 0;
    if (!pp_local_open(err, &d->local, d->dir)) return false;
    if (!pp_local_begun(d->local) &&
        !pp_remote_genesis(err, &genesis, &size, d->remote, &d->config.genesis))
        return false;
    pp_local_watch watch = {.ctx = d,
                            .on_block = on_block,
                            .on_save = on_save,
                            .on_load = on_load,
                            .on_note = on_snapshot_note};
    bool ok = pp_local_start(err, d->local, (pp_bytes){genesis, size}, NULL, &watch);
    free(genesis);
    if (!ok) return false;
    pp_chain_info info;
    pp_chain_info_get(&info, chain_of(d));
    return pp_hash32_eq(&info.genesis, &d->config.genesis) ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: its chain.log is of another network", d->dir);
}

static void set_wishes(pp_prover_daemon *d) {
    d->prover.rescue_percent = d->config.rescue_percent;
    d->prover.loss_max = d->config.loss_max;
    d->prover.bids = &d->bids;
    d->prover.shelf = &d->shelf;
    d->prover.held = &d->held;
    pp_shelf_open(&d->shelf, d->dir, "shelf");
    pp_shelf_open(&d->held, d->dir, "held");
    d->prover.on_run = on_run;
    d->prover.run_ctx = d;
    d->prover.live = true;
    // The rest of a block's time is for what is to be said.
    d->prover.count_ns = pp_chain_genesis(chain_of(d))->block_interval * 1000000 / 2;
}

static bool open_all(pp_err *err, pp_prover_daemon *d) {
    if (!pp_prover_config_load(err, &d->config, d->dir) || !pp_folder_is_own(err, d->dir))
        return false;
    d->begun = d->config.secret.ps_per_work;
    d->seen_ns = pp_clock_ns();
    pp_guest_batch(&d->guest);
    bool ok = pp_prover_init(&d->prover, &d->config.secret, &d->guest, NULL);
    PP_ASSERT(ok); // the configuration's key was looked at
    pp_err why;
    if (!pp_speed_load(&why, &d->config.secret.ps_per_work, d->dir, d->begun))
        note(d, "failed", "why=\"%s\"", why.text); // it begins as prover.json says
    if (!pp_bids_open(err, &d->bids, d->dir) || !pp_prover_mode_read(err, &d->mode, d->dir) ||
        !pp_remote_open(err, &d->remote, d->config.node, stops, d) || !start_chain(err, d))
        return false;
    const pp_genesis *genesis = pp_chain_genesis(chain_of(d));
    bool proves = genesis->check == PP_CHECK_PROOF;
    if (proves &&
        !pp_works_open(err, &d->works, d->dir, genesis, d->config.threads, d->config.memory))
        return false;
    set_wishes(d);
    if (!proves) return true;
    pp_jobs_open(&d->jobs, d->dir, &d->works, d->config.threads, d->config.memory,
                 d->config.shard_command);
    d->prover.works = &d->works;
    d->prover.jobs = &d->jobs;
    return true;
}

bool pp_prover_daemon_open(pp_err *err, pp_prover_daemon **out, const char *dir, FILE *log,
                           const atomic_bool *stop) {
    *out = NULL;
    pp_prover_daemon *d = calloc(1, sizeof *d);
    if (d == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    d->log = log;
    d->stop = stop;
    if (snprintf(d->dir, sizeof d->dir, "%s", dir) >= (int)sizeof d->dir - 64) {
        free(d);
        return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", dir);
    }
    if (!open_all(err, d)) {
        pp_prover_daemon_close(d);
        return false;
    }
    char hex[41];
    pp_hex_encode(hex, d->prover.address.b, 20);
    pp_chain_info info;
    pp_chain_info_get(&info, chain_of(d));
    note(d, "opened", "address=0x%s height=%" PRIu64, hex, info.height);
    *out = d;
    return true;
}

void pp_prover_daemon_close(pp_prover_daemon *d) {
    if (d == NULL) return;
    pp_jobs_close(&d->jobs);
    pp_shelf_close(&d->shelf);
    pp_shelf_close(&d->held);
    pp_outbox_free(&d->outbox);
    pp_works_close(&d->works);
    pp_local_close(d->local);
    pp_remote_close(d->remote);
    explicit_bzero(&d->config, sizeof d->config);
    free(d);
}

// ---- following --------------------------------------------------------------------------------

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

// What its node says is of no use now: that says nothing of the chain, and it is asked again.
static void lose(pp_prover_daemon *d, const pp_err *why) {
    if (!d->lost) note(d, "lost", "why=\"%s\"", why->text);
    d->lost = true;
    pause_ms(RETRY_MS);
}

// Takes what the node has; waits for a block where nothing is fresh. *caught_up: it has no more.
// False with one sentence when a block that the network's signer has signed does not follow, or the
// disk fails.
static bool follow(pp_err *err, pp_prover_daemon *d, bool *caught_up) {
    uint8_t *data;
    size_t size;
    pp_err why;
    uint64_t before = pp_local_records(d->local);
    *caught_up = false;
    if (!pp_remote_blocks(&why, &data, &size, d->remote, before, !d->fresh)) {
        if (!stops(d)) lose(d, &why);
        return true;
    }
    bool ok = true, right = true;
    pp_bytes rest = {data, size}, block = {NULL, 1};
    while (ok && right && block.size > 0) {
        pp_chain_result result;
        right = pp_remote_next(&why, &block, &rest, d->local);
        if (!right || block.size == 0) continue;
        ok = pp_local_take(err, &result, d->local, block);
        if (ok) hear(d, &result);
        if (ok) note_events(d, &result);
        if (ok) report_catching_up(d, chain_of(d));
    }
    free(data);
    if (!right) {
        lose(d, &why);
        return true;
    }
    if (d->lost) note(d, "found", "node=%s", d->config.node);
    d->lost = false;
    *caught_up = ok && size == 0 && d->fresh && before > d->heard;
    if (ok && size == 0 && !*caught_up) pause_ms(RETRY_MS / 10); // it did not wait
    d->fresh = ok && (size > 0 || (d->fresh && !*caught_up));
    return ok;
}

// ---- speaking ---------------------------------------------------------------------------------

// A prover that is none yet becomes one; one that has taken all of its stake back stakes again.
static void register_once(pp_prover_daemon *d, const pp_market_account *me) {
    if (me != NULL && me->registered && (me->stake > 0 || d->config.stake == 0)) return;
    char free[40], stake[40], fees[40];
    // Who stakes his last wei could not say anything any more.
    pp_u128 spare = pp_chain_command_fee(chain_of(d), 2 * d->config.slots * pp_prover_bid_bytes());
    if (me == NULL || me->free < d->config.stake + spare || d->config.stake == 0) {
        if (!d->poor)
            note(d, "poor",
                 "why=\"this account cannot register: its free balance is below the stake of "
                 "prover.json and the fees of what it may have to say\" free_wei=%s stake_wei=%s "
                 "fees_wei=%s",
                 pp_u128_dec(free, me ? me->free : 0), pp_u128_dec(stake, d->config.stake),
                 pp_u128_dec(fees, spare));
        d->poor = true;
        return;
    }
    d->poor = false;
    pp_market_command c = {
        .kind = PP_MARKET_REGISTER, .slots = d->config.slots, .amount = d->config.stake};
    pp_outbox_market(&d->outbox, chain_of(d), d->config.secret.key, &c);
    note(d, "register", "slots=%u", d->config.slots);
}

// Once nothing of it is held any more the stake goes back to the free balance, by the market's two
// steps.
static void take_stake_back(pp_prover_daemon *d, const pp_market_account *me) {
    pp_u128 bonded = me->stake - me->unbonding;
    pp_market_command c = {.kind = PP_MARKET_UNBOND, .amount = bonded};
    if (me->held > 0) return;
    if (bonded == 0) c = (pp_market_command){.kind = PP_MARKET_UNBONDED};
    bool due =
        bonded > 0 || (me->unbonding > 0 && pp_chain_market(chain_of(d))->now >= me->unbond_at);
    if (!due) return;
    pp_outbox_market(&d->outbox, chain_of(d), d->config.secret.key, &c);
    note(d, bonded > 0 ? "unbond" : "unbonded", "%s", "");
}

static void note_refused(const pp_prover_daemon *d, pp_bytes said, const char *reason,
                         uint64_t height) {
    pp_item item;
    pp_market_command c;
    char id[17] = "";
    if (pp_item_decode(&item, said) && pp_market_command_decode(&c, item.command.payload))
        pp_hex_encode(id, c.request.b, 8);
    note(d, "refused", "reason=%s height=%" PRIu64 " request=%s", reason, height, id);
}

// In order of their nonces; the first that is not taken ends it, and the chain will tell.
static void speak(pp_prover_daemon *d) {
    bool all = true;
    for (size_t i = 0; all && i < d->outbox.len && !stops(d); i++) {
        pp_err why;
        uint64_t height;
        char reason[PP_REMOTE_REASON_MAX];
        if (!pp_remote_command(&why, &height, reason, d->remote, d->outbox.items[i])) {
            note(d, "unheard", "why=\"%s\"", why.text);
            all = false;
            continue;
        }
        pp_note_word(reason); // the node's
        if (strcmp(reason, "OK") != 0) note_refused(d, d->outbox.items[i], reason, height);
        all = height != 0;
        // A height that is far ahead is none: it would be waited for in vain.
        if (height > d->heard && height <= pp_local_records(d->local) + HEARD_AHEAD)
            d->heard = height;
    }
    pp_outbox_clear(&d->outbox);
}

// What its proofs take is what it counts on from here on.
static bool learn(pp_err *err, pp_prover_daemon *d, const pp_jobs_sight *sight) {
    uint64_t *ps = &d->config.secret.ps_per_work, next = pp_speed_next(*ps, sight);
    d->seen_ns = pp_clock_ns();
    if (next == *ps) return true;
    note(d, "measured", "picoseconds_per_work=%" PRIu64 " before=%" PRIu64, next, *ps);
    *ps = next;
    return pp_speed_store(err, d->dir, d->begun, next);
}

static bool look_at_proofs(pp_err *err, pp_prover_daemon *d) {
    pp_jobs_sight sight;
    if (d->prover.jobs == NULL || !pp_jobs_saw(&sight, &d->jobs)) return true;
    if (sight.done)
        note(d, "proved", "work=%" PRIu64 " seconds=%.2f", sight.work, (double)sight.ns / 1e9);
    return learn(err, d, &sight);
}

// Whose price is too high proves nothing, and would never see that it has become faster.
static bool is_stale(const pp_prover_daemon *d, const pp_market_account *me) {
    return d->prover.jobs != NULL && d->jobs.pid == 0 && !d->prover.rests && me != NULL &&
           me->slots_used == 0 && pp_clock_ns() - d->seen_ns > (uint64_t)AGAIN_SECONDS * 1000000000;
}

// The first batch that it sees is what its speed is measured on.
static bool measure(pp_err *err, pp_prover_daemon *d, const pp_market_account *me) {
    const pp_market *m = pp_chain_market(chain_of(d));
    uint64_t *ps = &d->config.secret.ps_per_work, now;
    if (*ps != 0 && !is_stale(d, me)) return true;
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        pp_bytes input;
        if (!pp_hash32_eq(&r->terms.program_id, &d->guest.id) ||
            !pp_chain_input(&input, chain_of(d), &r->terms.input_id))
            continue;
        d->seen_ns = pp_clock_ns(); // one that fails is not tried with each block
        if (d->prover.works ? !pp_works_measure(err, &now, d->prover.works, &d->guest, input)
                            : !pp_prover_measure(err, &now, &d->guest, input, 2))
            return false;
        if (*ps != 0) return learn(err, d, &(pp_jobs_sight){1000000, 1000 * now, true});
        d->begun = *ps = now;
        note(d, "measured", "picoseconds_per_work=%" PRIu64, *ps);
        return pp_prover_config_store(err, &d->config, d->dir);
    }
    return true;
}

// What its operator wants now; a file that says nonsense changes nothing.
static void look_at_mode(pp_prover_daemon *d) {
    pp_prover_mode now;
    pp_err why;
    if (!pp_prover_mode_read(&why, &now, d->dir)) {
        if (!d->mode_lost) note(d, "failed", "why=\"%s\"", why.text);
        d->mode_lost = true;
        return;
    }
    d->mode_lost = false;
    if (now == d->mode) return;
    note(d, "mode", "from=%s to=%s", pp_prover_mode_name(d->mode), pp_prover_mode_name(now));
    d->mode = now;
}

// What failed here says so and is tried again with the next block: the prover goes on.
static void act(pp_prover_daemon *d) {
    pp_chain_info info;
    pp_err err;
    pp_chain_info_get(&info, chain_of(d));
    const pp_market_account *me =
        pp_market_find_account(pp_chain_market(chain_of(d)), &d->prover.address);
    look_at_mode(d);
    d->prover.rests = d->mode != PP_PROVER_WORK;
    if (d->mode == PP_PROVER_WORK) register_once(d, me);
    uint64_t next = info.market_time + pp_chain_genesis(chain_of(d))->block_interval;
    if (!look_at_proofs(&err, d)) note(d, "failed", "why=\"%s\"", err.text);
    bool ok =
        measure(&err, d, me) && (d->config.secret.ps_per_work == 0 ||
                                 pp_prover_act(&err, &d->prover, &d->outbox, chain_of(d), next));
    if (!ok) note(d, "failed", "why=\"%s\"", err.text);
    if (d->jobs.ever > d->told) note(d, "proof_failed", "why=\"%s\"", d->jobs.why);
    d->told = d->jobs.ever;
    bool back = d->mode == PP_PROVER_WITHDRAW || (me != NULL && me->stake == me->unbonding);
    if (back && me != NULL && me->registered) take_stake_back(d, me);
    speak(d);
    report(d, chain_of(d), d->lost ? PP_PROVER_LOST : PP_PROVER_FOLLOWS);
}

bool pp_prover_daemon_run(pp_err *err, pp_prover_daemon *d) {
    while (!stops(d)) {
        bool caught_up;
        if (!follow(err, d, &caught_up)) return false;
        if (caught_up && !stops(d)) act(d);
    }
    note(d, "stopped", "height=%" PRIu64, pp_local_records(d->local) - 1);
    return true;
}
