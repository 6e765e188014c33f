// SPDX-License-Identifier: MIT OR Apache-2.0
#include "merkle/merkle.h"
#include "pcs/internal.h"

void pp_pcs_absorb_shape(const pp_pcs_params *p, unsigned log_cells, pp_transcript *t) {
    pp_fp shape[2] = {pp_fp_from_u32(p->id), pp_fp_from_u32(log_cells)};
    pp_transcript_absorb_fp(t, "pcs shape", shape, 2);
}

void pp_pcs_draw_point(pp_ext *point, unsigned vars, pp_transcript *t) {
    for (unsigned i = 0; i < vars; i++) point[i] = pp_transcript_challenge_ext(t, "ood point");
}

size_t pp_pcs_draw_queries(uint32_t *index, const pp_pcs_params *p, unsigned log_cells, unsigned i,
                           pp_transcript *t) {
    unsigned bits = pp_pcs_log_rows(p, log_cells, i);
    size_t len = 0;
    for (unsigned q = 0; q < p->rounds[i].queries; q++) {
        uint32_t x = pp_transcript_challenge_index(t, "query", bits);
        size_t at = len;
        while (at > 0 && index[at - 1] > x) at--;
        if (at > 0 && index[at - 1] == x) continue;
        memmove(&index[at + 1], &index[at], (len - at) * sizeof *index);
        index[at] = x;
        len++;
    }
    return len;
}

static bool term_ok(const pp_pcs_term *term, unsigned fold, unsigned log_cells) {
    if (term->log_len < fold || term->log_len > log_cells) return false;
    uint64_t len = (uint64_t)1 << term->log_len, cells = (uint64_t)1 << log_cells;
    return term->offset % len == 0 && term->offset < cells;
}

bool pp_pcs_statement_ok(const pp_pcs_params *params, unsigned log_cells,
                         const pp_pcs_group *groups, size_t groups_len) {
    if (groups_len > PP_PCS_GROUPS_MAX) return false;
    for (size_t g = 0; g < groups_len; g++) {
        if (groups[g].terms_len == 0) return false;
        for (size_t i = 0; i < groups[g].terms_len; i++)
            if (!term_ok(&groups[g].terms[i], params->rounds[0].fold, log_cells)) return false;
    }
    return true;
}

size_t pp_pcs_proof_size_max(const pp_pcs_params *params, unsigned log_cells) {
    unsigned rounds = pp_pcs_rounds(params, log_cells);
    size_t size = 0;
    for (unsigned i = 0; i < rounds; i++) {
        const pp_pcs_round *r = &params->rounds[i];
        size_t siblings =
            pp_merkle_opening_len_max(pp_pcs_log_rows(params, log_cells, i), r->queries);
        size_t element = i == 0 ? PP_FP_SIZE : PP_EXT_SIZE;
        size += PP_DIGEST_SIZE + r->ood * (size_t)PP_EXT_SIZE;
        size += r->fold * (size_t)(2 * PP_EXT_SIZE + PP_FP_SIZE) + PP_FP_SIZE;
        size += r->queries * (element << r->fold) + siblings * PP_DIGEST_SIZE;
    }
    return size + ((size_t)PP_EXT_SIZE << pp_pcs_vars(params, log_cells, rounds));
}

const char *pp_pcs_status_text(pp_pcs_status status) {
    switch (status) {
    case PP_PCS_OK:
        return "accepted";
    case PP_PCS_SIZE:
        return "the parameter set does not support this number of cells";
    case PP_PCS_STATEMENT:
        return "a term of the statement is malformed";
    case PP_PCS_WORK:
        return "the workspace is too small";
    case PP_PCS_FORMAT:
        return "the proof ends too soon or holds a number of p or more";
    case PP_PCS_NONCE:
        return "a grinding nonce does not do";
    case PP_PCS_MERKLE:
        return "opened rows do not belong to the root";
    case PP_PCS_QUERY:
        return "an opened row is not the final vector's";
    case PP_PCS_CLAIM:
        return "the final vector does not fulfil the claim";
    }
    return "?";
}
