// SPDX-License-Identifier: MIT OR Apache-2.0
// The scopes: small worlds and all that may happen in them. Between them they reach every row of
// the rules' table and every guard.
#include "checker/checker.h"

#define TICK {PP_CHECK_TICK, 0, 0, 0, 0}
#define DRAW(order) {PP_CHECK_BEACON, 0, 0, 0, order}
#define DO(kind, who, request, arg) {PP_CHECK_COMMAND, PP_MARKET_##kind, who, request, arg}
#define ACT(op, who, request, arg) {PP_CHECK_##op, 0, who, request, arg}
#define ASKER PP_CHECK_ASKER
#define FUND PP_CHECK_FUND
#define STRANGER PP_CHECK_STRANGER
enum { WRONG, VALID, OTHER_OUTPUT };

// Windows of one, work of four; r = R = 8; stake for one assignment.
#define SMALL(places_, asker_, slots_, commit_, cash_, stake_)                                     \
    .places = places_, .reserve = 8, .cap = 8, .asker = asker_, .stake = stake_, .slots = slots_,  \
    .cash = cash_, .commit = commit_, .reveal = 1, .decline = 1, .work = 4, .bounty = 2,           \
    .beacon = 1

#define DRAWS DRAW(0), DRAW(1), DRAW(2), DRAW(3), DRAW(4), DRAW(5)

#define ASKED                                                                                      \
    DO(POST, ASKER, 0, 0), DO(CANCEL, ASKER, 0, 0), DO(CANCEL, 0, 0, 0), DO(RAISE, ASKER, 0, 12),  \
        DO(RAISE, ASKER, 0, 4), DO(RAISE, 0, 0, 12), DO(RAISE, ASKER, 0, 200), ACT(VOID, 0, 0, 0)

// Two bidders, an outsider, a requester that may prove: for the suite.
#define FEWER                                                                                      \
    {TICK,                                                                                         \
     DRAW(0),                                                                                      \
     DRAW(2),                                                                                      \
     DO(BID, 0, 0, 3),                                                                             \
     DO(BID, 1, 0, 6),                                                                             \
     DO(BID, 1, 0, 9),                                                                             \
     DO(OPEN_BID, 0, 0, 3),                                                                        \
     DO(OPEN_BID, 0, 0, 6),                                                                        \
     DO(OPEN_BID, 1, 0, 6),                                                                        \
     DO(OPEN_BID, 1, 0, 9),                                                                        \
     DO(DECLINE, 0, 0, 0),                                                                         \
     DO(DECLINE, 1, 0, 0),                                                                         \
     DO(RELEASE, 0, 0, 0),                                                                         \
     DO(RELEASE, 1, 0, 0),                                                                         \
     DO(CLAIM, 0, 0, 0),                                                                           \
     DO(CLAIM, 1, 0, 0),                                                                           \
     DO(PROVE, 0, 0, VALID),                                                                       \
     DO(PROVE, 2, 0, VALID),                                                                       \
     DO(PROVE, ASKER, 0, VALID),                                                                   \
     DO(PROVE, 0, 0, WRONG),                                                                       \
     DO(PROVE, 1, 0, OTHER_OUTPUT),                                                                \
     ASKED}
static const pp_check_scope few_one = {SMALL(1, 20, 1, 1, 5, 16), .name = "two bidders, m = 1",
                                       .requests = 1, .winners = 1, .actions = FEWER};
static const pp_check_scope few_two = {SMALL(1, 20, 1, 1, 5, 16), .name = "two bidders, m = 2",
                                       .requests = 1, .winners = 2, .actions = FEWER};

// Everything that may happen to one request: three provers of whom each may do all, every order of
// a draw or none. In the suite with windows as short as they keep every order of events (w0 = 0
// still holds a decline); in the soak longer ones; or a raise and all bids.
#define EACH(kind, request, arg)                                                                   \
    DO(kind, 0, request, arg), DO(kind, 1, request, arg), DO(kind, 2, request, arg)
#define BIDS(request, amount) EACH(BID, request, amount), EACH(OPEN_BID, request, amount)
#define WORK(request)                                                                              \
    EACH(DECLINE, request, 0), EACH(RELEASE, request, 0), EACH(CLAIM, request, 0),                 \
        EACH(PROVE, request, VALID)
#define EVERYTHING(asker)                                                                          \
    WORK(0), EACH(PROVE, 0, WRONG), EACH(PROVE, 0, OTHER_OUTPUT), EACH(CANCEL, 0, 0),              \
        EACH(RAISE, 0, 120), DO(PROVE, ASKER, 0, VALID), DO(POST, asker, 0, 0),                    \
        DO(CANCEL, asker, 0, 0), DO(RAISE, asker, 0, 120), DO(RAISE, asker, 0, 40),                \
        DO(RAISE, asker, 0, 250), ACT(VOID, 0, 0, 0)
#define WIDE(requests_, winners_)                                                                  \
    .alike = true, .requests = requests_, .places = requests_, .winners = winners_, .reserve = 80, \
    .cap = 80, .asker = 100 + 100 * requests_, .stake = 160, .slots = 1, .cash = 41, .commit = 1,  \
    .reveal = 1, .beacon = 1
#define SHORT .decline = 0, .work = 1, .bounty = 2
#define LONG .soak = true, .decline = 1, .work = 4, .bounty = 2
#define ONE {TICK, DRAWS, BIDS(0, 30), BIDS(0, 60), EVERYTHING(ASKER)}
#define MORE {TICK, DRAWS, BIDS(0, 0), BIDS(0, 30), BIDS(0, 60), BIDS(0, 80), EVERYTHING(ASKER)}
#define BOTH {TICK, DRAWS, BIDS(0, 30), BIDS(1, 30), WORK(0), WORK(1)}
#define FUNDED {TICK, DRAWS, BIDS(0, 30), BIDS(0, 60), EVERYTHING(FUND)}
static const pp_check_scope alike = {WIDE(1, 2), SHORT, .name = "three alike",
                                     .actions = {TICK, DRAWS, BIDS(0, 30), WORK(0)}};
static const pp_check_scope one_winner = {WIDE(1, 1), SHORT, .name = "all of one request, m = 1",
                                          .wrong_proofs = 1, .actions = ONE};
static const pp_check_scope two_winners = {WIDE(1, 2), SHORT, .name = "all of one request, m = 2",
                                           .wrong_proofs = 1, .actions = ONE};
static const pp_check_scope three_winners = {WIDE(1, 3), SHORT, .name = "all of one request, m = 3",
                                             .wrong_proofs = 1, .actions = ONE};
static const pp_check_scope one_long = {WIDE(1, 1), LONG, .name = "long windows, m = 1",
                                        .wrong_proofs = 1, .actions = ONE};
static const pp_check_scope two_long = {WIDE(1, 2), LONG, .name = "long windows, m = 2",
                                        .wrong_proofs = 1, .actions = ONE};
static const pp_check_scope three_long = {WIDE(1, 3), LONG, .name = "long windows, m = 3",
                                          .wrong_proofs = 1, .actions = ONE};
static const pp_check_scope one_raised = {
    WIDE(1, 1),        SHORT,          .soak = true, .raises = 1, .name = "raised, m = 1",
    .wrong_proofs = 1, .actions = MORE};
static const pp_check_scope two_raised = {
    WIDE(1, 2),        SHORT,          .soak = true, .raises = 1, .name = "raised, m = 2",
    .wrong_proofs = 1, .actions = MORE};
static const pp_check_scope three_raised = {
    WIDE(1, 3),        SHORT,          .soak = true, .raises = 1, .name = "raised, m = 3",
    .wrong_proofs = 1, .actions = MORE};
static const pp_check_scope both_one = {WIDE(2, 1), SHORT, .soak = true,
                                        .name = "all of two requests, m = 1", .actions = BOTH};
static const pp_check_scope both_two = {WIDE(2, 2), SHORT, .soak = true,
                                        .name = "all of two requests, m = 2", .actions = BOTH};
static const pp_check_scope both_three = {WIDE(2, 3), SHORT, .soak = true,
                                          .name = "all of two requests, m = 3", .actions = BOTH};
static const pp_check_scope reopened = {
    WIDE(1, 2),       SHORT,     .soak = true,      .protocol = true,
    .fund = 150,      .end = 24, .wrong_proofs = 1, .name = "all of the protocol's request, m = 2",
    .actions = FUNDED};

// The requester raises R, an escalation step does; the bidder defaults; everybody rescues.
static const pp_check_scope raised = {
    SMALL(1, 20, 1, 1, 5, 16),
    .name = "R raised and rising",
    .requests = 1,
    .winners = 1,
    .step = 10,
    .raises = 1,
    .actions = {TICK, DRAW(0), DO(BID, 0, 0, 3), DO(BID, 1, 0, 6), DO(OPEN_BID, 0, 0, 3),
                DO(OPEN_BID, 1, 0, 6), DO(CLAIM, 1, 0, 0), DO(PROVE, 0, 0, VALID),
                DO(PROVE, 1, 0, VALID), DO(PROVE, ASKER, 0, VALID), ASKED}};

// Two requests share the provers' slots: one, and stake for both.
static const pp_check_scope shared = {
    SMALL(2, 40, 1, 1, 5, 40), .name = "two requests, one slot", .requests = 2, .winners = 1,
    .actions = {TICK, DRAW(0), DRAW(5), DO(BID, 0, 0, 3), DO(BID, 0, 1, 3), DO(OPEN_BID, 0, 0, 3),
                DO(CLAIM, 0, 0, 0), DO(CLAIM, 0, 1, 0), DO(PROVE, 0, 0, VALID),
                DO(PROVE, 1, 1, VALID), DO(POST, ASKER, 1, 0)}};

// The same with two slots and stake for one only, so that a draw may find a slot but no stake.
static const pp_check_scope thin = {
    SMALL(2, 40, 2, 1, 5, 16), .name = "two requests, two slots, thin stakes", .requests = 2,
    .winners = 1,
    .actions = {TICK, DRAW(0), DRAW(5), DO(BID, 0, 0, 3), DO(BID, 0, 1, 3), DO(CLAIM, 0, 0, 0),
                DO(CLAIM, 0, 1, 0), DO(PROVE, 1, 0, VALID), DO(PROVE, 1, 1, VALID),
                DO(REGISTER, 0, 0, 0x10)}};

// Two slots and stake for both, and a beacon that may be late: a claim outlives a default.
static const pp_check_scope rich = {
    SMALL(2, 40, 2, 1, 5, 40), .name = "two requests, two slots", .requests = 2, .winners = 1,
    .actions = {TICK, DRAW(0), DO(BID, 0, 0, 3), DO(BID, 0, 0, 6), DO(CLAIM, 0, 0, 0),
                DO(CLAIM, 0, 1, 0), DO(PROVE, 1, 0, VALID), DO(PROVE, 1, 1, VALID)}};

// Room for two commits of one prover.
static const pp_check_scope twice = {
    SMALL(1, 20, 2, 1, 9, 40), .name = "two slots for one request", .requests = 1, .winners = 1,
    .actions = {TICK, DO(BID, 0, 0, 3), DO(BID, 0, 0, 6), DO(CLAIM, 1, 0, 0), DRAW(0)}};

// One assignment, and all that may become of it.
static const pp_check_scope assigned = {
    SMALL(1, 20, 1, 1, 5, 16),
    .name = "one assignment",
    .requests = 1,
    .winners = 1,
    .actions = {TICK, DRAW(0), DO(BID, 0, 0, 3), DO(OPEN_BID, 0, 0, 3), DO(RELEASE, 0, 0, 0),
                DO(RELEASE, 1, 0, 0), DO(DECLINE, 0, 0, 0), DO(DECLINE, 1, 0, 0),
                DO(CLAIM, 1, 0, 0), DO(PROVE, 0, 0, VALID), DO(PROVE, 1, 0, VALID),
                DO(PROVE, ASKER, 0, VALID), DO(PROVE, 0, 0, WRONG), DO(PROVE, 0, 0, OTHER_OUTPUT),
                ACT(VOID, 0, 0, 0), DO(CANCEL, ASKER, 0, 0)},
    .wrong_proofs = 1};

// Stakes come and go while a request runs; a stranger registers.
static const pp_check_scope stakes = {
    SMALL(1, 20, 1, 3, 4, 16),
    .name = "stakes come and go",
    .requests = 1,
    .winners = 1,
    .end = 6,
    .actions = {TICK, DO(BID, 0, 0, 3), DO(OPEN_BID, 0, 0, 3), DO(BID, STRANGER, 0, 3),
                DO(REGISTER, STRANGER, 0, 0x12), DO(REGISTER, STRANGER, 0, 0x19),
                DO(REGISTER, 0, 0, 0x11), DO(UNBOND, 0, 0, 15), DO(UNBOND, 1, 0, 9),
                DO(UNBOND, 1, 0, 0), DO(UNBONDED, 0, 0, 0), DO(UNBONDED, 1, 0, 0),
                ACT(ENROLL, 1, 0, 3), ACT(WITHDRAW, 1, 0, 9), ACT(TRANSFER, 1, 0, 9)}};

// Nobody has cash for bonds.
static const pp_check_scope poor = {
    SMALL(1, 20, 1, 1, 4, 16),
    .name = "provers without cash",
    .requests = 1,
    .winners = 1,
    .actions = {TICK, DRAW(0), DRAW(5), DO(BID, 0, 0, 3), DO(BID, 1, 0, 6), DO(OPEN_BID, 0, 0, 3),
                DO(OPEN_BID, 1, 0, 6), ACT(WITHDRAW, 0, 0, 4), ACT(WITHDRAW, 1, 0, 4),
                DO(PROVE, 0, 0, VALID), DO(PROVE, 1, 0, VALID), DO(PROVE, 0, 0, WRONG),
                DO(DECLINE, 0, 0, 0), DO(CLAIM, 1, 0, 0)},
    .wrong_proofs = 2};

// Requests of the protocol: reopening, voiding; a fund that has too little, and gets some.
static const pp_check_scope funded = {
    SMALL(1, 20, 1, 1, 5, 16),
    .name = "the protocol's request, funded",
    .requests = 1,
    .protocol = true,
    .winners = 1,
    .fund = 10,
    .end = 30,
    .raises = 1,
    .actions = {TICK, DRAW(0), DO(BID, 0, 0, 3), DO(OPEN_BID, 0, 0, 3), DO(OPEN_BID, 0, 0, 6),
                DO(BID, 1, 0, 9), DO(OPEN_BID, 1, 0, 9), DO(CLAIM, 1, 0, 0), DO(PROVE, 0, 0, VALID),
                ACT(VOID, 0, 0, 0), DO(CANCEL, FUND, 0, 0), DO(RAISE, FUND, 0, 10)}};
static const pp_check_scope rivals = {SMALL(1, 20, 1, 1, 5, 16),
                                      .name = "the protocol's request, two bidders",
                                      .requests = 1,
                                      .protocol = true,
                                      .winners = 1,
                                      .fund = 14,
                                      .end = 18,
                                      .actions = {TICK, DRAW(0), DO(BID, 0, 0, 3),
                                                  DO(OPEN_BID, 0, 0, 3), DO(BID, 1, 0, 6),
                                                  DO(OPEN_BID, 1, 0, 6), DO(CLAIM, 1, 0, 0),
                                                  DO(PROVE, 0, 0, VALID), DO(PROVE, 1, 0, VALID)}};
static const pp_check_scope dry = {
    SMALL(2, 20, 1, 1, 5, 16),
    .name = "the protocol's requests, a dry fund",
    .requests = 1,
    .protocol = true,
    .winners = 1,
    .fund = 4,
    .end = 5,
    .actions = {TICK, DRAW(0), DO(CLAIM, 1, 0, 0), DO(BID, 0, 1, 3), DO(PROVE, 0, 0, VALID),
                DO(PROVE, 1, 1, VALID), ACT(DEPOSIT, FUND, 0, 5), ACT(POST_PROTOCOL, FUND, 1, 10),
                ACT(POST_PROTOCOL, FUND, 0, 0), ACT(VOID, 0, 0, 0)}};

// A lane offers more than its fund has; much; and more than four times r.
#define LANE(fund_, cap_, step_)                                                                   \
    {                                                                                              \
        .places = 1, .reserve = 8, .cap = cap_, .step = step_, .asker = 20, .fund = fund_,         \
        .stake = 16, .slots = 1, .cash = 5, .commit = 1, .reveal = 1, .decline = 1, .work = 4,     \
        .bounty = 2, .beacon = 1, .name = "a lane that offers " #cap_ " of " #fund_,               \
        .requests = 1, .protocol = true, .winners = 1, .end = 40, .actions = {                     \
            TICK,                                                                                  \
            DO(PROVE, 0, 0, VALID)                                                                 \
        }                                                                                          \
    }
static const pp_check_scope poor_lane = LANE(10, 12, 20), rich_lane = LANE(60, 30, 0),
                            eager_lane = LANE(60, 40, 0), dry_lane = LANE(4, 12, 20);

// A lane's fund without money, that gets some: what reopens is held as far as it goes, claimed for
// what is held, and owed beyond.
static const pp_check_scope filled = {SMALL(2, 20, 1, 1, 5, 16),
                                      .name = "a dry fund that gets some",
                                      .requests = 1,
                                      .protocol = true,
                                      .winners = 1,
                                      .fund = 4,
                                      .end = 60,
                                      .actions = {TICK, DRAW(0), DO(CLAIM, 1, 0, 0),
                                                  DO(PROVE, 0, 0, VALID), DO(PROVE, 1, 0, VALID),
                                                  ACT(DEPOSIT, FUND, 0, 6)}};

// A lane in debt, with less than it owes, while another request waits.
static const pp_check_scope indebted = {
    SMALL(3, 20, 1, 1, 5, 16),
    .name = "a lane in debt",
    .requests = 1,
    .protocol = true,
    .winners = 1,
    .fund = 10,
    .end = 22,
    .actions = {TICK, ACT(POST_PROTOCOL, FUND, 1, 0), DO(PROVE, 0, 1, VALID)}};

// Terms that are wrong in one thing each, and what can come of them.
static const pp_check_scope terms = {
    SMALL(2, 60, 1, 1, 5, 16), .name = "terms", .requests = 1, .winners = 1,

    .actions = {TICK, DO(CANCEL, ASKER, 0, 0), DO(POST, ASKER, 1, 1), DO(POST, ASKER, 1, 2),
                DO(POST, ASKER, 1, 3), DO(POST, ASKER, 1, 4), DO(POST, ASKER, 1, 5),
                DO(POST, ASKER, 1, 6), DO(POST, ASKER, 1, 7), DO(POST, ASKER, 1, 8),
                DO(POST, ASKER, 1, 9), DO(POST, ASKER, 1, 11), DO(POST, ASKER, 1, 12),
                DO(POST, ASKER, 1, 13), DO(POST, ASKER, 0, 0)}};

// Closed requests are forgotten when their place is needed, and do not come back.
static const pp_check_scope forgotten = {
    SMALL(1, 40, 1, 1, 5, 16),
    .name = "forgotten requests",
    .requests = 1,
    .winners = 1,
    .actions = {TICK, DO(CANCEL, ASKER, 0, 0), DO(CANCEL, ASKER, 1, 0), DO(POST, ASKER, 1, 0),
                DO(POST, ASKER, 0, 0), DO(PROVE, 0, 0, VALID), DO(PROVE, 0, 1, VALID),
                DO(RAISE, ASKER, 0, 12)},
    .raises = 1};

// A requester without money.
static const pp_check_scope broke = {SMALL(2, 10, 1, 1, 5, 16),
                                     .name = "a requester without money",
                                     .requests = 1,
                                     .winners = 1,
                                     .actions = {TICK, DO(POST, ASKER, 1, 0),
                                                 DO(RAISE, ASKER, 0, 12), DO(CANCEL, ASKER, 0, 0),
                                                 DO(CANCEL, 0, 0, 0), DO(RAISE, 0, 0, 10)},
                                     .raises = 2};

// The application keeps a place; somebody new is sent less than a bond.
static const pp_check_scope kept = {SMALL(2, 40, 1, 1, 5, 16),
                                    .name = "a place that is kept",
                                    .requests = 1,
                                    .winners = 1,
                                    .kept = 1,
                                    .proof_bond = 3,
                                    .fund = 30,
                                    .actions = {TICK, DO(POST, ASKER, 1, 0),
                                                DO(CANCEL, ASKER, 0, 0), ACT(NEWCOMER, 0, 0, 0),
                                                ACT(NEWCOMER, 0, 0, 2)}};

// Bids of nothing: S is 5/3 of r, and a wrong proof's bond eats half of it.
static const pp_check_scope eaten = {SMALL(1, 20, 1, 1, 4, 16),
                                     .name = "a stake half eaten",
                                     .requests = 1,
                                     .winners = 1,
                                     .proof_bond = 7,
                                     .wrong_proofs = 1,
                                     .actions = {TICK, DRAW(0), DO(BID, 0, 0, 0), DO(BID, 1, 0, 0),
                                                 DO(OPEN_BID, 0, 0, 0), DO(OPEN_BID, 1, 0, 0),
                                                 DO(PROVE, 0, 0, WRONG), DO(DECLINE, 0, 0, 0)}};

// A job so small that S is S_min.
static const pp_check_scope cheap = {SMALL(1, 20, 1, 1, 5, 20),
                                     .name = "a small job",
                                     .requests = 1,
                                     .winners = 1,
                                     .stake_min = 20,
                                     .actions = {TICK, DRAW(0), DO(BID, 0, 0, 3),
                                                 DO(OPEN_BID, 0, 0, 3), DO(DECLINE, 0, 0, 0),
                                                 DO(CLAIM, 1, 0, 0)}};

const pp_check_scope *const pp_check_scopes[] = {
    &terms,         &kept,     &cheap,      &eaten,      &poor_lane,  &rich_lane,  &eager_lane,
    &dry_lane,      &filled,   &indebted,   &rivals,     &twice,      &assigned,   &forgotten,
    &broke,         &dry,      &funded,     &stakes,     &thin,       &rich,       &poor,
    &shared,        &raised,   &few_one,    &few_two,    &alike,      &one_winner, &two_winners,
    &three_winners, &one_long, &two_long,   &three_long, &one_raised, &two_raised, &three_raised,
    &both_one,      &both_two, &both_three, &reopened};

size_t pp_check_scopes_len(void) {
    return PP_COUNT(pp_check_scopes);
}
