// SPDX-License-Identifier: MIT OR Apache-2.0
// What people ask of the market and the batches, kept ready beside the chain: requests with their
// story, bids and match, batches, accounts, defaults, prices. Fed block by block and made again
// from the log; questions never wait for a block that is being executed.
//
// All of it is kept, however old: in memory stand what is open and the last that closed; the others
// in files that are mapped (index/far.h).
//
// One thread at a time. Running out of memory ends the program.
#ifndef PP_INDEX_BOOK_H
#define PP_INDEX_BOOK_H

#include "chain/chain.h"
#include "chain/wire.h"
#include "explain/explain.h"

enum {
    PP_BOOK_REQUESTS = 256,   // in memory, beside those that are open
    PP_BOOK_BATCHES = 8192,   // of a lane, the newest, found by number: twice what can wait
    PP_BOOK_STORY_MAX = 4096, // lines kept of one request: more than a life can have but for the
    PP_BOOK_REFUSED_MAX = 32, // refused commands among them, which cost nobody anything: the first
    PP_BOOK_NEWS = 1024,      // market events of all requests, the newest
    PP_BOOK_NEXT_MAX = 8,
};

// A sealed or opened bid, or a claim, as last seen while its request was open.
typedef struct pp_book_bid {
    pp_address prover;
    pp_u128 bid; // once revealed; a claim's pay
    bool revealed, claim;
    uint8_t rank; // of a winner: 1 for the first drawn; else 0
} pp_book_bid;

typedef struct pp_book_request {
    pp_market_request last; // behind the last block, or as it closed; account numbers: see below
    pp_address requester, primary, insurer, payee; // zero: nobody
    bool has_batch;                                // of a lane
    uint64_t lane, batch;
    uint64_t height;            // of the block it was posted in
    uint64_t due;               // market time of its next deadline, while it is open
    uint64_t closed;            // market time; 0 while it is open
    size_t bids_len, story_len; // pp_book_bids, pp_book_story
    size_t refused_len;         // lines of the story
    size_t match_size;          // bytes; 0: nothing was drawn (pp_book_match)
    size_t next_len;            // who may act next, a sentence each (pp_explain_next)
    char (*next)[200];
    // The accepted proof: where it stands in its block; size 0: none, or nothing was demanded.
    uint64_t proof_height;
    size_t proof_offset, proof_size;
    // The book's own: NULL where the request stands in a file, which has them in front of it.
    struct pp_book_parts *parts;
} pp_book_request;

const pp_book_bid *pp_book_bids(const pp_book_request *r);
const pp_story *pp_book_story(const pp_book_request *r);
const pp_match *pp_book_match(const pp_book_request *r); // NULL: nothing was drawn

typedef struct pp_book_batch {
    uint64_t sequence; // batches of all lanes cut before it
    uint64_t before;   // sequence of its lane's batch before, plus one; 0: none
    uint64_t lane, number;
    uint64_t first; // number in the lane of its first transaction
    uint32_t transactions, applied;
    uint64_t first_block, cut_block; // heights; every transaction stands between them
    pp_digest root;                  // behind it
    uint64_t work;
    pp_u128 reserve;
    bool has_request;
    pp_hash32 request;
    uint64_t request_number;
    pp_batch_status status;
    pp_address prover;                           // from ACCEPTED on
    uint64_t accepted_block, root_block;         // heights, 0: not yet
    uint64_t cut_time, accepted_time, root_time; // of these blocks, ms since 1970
} pp_book_batch;

typedef struct pp_book_account {
    pp_market_account now;
    pp_u128 debt;       // owes, where it is a fund
    uint64_t nonce;     // of its next command
    uint64_t paid_work; // of requests whose price it was paid
    pp_u128 paid;
    uint32_t paid_count, defaults;
    pp_u128 lost; // stake, to defaults
} pp_book_account;

// A primary that did not deliver in time, and what came of it.
typedef struct pp_book_incident {
    uint64_t sequence;
    uint64_t time; // market time of the deadline
    uint64_t height;
    pp_hash32 request;
    bool has_batch;
    uint64_t lane, batch;
    pp_address defaulter;
    pp_u128 lost; // its stake
    bool over;    // the request is; the rest is known from then on
    pp_market_state state;
    bool settled; // paid, to the rescuer
    pp_address rescuer;
    pp_u128 rescuer_paid;
    pp_u128 bounty, compensation; // from the stakes of all the request's defaulters
    uint64_t delay;               // ms of market time from the deadline to the end
} pp_book_incident;

typedef struct pp_book_clear {
    uint64_t sequence;
    uint64_t time; // market time it closed at
    pp_hash32 request;
    pp_clear clear;
} pp_book_clear;

// A market event with its place.
typedef struct pp_book_news {
    uint64_t sequence;
    uint64_t height;
    pp_market_event event;
} pp_book_news;

typedef struct pp_book pp_book;

// The chain as genesis, or the snapshot that a pruned log begins with, leaves it. dir: where its
// files are made anew; NULL: memory. False with one sentence when they cannot be.
PP_NODISCARD bool pp_book_new(pp_err *err, pp_book **out, const pp_chain *chain, const char *dir);
// As pp_index_save and pp_index_load.
PP_NODISCARD bool pp_book_save(pp_err *err, pp_book *book, pp_wire *out);
PP_NODISCARD bool pp_book_load(pp_err *err, pp_book **out, const pp_chain *chain, const char *dir,
                               pp_reader *saved);
void pp_book_free(pp_book *book); // NULL is fine
// The chain's last block, just committed, with what became of it. Blocks come in order. False with
// one sentence when the disk is full.
PP_NODISCARD bool pp_book_add(pp_err *err, pp_book *book, const pp_chain *chain, pp_bytes block,
                              const pp_chain_result *result);
// Brings what changes without an event (deadlines, balances) up to date: after the last block that
// was added, before anybody asks.
void pp_book_refresh(pp_book *book, const pp_chain *chain);

// ---- questions; what is returned is valid until the next block
// ----------------------------------- The newest below a number, NULL when there is none
// (UINT64_MAX: the newest). Of requests the number is last.number, of the others sequence.
const pp_book_request *pp_book_request_before(const pp_book *book, uint64_t before);
const pp_book_batch *pp_book_batch_before(const pp_book *book, uint64_t before);
const pp_book_incident *pp_book_incident_before(const pp_book *book, uint64_t before);
const pp_book_clear *pp_book_clear_before(const pp_book *book, uint64_t before);
// The oldest from a number on.
const pp_book_news *pp_book_news_from(const pp_book *book, uint64_t from);

const pp_book_request *pp_book_request_find(const pp_book *book, const pp_hash32 *id);
// NULL where no request has this number, or it was gone within one block.
const pp_book_request *pp_book_request_at(const pp_book *book, uint64_t number);
const pp_book_batch *pp_book_batch_find(const pp_book *book, uint64_t lane, uint64_t number);
// All accounts in the order in which they came to the chain.
const pp_book_account *pp_book_accounts(size_t *len, const pp_book *book);
const pp_book_account *pp_book_account_find(const pp_book *book, const pp_address *address);

#endif
