// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/verify.h"

#include "pcs/pcs.h"
#include "verify/parts.h"

// The parameter set and the machine that the header names, as far as the policy accepts them.
static pp_verify_status header(pp_verifier *v, const uint8_t *bytes, size_t size,
                               const pp_pcs_params **set) {
    const pp_verify_policy *p = v->policy;
    if (size < PP_SHARD_HEADER_SIZE || memcmp(bytes, PP_SHARD_MAGIC, 8) != 0 ||
        pp_load_le32(bytes + 12) != 0)
        return PP_VERIFY_HEADER;
    uint32_t id = pp_load_le32(bytes + 8);
    for (v->set = 0; v->set < p->sets_len && p->sets[v->set]->id != id;) v->set++;
    if (v->set == p->sets_len) return PP_VERIFY_SET;
    *set = p->sets[v->set];
    for (v->machine = 0; v->machine < p->machines_len; v->machine++)
        if (memcmp(p->vm_ids[v->machine].b, bytes + 16, sizeof p->vm_ids->b) == 0)
            return PP_VERIFY_OK;
    return PP_VERIFY_MACHINE;
}

// The statement, the public values and the heights, from which all sizes follow.
static pp_verify_status statement(pp_verifier *v, pp_shard *s, const pp_pcs_params *set) {
    const pp_machine *m = v->policy->machines[v->machine];
    pp_shard_absorb_statement(&s->t, &v->policy->vm_ids[v->machine], set->id, &v->context);
    pp_fp *publics = PP_ARENA_NEW(s->work, pp_fp, m->publics_len);
    if (!publics) return PP_VERIFY_WORKSPACE;
    pp_fp heights[PP_AIR_TABLES_MAX];
    if (!pp_transcript_receive_fp(&s->t, "public values", publics, m->publics_len) ||
        !pp_transcript_receive_fp(&s->t, "heights", heights, m->tables_len))
        return PP_VERIFY_ENCODING;
    s->publics = publics;
    uint32_t rows[PP_AIR_TABLES_MAX];
    for (uint32_t i = 0; i < m->tables_len; i++) rows[i] = pp_fp_to_u32(heights[i]);
    uint32_t most = v->policy->log_cells_max < set->log_cells_max ? v->policy->log_cells_max
                                                                  : set->log_cells_max;
    pp_layout_status status =
        pp_shard_plan_make(&s->plan, m, rows, set->rounds[0].fold, set->log_cells_min, most);
    return status == PP_LAYOUT_OK ? PP_VERIFY_OK : PP_VERIFY_SHAPE;
}

// alpha and beta, after a grinding that makes up for the number of terms on the buses.
static pp_verify_status bus_challenges(pp_shard *s, const pp_pcs_params *set) {
    unsigned bits = set->secure ? PP_GRIND_BUS_BITS : 0;
    if (!pp_transcript_check_nonce(&s->t, "grinding", bits))
        return s->t.failed ? PP_VERIFY_ENCODING : PP_VERIFY_GRINDING;
    pp_ext alpha = pp_transcript_challenge_ext(&s->t, "alpha");
    pp_ext beta = pp_transcript_challenge_ext(&s->t, "beta");
    pp_air_bus_challenges_set(&s->bus, alpha, beta);
    return PP_VERIFY_OK;
}

static pp_verify_status from_pcs(pp_pcs_status status) {
    switch (status) {
    case PP_PCS_OK:
        return PP_VERIFY_OK;
    case PP_PCS_FORMAT:
        return PP_VERIFY_ENCODING;
    case PP_PCS_NONCE:
        return PP_VERIFY_GRINDING;
    case PP_PCS_WORK:
        return PP_VERIFY_WORKSPACE;
    default:
        return PP_VERIFY_OPENING;
    }
}

// All columns' values at the point, as one opening of the commitment.
static pp_verify_status opening(pp_shard *s, const pp_pcs_commitment *commitment) {
    pp_ext gamma = pp_transcript_challenge_ext(&s->t, "opening");
    size_t len = pp_shard_terms_len(&s->plan);
    size_t size = pp_pcs_work_size(commitment->params, commitment->log_cells);
    pp_pcs_term *terms = PP_ARENA_NEW(s->work, pp_pcs_term, len);
    void *work = pp_arena_alloc(s->work, size, 8);
    if (!terms || !work) return PP_VERIFY_WORKSPACE;
    pp_ext target = pp_shard_terms(&s->plan, s->point, s->columns, gamma, terms);
    pp_pcs_group group = {s->point, terms, len};
    return from_pcs(pp_pcs_verify(commitment, &group, 1, target, &s->t, work, size));
}

static pp_verify_status shard(pp_verifier *v, pp_shard *s, const pp_pcs_params *set) {
    pp_verify_status status = statement(v, s, set);
    if (status != PP_VERIFY_OK) return status;
    pp_pcs_commitment *commitment = PP_ARENA_NEW(s->work, pp_pcs_commitment, 1);
    if (!commitment) return PP_VERIFY_WORKSPACE;
    status = from_pcs(pp_pcs_receive(commitment, set, s->plan.layout.log_cells, &s->t));
    if (status != PP_VERIFY_OK) return status;
    status = bus_challenges(s, set);
    if (status != PP_VERIFY_OK) return status;
    status = pp_shard_buses(s);
    if (status != PP_VERIFY_OK) return status;
    status = pp_shard_tables(s);
    if (status != PP_VERIFY_OK) return status;
    status = opening(s, commitment);
    if (status != PP_VERIFY_OK) return status;
    return pp_transcript_end(&s->t) ? PP_VERIFY_OK : PP_VERIFY_ENCODING;
}

pp_verify_status pp_verify_begin(pp_verifier *v, const pp_verify_policy *policy,
                                 const pp_hash32 *context, void *work, size_t size) {
    *v = (pp_verifier){.policy = policy, .context = *context};
    pp_arena_init(&v->work, work, size);
    return size < pp_verify_work_size(policy) ? PP_VERIFY_WORKSPACE : PP_VERIFY_OK;
}

pp_verify_status pp_verify_shard(pp_verifier *v, const uint8_t *bytes, size_t size) {
    const pp_pcs_params *set = NULL;
    v->publics = NULL;
    v->rows = NULL;
    v->work.used = 0;
    pp_verify_status status = header(v, bytes, size, &set);
    if (status != PP_VERIFY_OK) return status;
    pp_shard *s = PP_ARENA_NEW(&v->work, pp_shard, 1);
    if (!s) return PP_VERIFY_WORKSPACE;
    s->work = &v->work;
    pp_transcript_verify(&s->t, bytes + PP_SHARD_HEADER_SIZE, size - PP_SHARD_HEADER_SIZE);
    status = shard(v, s, set);
    if (status != PP_VERIFY_OK) return status;
    v->publics = s->publics;
    v->rows = s->plan.layout.rows;
    v->shards++;
    return PP_VERIFY_OK;
}

static size_t machine_work(const pp_machine *m) {
    size_t columns = m->columns_len, leaves = 0, registers = 0, fixed = 0;
    for (uint32_t i = 0; i <= m->tables_len; i++) {
        const pp_air_table *t = i < m->tables_len ? &m->tables[i] : m->boundary;
        if (t->leaves_len > leaves) leaves = t->leaves_len;
        if (t->registers_len > registers) registers = t->registers_len;
        if (t->fixed_len > fixed) fixed = t->fixed_len;
    }
    return sizeof(pp_fp) * m->publics_len + sizeof(pp_ext) * (columns + registers + fixed) +
           2 * sizeof(pp_fraction) * leaves + sizeof(pp_pcs_term) * PP_AIR_PIECES_MAX * columns;
}

size_t pp_verify_work_size(const pp_verify_policy *p) {
    size_t machine = 0, pcs = 0;
    for (uint32_t i = 0; i < p->machines_len; i++)
        if (machine_work(p->machines[i]) > machine) machine = machine_work(p->machines[i]);
    for (uint32_t i = 0; i < p->sets_len; i++) {
        const pp_pcs_params *set = p->sets[i];
        uint32_t most =
            p->log_cells_max < set->log_cells_max ? p->log_cells_max : set->log_cells_max;
        for (uint32_t log = set->log_cells_min; log <= most; log++)
            if (pp_pcs_work_size(set, log) > pcs) pcs = pp_pcs_work_size(set, log);
    }
    return sizeof(pp_shard) + sizeof(pp_pcs_commitment) + machine + pcs + 1024;
}

const char *pp_verify_status_text(pp_verify_status status) {
    switch (status) {
    case PP_VERIFY_OK:
        return "the proof is valid";
    case PP_VERIFY_HEADER:
        return "these bytes are not a shard's proof of this version";
    case PP_VERIFY_MACHINE:
        return "the proof is for another machine";
    case PP_VERIFY_SET:
        return "the proof uses a parameter set that is not accepted";
    case PP_VERIFY_SHAPE:
        return "the proof's table heights are not those of a shard";
    case PP_VERIFY_ENCODING:
        return "the proof has missing, surplus or non-canonical bytes";
    case PP_VERIFY_GRINDING:
        return "a grinding nonce does not fit";
    case PP_VERIFY_BUSES:
        return "the buses do not balance";
    case PP_VERIFY_TABLES:
        return "the tables' constraints do not hold";
    case PP_VERIFY_OPENING:
        return "the commitment does not open to the claimed values";
    case PP_VERIFY_WORKSPACE:
        return "the verifier's workspace is too small";
    }
    return "unknown";
}
