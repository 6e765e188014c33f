// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/plan.h"

pp_layout_status pp_shard_plan_make(pp_shard_plan *out, const pp_machine *machine,
                                    const uint32_t *rows, uint32_t log_min, uint32_t log_cells_min,
                                    uint32_t log_cells_max) {
    memset(out, 0, sizeof *out);
    out->machine = machine;
    pp_layout_status s =
        pp_layout_make(&out->layout, machine, rows, log_min, log_cells_min, log_cells_max);
    if (s != PP_LAYOUT_OK) return s;
    for (uint32_t i = 0; i < machine->tables_len; i++) {
        out->first_leaf[i] = out->leaves_len;
        out->first_column[i] = out->columns_len;
        if (rows[i] == 0) continue;
        out->leaves_len += machine->tables[i].leaves_len;
        out->columns_len += machine->tables[i].columns_len;
    }
    while ((uint32_t)1 << out->log_leaves < out->leaves_len) out->log_leaves++;
    PP_ASSERT(out->log_leaves <= PP_AIR_LOG_LEAVES_MAX); // the builder sees to it
    return PP_LAYOUT_OK;
}

void pp_shard_absorb_statement(pp_transcript *t, const pp_hash32 *vm_id, uint32_t set,
                               const pp_hash32 *context) {
    pp_transcript_absorb_bytes(t, "vm_id", vm_id->b, sizeof vm_id->b);
    pp_transcript_absorb_u64(t, "parameter set", set);
    pp_transcript_absorb_bytes(t, "context", context->b, sizeof context->b);
}

pp_ext pp_eq_number(uint64_t number, const pp_ext *point, uint32_t k) {
    pp_ext e = pp_ext_one();
    for (uint32_t i = 0; i < k; i++)
        e = pp_ext_mul(e, number >> i & 1 ? point[i] : pp_ext_sub(pp_ext_one(), point[i]));
    return e;
}

pp_ext pp_round_next(pp_ext claim, pp_ext rho, const pp_ext *c, uint32_t degree, pp_ext r) {
    pp_ext rest = pp_ext_zero(), value = pp_ext_zero();
    for (uint32_t i = degree; i-- > 0;) {
        rest = pp_ext_add(rest, c[i]);
        value = pp_ext_mul(pp_ext_add(value, c[i]), r);
    }
    // h(0) = claim − rho (h(1) − h(0)).
    return pp_ext_add(value, pp_ext_sub(claim, pp_ext_mul(rho, rest)));
}

size_t pp_shard_terms_len(const pp_shard_plan *plan) {
    size_t n = 0;
    for (uint32_t i = 0; i < plan->layout.pieces_len; i++)
        n += plan->machine->tables[plan->layout.pieces[i].table].columns_len;
    return n;
}

pp_ext pp_shard_terms(const pp_shard_plan *plan, const pp_ext *point, const pp_ext *columns,
                      pp_ext gamma, pp_pcs_term *out) {
    const pp_layout *l = &plan->layout;
    pp_ext power = pp_ext_one(), target = pp_ext_zero();
    for (uint32_t t = 0; t < l->tables_len; t++) {
        if (l->rows[t] == 0) continue;
        uint32_t columns_len = plan->machine->tables[t].columns_len;
        for (uint32_t i = 0; i < l->table_pieces_len[t]; i++) {
            const pp_piece *p = &l->pieces[l->table_pieces[t][i]];
            uint32_t h = p->log_rows;
            pp_ext coeff =
                pp_ext_mul(power, pp_eq_number(p->first_row >> h, point + h, l->log_rows - h));
            for (uint32_t c = 0; c < columns_len; c++) {
                *out++ = (pp_pcs_term){p->offset + ((uint64_t)c << h), h, coeff};
                coeff = pp_ext_mul(coeff, gamma);
            }
        }
        for (uint32_t c = 0; c < columns_len; c++) {
            target = pp_ext_add(target, pp_ext_mul(power, *columns++));
            power = pp_ext_mul(power, gamma);
        }
    }
    return target;
}
