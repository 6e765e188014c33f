// SPDX-License-Identifier: MIT OR Apache-2.0
// The prices of bids that were sealed and are not opened yet: DIR/bids, a line each, on disk before
// the bid is said. So an operator may change what a second is worth at any time, and a new version
// may count otherwise: what was sealed is opened as it was sealed.
#ifndef PP_PROVER_BIDS_H
#define PP_PROVER_BIDS_H

#include "base/err.h"
#include "market/market.h"

enum { PP_BIDS_MAX = 1024 };

typedef struct pp_bids_one {
    pp_hash32 request;
    pp_u128 price;
} pp_bids_one;

typedef struct pp_bids {
    char path[4096 + 32];
    size_t len;
    pp_bids_one one[PP_BIDS_MAX];
} pp_bids;

// Reads DIR/bids. False with one sentence when it is there and cannot be read.
PP_NODISCARD bool pp_bids_open(pp_err *err, pp_bids *out, const char *dir);
// The price that was sealed for a request, or NULL.
const pp_u128 *pp_bids_find(const pp_bids *bids, const pp_hash32 *request);
// Keeps the price, synced; those of requests that the market no longer has open go. False with one
// sentence when the disk does not take it, or too many are open: nothing may be sealed then.
PP_NODISCARD bool pp_bids_add(pp_err *err, pp_bids *bids, const pp_market *m,
                              const pp_hash32 *request, pp_u128 price);

#endif
