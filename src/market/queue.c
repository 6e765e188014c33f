// SPDX-License-Identifier: MIT OR Apache-2.0
// Which requests are open, which is due next, and which wait for the beacon. Derived from the
// requests, so no part of the state hash.
#include "market/internal.h"

// ---- deadlines: a binary heap
// ---------------------------------------------------------------------

static bool before(const pp_market *m, const pp_market_due *a, const pp_market_due *b) {
    if (a->time != b->time) return a->time < b->time;
    return m->requests[a->request].number < m->requests[b->request].number;
}

static void put(pp_market *m, uint32_t at, pp_market_due due) {
    m->heap[at] = due;
    m->heap_at[due.request] = at;
}

static void up(pp_market *m, uint32_t at) {
    pp_market_due due = m->heap[at];
    for (; at > 0 && before(m, &due, &m->heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(m, at, m->heap[(at - 1) / 2]);
    put(m, at, due);
}

static void down(pp_market *m, uint32_t at, uint32_t len) {
    pp_market_due due = m->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= len) break;
        if (child + 1 < len && before(m, &m->heap[child + 1], &m->heap[child])) child++;
        if (!before(m, &m->heap[child], &due)) break;
        put(m, at, m->heap[child]);
        at = child;
    }
    put(m, at, due);
}

// ---- those that wait for the beacon
// -----------------------------------------------------------------

static void set_waiting(pp_market *m, uint32_t request, bool waits) {
    uint32_t at = m->waiting_at[request];
    if (waits == (at != 0)) return;
    if (waits) {
        m->waiting[m->waiting_len++] = request;
        m->waiting_at[request] = m->waiting_len;
        return;
    }
    uint32_t last = m->waiting[--m->waiting_len];
    m->waiting[at - 1] = last;
    m->waiting_at[last] = at;
    m->waiting_at[request] = 0;
}

static void sink(pp_market *m, uint32_t at, uint32_t len) {
    uint32_t *w = m->waiting, x = w[at];
    uint64_t number = m->requests[x].number;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= len) break;
        if (child + 1 < len && m->requests[w[child + 1]].number < m->requests[w[child]].number)
            child++;
        if (m->requests[w[child]].number >= number) break;
        w[at] = w[child];
        at = child;
    }
    w[at] = x;
}

void pp_market_waiting_sort(pp_market *m) {
    uint32_t *w = m->waiting;
    for (uint32_t i = m->waiting_len / 2; i > 0; i--) sink(m, i - 1, m->waiting_len);
    for (uint32_t len = m->waiting_len; len > 1; len--) {
        uint32_t last = w[len - 1];
        w[len - 1] = w[0];
        w[0] = last;
        sink(m, 0, len - 1);
    }
    for (uint32_t i = 0; i < m->waiting_len; i++) m->waiting_at[w[i]] = i + 1;
}

// ---- the open list
// ----------------------------------------------------------------------------------

void pp_market_open_list_add(pp_market *m, const pp_market_request *added) {
    uint32_t request = (uint32_t)(added - m->requests);
    pp_market_request *r = &m->requests[request];
    r->next = PP_MARKET_NONE;
    r->prev = m->open_last;
    if (m->open_last == PP_MARKET_NONE)
        m->open_first = request;
    else
        m->requests[m->open_last].next = request;
    m->open_last = request;
    put(m, m->open_len, (pp_market_due){pp_market_next_deadline(m, r), request});
    m->open_len++;
    up(m, m->open_len - 1);
    pp_market_tree_touch(m->request_tree, request);
}

static void unlink_open(pp_market *m, const pp_market_request *r) {
    if (r->prev == PP_MARKET_NONE)
        m->open_first = r->next;
    else
        m->requests[r->prev].next = r->next;
    if (r->next == PP_MARKET_NONE)
        m->open_last = r->prev;
    else
        m->requests[r->next].prev = r->prev;
}

void pp_market_open_list_remove(pp_market *m, const pp_market_request *removed) {
    uint32_t request = (uint32_t)(removed - m->requests), hole = m->heap_at[request];
    pp_market_request *r = &m->requests[request];
    set_waiting(m, request, false);
    pp_market_tree_touch(m->request_tree, request);
    unlink_open(m, r);
    r->next = r->prev = PP_MARKET_NONE;
    if (m->closed_last == PP_MARKET_NONE)
        m->closed_first = request;
    else
        m->requests[m->closed_last].next = request;
    m->closed_last = request;
    m->open_len--;
    if (hole == m->open_len) return;
    put(m, hole, m->heap[m->open_len]); // the last one takes its place, then finds its own
    uint32_t moved = m->heap[hole].request;
    down(m, hole, m->open_len);
    up(m, m->heap_at[moved]);
}

const pp_market_request *pp_market_open_after(const pp_market *m, const pp_market_request *r) {
    uint32_t next = r == NULL ? m->open_first : r->next;
    return next == PP_MARKET_NONE ? NULL : &m->requests[next];
}

void pp_market_changed(pp_market *m, const pp_market_request *r) {
    if (pp_market_state_is_terminal(r->state)) return; // taken out as it closed
    uint32_t request = (uint32_t)(r - m->requests);
    pp_market_tree_touch(m->request_tree, request);
    set_waiting(m, request,
                r->state == PP_MARKET_REVEAL ? r->drawing
                                             : r->state == PP_MARKET_OPEN && r->claims_len > 0);
    uint64_t due = pp_market_next_deadline(m, r);
    if (due == m->heap[m->heap_at[request]].time) return;
    m->heap[m->heap_at[request]].time = due;
    up(m, m->heap_at[request]);
    down(m, m->heap_at[request], m->open_len);
}
