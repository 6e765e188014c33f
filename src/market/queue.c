// SPDX-License-Identifier: MIT OR Apache-2.0
// Which requests are open, which is due next, and which wait for the beacon. Derived from the
// requests, so no part of the state hash.
#include "market/internal.h"

static bool before(const pp_market *m, uint32_t a, uint32_t b) {
    uint64_t da = pp_market_next_deadline(m, &m->requests[a]);
    uint64_t db = pp_market_next_deadline(m, &m->requests[b]);
    return da != db ? da < db : a < b;
}

static void put(pp_market *m, uint32_t at, uint32_t request) {
    m->heap[at] = request;
    m->heap_at[request] = at;
}

static void up(pp_market *m, uint32_t at) {
    uint32_t request = m->heap[at];
    for (; at > 0 && before(m, request, m->heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(m, at, m->heap[(at - 1) / 2]);
    put(m, at, request);
}

static void down(pp_market *m, uint32_t at, uint32_t len) {
    uint32_t request = m->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= len) break;
        if (child + 1 < len && before(m, m->heap[child + 1], m->heap[child])) child++;
        if (!before(m, m->heap[child], request)) break;
        put(m, at, m->heap[child]);
        at = child;
    }
    put(m, at, request);
}

void pp_market_open_list_add(pp_market *m, const pp_market_request *r) {
    uint32_t request = (uint32_t)(r - m->requests);
    m->open[m->open_len] = request;
    put(m, m->open_len, request);
    m->open_len++;
    up(m, m->open_len - 1);
}

// Where a request stands in the open list, which ascends.
static uint32_t open_at(const pp_market *m, uint32_t request) {
    uint32_t low = 0, high = m->open_len;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (m->open[mid] < request)
            low = mid + 1;
        else
            high = mid;
    }
    PP_ASSERT(m->open[low] == request);
    return low;
}

void pp_market_open_list_remove(pp_market *m, const pp_market_request *r) {
    uint32_t request = (uint32_t)(r - m->requests), at = open_at(m, request);
    uint32_t hole = m->heap_at[request];
    m->waiting[request / 64] &= ~((uint64_t)1 << request % 64);
    m->open_len--;
    memmove(m->open + at, m->open + at + 1, (m->open_len - at) * sizeof m->open[0]);
    if (hole == m->open_len) return;
    put(m, hole, m->heap[m->open_len]); // the last one takes its place, then finds its own
    uint32_t moved = m->heap[hole];
    down(m, hole, m->open_len);
    up(m, m->heap_at[moved]);
}

void pp_market_changed(pp_market *m, const pp_market_request *r) {
    if (pp_market_state_is_terminal(r->state)) return; // taken out as it closed
    uint32_t request = (uint32_t)(r - m->requests);
    uint64_t bit = (uint64_t)1 << request % 64;
    bool waits =
        r->state == PP_MARKET_REVEAL ? r->drawing : r->state == PP_MARKET_OPEN && r->claims_len > 0;
    if (waits)
        m->waiting[request / 64] |= bit;
    else
        m->waiting[request / 64] &= ~bit;
    up(m, m->heap_at[request]);
    down(m, m->heap_at[request], m->open_len);
}
