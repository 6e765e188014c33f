// SPDX-License-Identifier: MIT OR Apache-2.0
#include "air/air.h"
#include "hash/keccak.h"

// The version of everything both sides must agree on beside the machine: protocol, transcript,
// encodings. A change of any of them is a new version.
#define PROTOCOL "polypoly machine, protocol 1"

static void put_u64(pp_keccak *k, uint64_t x) {
    uint8_t b[8];
    pp_store_le64(b, x);
    pp_keccak_update(k, b, sizeof b);
}

static void put_values(pp_keccak *k, const pp_fp *values, uint32_t len) {
    put_u64(k, len);
    for (uint32_t i = 0; i < len; i++) put_u64(k, pp_fp_to_u32(values[i]));
}

static void put_table(pp_keccak *k, const pp_air_table *t) {
    put_u64(k, t->columns_len);
    put_u64(k, t->log_fixed);
    put_u64(k, t->fixed_len);
    for (uint32_t i = 0; i < t->fixed_len; i++) {
        const pp_fixed *f = &t->fixed[i];
        put_u64(k,
                (uint64_t)f->kind << 24 | (uint64_t)f->lo << 16 | (uint64_t)f->lo2 << 8 | f->width);
        put_values(k, f->values, f->values ? (uint32_t)1 << f->width : 0);
    }
    put_values(k, t->constants, t->constants_len);
    put_u64(k, t->constraints_len);
    put_u64(k, t->interactions_len);
    for (uint32_t i = 0; i < t->interactions_len; i++) {
        const pp_air_interaction *x = &t->interactions[i];
        put_u64(k, (uint64_t)x->bus << 48 | (uint64_t)x->arity << 32 | (uint64_t)x->leaf << 16 |
                       x->second);
    }
    put_u64(k, t->constraint_code_len);
    put_u64(k, t->code_len);
    for (uint32_t i = 0; i < t->code_len; i++) put_u64(k, t->code[i]);
}

void pp_machine_id(pp_hash32 *out, const pp_machine *m) {
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, PROTOCOL, sizeof PROTOCOL);
    put_u64(&k, m->publics_len);
    put_u64(&k, m->buses_len);
    for (uint32_t i = 0; i < m->buses_len; i++) put_u64(&k, m->buses[i].arity);
    put_u64(&k, m->tables_len);
    for (uint32_t i = 0; i < m->tables_len; i++) put_table(&k, &m->tables[i]);
    put_table(&k, m->boundary);
    pp_keccak_final(&k, out);
}
