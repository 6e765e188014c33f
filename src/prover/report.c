// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "prover/wish.h"
#include "json/json.h"

enum { PATH = 4096 + 64 };

// ---- what the operator wants ------------------------------------------------------------------

static const char *const modes[] = {"work", "drain", "withdraw"};

const char *pp_prover_mode_name(pp_prover_mode mode) {
    return modes[mode];
}

bool pp_prover_mode_read(pp_err *err, pp_prover_mode *out, const char *dir) {
    char path[PATH];
    uint8_t *data;
    size_t size;
    *out = PP_PROVER_WORK;
    snprintf(path, sizeof path, "%.4096s/mode", dir);
    if (access(path, F_OK) != 0) return true;
    if (!pp_file_read(err, &data, &size, path, 64)) return false;
    char *text = (char *)data;
    text[strcspn(text, "\n")] = 0;
    size_t i = 0;
    while (i < PP_COUNT(modes) && strcmp(modes[i], text) != 0) i++;
    free(data);
    if (i == PP_COUNT(modes))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: not one of work, drain, withdraw", path);
    *out = (pp_prover_mode)i;
    return true;
}

bool pp_prover_mode_write(pp_err *err, const char *dir, pp_prover_mode mode) {
    char path[PATH], text[16];
    snprintf(path, sizeof path, "%.4096s/mode", dir);
    int size = snprintf(text, sizeof text, "%s\n", modes[mode]);
    return pp_file_write(err, path, text, (size_t)size, 0644); // of root, for a daemon that is not
}

// ---- what has become of it --------------------------------------------------------------------

void pp_prover_past_add(pp_prover_past *past, const pp_address *me, const pp_chain_result *result) {
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_market_event *e = &result->events[i].market;
        if (result->events[i].kind != PP_EVENT_MARKET || !pp_address_eq(&e->account, me)) continue;
        if (e->kind == PP_MARKET_EVENT_CLOSED && e->amount > 0) {
            past->paid++;
            past->earned += e->amount; // less what OWED, which comes before it, has taken off
        } else if (e->kind == PP_MARKET_EVENT_OWED) {
            past->earned -= e->amount;
            past->owed += e->amount;
        } else if (e->kind == PP_MARKET_EVENT_REPAID) {
            past->earned += e->amount;
            past->owed -= e->amount < past->owed ? e->amount : past->owed; // of before a pruned log
        } else if (e->kind == PP_MARKET_EVENT_DEFAULTED) {
            past->defaults++;
            past->lost += e->amount;
        }
    }
}

// ---- how it stands ----------------------------------------------------------------------------

static json_t *request_of(const pp_prover *p, const pp_market *m, const pp_market_account *me,
                          const pp_market_request *r) {
    json_t *out = json_object();
    const pp_prover_job *job = pp_prover_job_of(p, &r->id);
    pp_u128 cost;
    pp_json_hex(out, "request", r->id.b, 32);
    json_object_set_new(out, "state", json_string(pp_market_state_name(r->state)));
    json_object_set_new(out, "mine", json_boolean(me && pp_wish_is_primary(m, r, me)));
    pp_json_wei(out, "reserve_wei", r->terms.reserve);
    pp_json_u64(out, "due_ms", pp_market_request_due(m, r));
    if (job && job->known) pp_json_u64(out, "work", job->work);
    if (job && job->known && pp_prover_cost(&cost, p->secret, job->work))
        pp_json_wei(out, "cost_wei", cost);
    json_object_set_new(out, "why",
                        json_string(job && job->why
                                        ? job->why
                                        : "nothing to do about it, or its program is not here"));
    return out;
}

static const char *doing(const pp_prover *p, const pp_market_account *me, pp_prover_mode mode,
                         size_t assigned, pp_prover_stage stage) {
    if (stage == PP_PROVER_LOST) return "waits for its node";
    if (stage == PP_PROVER_CATCHES) return "catches up";
    if (p->jobs && p->jobs->pid) return "proves";
    if (assigned > 0) return "is bound";
    if (mode != PP_PROVER_WORK) return "takes nothing new";
    return me && me->registered ? "waits for work" : "is not registered: it lacks the stake";
}

void pp_prover_report(const char *dir, const pp_prover *p, const pp_prover_past *past,
                      const pp_chain *chain, pp_prover_mode mode, pp_prover_stage stage,
                      uint64_t begun) {
    const pp_market *m = pp_chain_market(chain);
    const pp_market_account *me = pp_market_find_account(m, &p->address);
    json_t *out = json_object(), *requests = json_array();
    pp_chain_info info;
    size_t assigned = 0;
    pp_chain_info_get(&info, chain);
    for (const pp_market_request *r = NULL; (r = pp_market_open_after(m, r)) != NULL;) {
        assigned += me && pp_wish_is_primary(m, r, me) && !r->proven;
        json_array_append_new(requests, request_of(p, m, me, r));
    }
    pp_json_u64(out, "pid", (uint64_t)getpid());
    pp_json_hex(out, "address", p->address.b, 20);
    pp_json_u64(out, "height", info.height);
    pp_json_u64(out, "market_time", info.market_time);
    json_object_set_new(out, "mode", json_string(modes[mode]));
    json_object_set_new(out, "doing", json_string(doing(p, me, mode, assigned, stage)));
    json_object_set_new(out, "follows", json_boolean(stage == PP_PROVER_FOLLOWS));
    json_object_set_new(out, "registered", json_boolean(me && me->registered));
    pp_json_wei(out, "free_wei", me ? me->free : 0);
    pp_json_wei(out, "stake_wei", me ? me->stake : 0);
    pp_json_wei(out, "unbonding_wei", me ? me->unbonding : 0);
    if (me && me->unbonding > 0)
        pp_json_u64(out, "unbonding_ms", me->unbond_at > m->now ? me->unbond_at - m->now : 0);
    pp_json_wei(out, "at_stake_wei", me ? pp_wish_at_stake(m, me) : 0);
    pp_json_u64(out, "slots", me ? me->slots : 0);
    pp_json_u64(out, "slots_used", me ? me->slots_used : 0);
    pp_json_u64(out, "assigned", assigned);
    pp_json_u64(out, "paid", past->paid);
    pp_json_wei(out, "earned_wei", past->earned);
    pp_json_wei(out, "owed_wei", past->owed);
    pp_json_u64(out, "defaults", past->defaults);
    pp_json_wei(out, "lost_wei", past->lost);
    pp_json_u64(out, "picoseconds_per_work", p->secret->ps_per_work);
    pp_json_u64(out, "picoseconds_per_work_begun", begun);
    pp_json_wei(out, "wei_per_second", p->secret->wei_per_second);
    if (p->jobs && p->jobs->pid)
        pp_json_u64(out, "proving_seconds", (pp_clock_ns() - p->jobs->began) / 1000000000);
    if (p->jobs && p->jobs->why[0])
        json_object_set_new(out, "last_failure", json_string(p->jobs->why));
    json_object_set_new(out, "requests", requests);
    char path[PATH], temp[PATH];
    snprintf(path, sizeof path, "%.4000s/status.json", dir);
    snprintf(temp, sizeof temp, "%.4000s/status.json.new", dir);
    if (json_dump_file(out, temp, JSON_INDENT(1)) == 0) (void)rename(temp, path);
    json_decref(out);
}
