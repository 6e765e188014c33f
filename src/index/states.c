// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/states.h"

#include <stdlib.h>

typedef struct pp_states_entry entry;
typedef struct pp_states_version version;

static bool is_address(const void *ctx, uint32_t at, const uint8_t *key) {
    return memcmp(((const pp_states *)ctx)->entries[at].address.b, key, 20) == 0;
}

static entry *find(const pp_states *s, const pp_address *address) {
    uint32_t at = pp_table_find(&s->by_address, address->b, is_address, s);
    return at == PP_TABLE_NONE ? NULL : &s->entries[at];
}

static entry *entry_of(pp_states *s, const pp_address *address) {
    entry *e = find(s, address);
    if (e != NULL) return e;
    PP_CHAIN_GROW(s->entries, s->len, s->max);
    PP_ASSERT(s->entries != NULL);
    e = &s->entries[s->len];
    *e = (entry){.address = *address};
    pp_table_add(&s->by_address, address->b, (uint32_t)s->len++);
    return e;
}

// Forgets versions that no question can reach: an older one is kept while a block that may be asked
// for, now or once a proof has moved the finalized one, lies between it and the next.
static void forget(entry *e, pp_states_reach reach) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < e->len; i++) {
        bool last = i + 1 == e->len;
        uint64_t end = last ? UINT64_MAX : e->versions[i + 1].height;
        bool at_finalized = e->versions[i].height <= reach.finalized && reach.finalized < end;
        bool later = reach.moves && end > reach.finalized;
        if (last || end > reach.recent || at_finalized || later)
            e->versions[kept++] = e->versions[i];
    }
    e->len = kept;
}

void pp_states_set(pp_states *s, const pp_address *address, const pp_account *account,
                   uint64_t height, pp_states_reach reach) {
    entry *e = entry_of(s, address);
    forget(e, reach);
    if (e->len > 0 && e->versions[e->len - 1].height == height) e->len--;
    if (e->len == e->max) {
        e->max = e->max ? 2 * e->max : 2;
        e->versions = pp_chain_resize(e->versions, e->max, sizeof *e->versions);
    }
    e->versions[e->len++] = (version){height, *account};
}

void pp_states_get(pp_account *out, const pp_states *s, const pp_address *address,
                   uint64_t height) {
    const entry *e = find(s, address);
    memset(out, 0, sizeof *out);
    for (uint32_t i = e ? e->len : 0; i-- > 0;)
        if (e->versions[i].height <= height) {
            *out = e->versions[i].account;
            return;
        }
}

bool pp_states_has(const pp_states *s, const pp_address *address) {
    return find(s, address) != NULL;
}

static bool has_changed(const entry *e, uint64_t since) {
    return e->len > 0 && e->versions[e->len - 1].height > since;
}

void pp_states_save(const pp_states *s, pp_wire *out, uint64_t since) {
    uint64_t len = 0;
    for (size_t i = 0; i < s->len; i++) len += has_changed(&s->entries[i], since);
    pp_wire_u64(out, len);
    for (size_t i = 0; i < s->len; i++) {
        const entry *e = &s->entries[i];
        if (!has_changed(e, since)) continue;
        pp_wire_address(out, &e->address);
        pp_wire_u32(out, e->len);
        pp_wire_raw(out, e->versions, e->len * sizeof *e->versions);
    }
}

bool pp_states_load(pp_states *s, pp_reader *saved) {
    uint64_t len = pp_read_u64(saved);
    for (uint64_t i = 0; saved->ok && i < len; i++) {
        pp_address address;
        pp_read_into(saved, &address, sizeof address);
        uint32_t versions = pp_read_u32(saved);
        pp_bytes bytes = pp_read_raw(saved, versions * sizeof(version));
        if (!saved->ok || versions == 0 || pp_states_has(s, &address)) return false;
        entry *e = entry_of(s, &address);
        e->versions = pp_chain_resize(NULL, versions, sizeof *e->versions);
        memcpy(e->versions, bytes.data, bytes.size);
        e->len = e->max = versions;
    }
    return saved->ok;
}

void pp_states_free(pp_states *s) {
    for (size_t i = 0; i < s->len; i++) free(s->entries[i].versions);
    free(s->entries);
    pp_table_free(&s->by_address);
    memset(s, 0, sizeof *s);
}
