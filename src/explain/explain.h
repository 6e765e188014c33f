// SPDX-License-Identifier: MIT OR Apache-2.0
// What people ask of a market: why was my request not taken, who may act next and until when, was
// the match right, what does a proof cost now. Answers come from a history of the market's events
// and refused commands, which its owner records (the commands do so from a chain's log), and from
// the market itself.
#ifndef PP_EXPLAIN_EXPLAIN_H
#define PP_EXPLAIN_EXPLAIN_H

#include <stdio.h>

#include "market/market.h"

// One line of a request's story: an event, or (refused) a command that the market did not take.
typedef struct pp_story {
    bool refused;
    pp_market_event event;   // its time and account too for a refusal
    pp_market_kind kind;     // of the refused command
    pp_market_reason reason; // why
} pp_story;

typedef struct pp_match_bid {
    pp_address prover;
    pp_u128 bid;
    pp_hash32 salt;
    bool revealed;
    bool fits; // its place in the draw recomputed
    uint8_t rank;
} pp_match_bid;

// An auction as it was drawn, with all that decides it.
typedef struct pp_match {
    bool known,
        right; // recomputed: the price, the winners and their order are what the market said
    pp_hash32 preimage;
    uint32_t winners; // m
    pp_u128 reserve, price, recomputed;
    size_t len;
    pp_match_bid bids[PP_MARKET_COMMITS_MAX];
} pp_match;

typedef struct pp_clear {
    pp_u128 price, reserve;
    uint64_t work;
    bool served;
} pp_clear;

typedef struct pp_history {
    pp_hash32 about; // whose story is kept
    bool has_about;
    size_t story_len, story_max;
    pp_story *story;
    pp_match match;
    size_t clears_len, clears_max; // every request that closed, in order
    pp_clear *clears;
    bool failed; // no memory: something is missing
} pp_history;

// about NULL: prices only. pp_history_free releases what was recorded.
void pp_history_init(pp_history *h, const pp_hash32 *about);
void pp_history_free(pp_history *h);
// An event of m; call it for each, in order, soon enough that m still holds the request (an
// auction's bids are read at ASSIGNED). preimage: the beacon of the running block.
void pp_history_event(pp_history *h, const pp_market *m, const pp_hash32 *preimage,
                      const pp_market_event *event);
// A command that m answered with something else than OK.
void pp_history_refused(pp_history *h, uint64_t time, const pp_market_command *command,
                        pp_market_reason reason);

// An auction of m as it was just drawn (ASSIGNED, not by a claim), recomputed. preimage: the beacon
// that drew it.
void pp_match_read(pp_match *match, const pp_market *m, const pp_market_request *r,
                   const pp_hash32 *preimage);
// The price and the ranks once more from the bids, the salts and the beacon alone.
void pp_match_recompute(pp_match *match, const pp_hash32 *request);

// What anyone may do now with a request, and until when; one sentence a line. Times are market
// times, ms. Returns the number of lines written, at most 8.
size_t pp_explain_next(char lines[8][200], const pp_market *m, const pp_market_request *r);

// The whole answer. False when nothing is known of the request.
bool pp_explain_print(FILE *out, const pp_history *h, const pp_market *m, const pp_hash32 *request);

// A command about a request, as people read it: "OPEN BID"; "?" for others.
const char *pp_explain_command(pp_market_kind kind);

// What a prover may still lose: stakes and bonds in running auctions and assignments.
pp_u128 pp_explain_at_risk(const pp_market *m, const pp_address *prover);

// Prices of the last clears, in wei for a million units of work.
typedef struct pp_quote {
    size_t clears, closed; // served ones among the last 100 that closed
    pp_u128 p25, p50, p90;
    uint32_t chance; // percent of them that were served at or below the asked rate
} pp_quote;
void pp_quote_get(pp_quote *out, const pp_history *h, pp_u128 rate);

// Wei for so much work at a price for a million units.
static inline pp_u128 pp_quote_wei(pp_u128 rate, uint64_t work) {
    return rate * work / 1000000;
}

#endif
