// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/claim.h"

#include "rv64/rv64.h"
#include "vm/memtree.h"

// A proof file taken apart.
typedef struct file {
    uint64_t entry, words[PP_PROOF_WORDS];
    pp_digest program, input, program_after, stack_after;
    const uint8_t *output, *shard;
    size_t output_size, shard_size;
} file;

static bool zeros(const uint8_t *bytes, size_t size) {
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) any |= bytes[i];
    return any == 0;
}

static bool take_apart(file *f, pp_claim *claim, const uint8_t *bytes, size_t size) {
    if (size < PP_PROOF_HEAD_SIZE || memcmp(bytes, PP_PROOF_MAGIC, 8) != 0) return false;
    const uint8_t *at = bytes + 8;
    memcpy(claim->context.b, at, 32);
    f->entry = pp_load_le64(at + 32);
    at += 40;
    pp_digest *const digests[] = {&f->program, &f->input, &f->program_after, &f->stack_after};
    for (size_t i = 0; i < PP_COUNT(digests); i++, at += PP_DIGEST_SIZE)
        if (!pp_digest_decode(digests[i], at)) return false;
    for (size_t i = 0; i < PP_PROOF_WORDS; i++, at += 8) f->words[i] = pp_load_le64(at);
    f->output_size = pp_load_le32(at);
    if (f->output_size > PP_OUTPUT_MAX || pp_load_le32(at + 4) != 1) return false;
    f->output = at + 8;
    size_t left = size - PP_PROOF_HEAD_SIZE, padded = (f->output_size + 7) & ~(size_t)7;
    if (left < padded + 8) return false;
    if (!zeros(f->output + f->output_size, padded - f->output_size)) return false;
    left -= padded + 8;
    uint64_t shard_size = pp_load_le64(f->output + padded);
    if (shard_size > left || ((shard_size + 7) & ~(uint64_t)7) != left) return false;
    f->shard = f->output + padded + 8;
    f->shard_size = (size_t)shard_size;
    return zeros(f->shard + shard_size, left - (size_t)shard_size);
}

static void roots(const file *f, pp_fp out[PP_RV64_PUBLICS]) {
    pp_digest q[4], root;
    q[0] = f->program;
    pp_memtree_stack(&q[1]);
    q[2] = f->input;
    pp_memtree_machine(&q[3], f->entry);
    pp_memtree_join(&root, q);
    memcpy(out, root.e, sizeof root.e);
    q[0] = f->program_after;
    q[1] = f->stack_after;
    pp_memtree_machine_state(&q[3], f->words, PP_PROOF_WORDS,
                             (pp_bytes){f->output, f->output_size});
    pp_memtree_join(&root, q);
    memcpy(out + PP_DIGEST_LEN, root.e, sizeof root.e);
}

static bool in_time(const pp_verifier *v, const pp_machine *machine) {
    uint64_t ticks = PP_TIME_START;
    for (uint32_t t = 0; t < machine->tables_len; t++)
        ticks += (uint64_t)v->rows[t] * pp_rv64_ticks(t);
    return ticks < PP_TIME_MAX;
}

pp_claim_status pp_claim_verify(pp_claim *out, pp_verify_status *shard, uint32_t *set,
                                const pp_verify_policy *policy, const uint8_t *bytes, size_t size,
                                void *work, size_t work_size) {
    file f;
    memset(out, 0, sizeof *out);
    *shard = PP_VERIFY_OK;
    *set = 0;
    if (!take_apart(&f, out, bytes, size)) return PP_CLAIM_FORMAT;
    if (f.words[PP_CELL_PC] != 1 || f.words[PP_CELL_EXIT] != 0 ||
        f.words[PP_CELL_OUTPUT_SIZE] != f.output_size)
        return PP_CLAIM_ENDING;
    pp_verifier v;
    *shard = pp_verify_begin(&v, policy, &out->context, work, work_size);
    if (*shard == PP_VERIFY_OK) *shard = pp_verify_shard(&v, f.shard, f.shard_size);
    if (*shard != PP_VERIFY_OK) return PP_CLAIM_SHARD;
    const pp_machine *machine = policy->machines[v.machine];
    pp_fp publics[PP_RV64_PUBLICS];
    roots(&f, publics);
    if (machine->publics_len != PP_RV64_PUBLICS || memcmp(publics, v.publics, sizeof publics) != 0)
        return PP_CLAIM_ROOT;
    if (!in_time(&v, machine)) return PP_CLAIM_TIME;
    *set = v.set;
    out->vm_id = policy->vm_ids[v.machine];
    pp_program_id_of(&out->program_id, &out->vm_id, &f.program, f.entry);
    pp_input_id_of(&out->input_id, &f.input);
    out->output_size = (uint32_t)f.output_size;
    memcpy(out->output, f.output, f.output_size);
    return PP_CLAIM_PROVEN;
}

const char *pp_claim_status_text(pp_claim_status status) {
    switch (status) {
    case PP_CLAIM_PROVEN:
        return "the claim is proven";
    case PP_CLAIM_FORMAT:
        return "not a proof file of this version, or cut short, or with bytes too many";
    case PP_CLAIM_SHARD:
        return "the shard's proof is not valid";
    case PP_CLAIM_ENDING:
        return "the claimed run did not halt with exit code 0 and this output";
    case PP_CLAIM_ROOT:
        return "what is proven is not about this program, input and output";
    case PP_CLAIM_TIME:
        return "the shard has more rows than times";
    }
    return "unknown";
}
