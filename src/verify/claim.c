// SPDX-License-Identifier: MIT OR Apache-2.0
#include "verify/claim.h"

#include "rv64/rv64.h"
#include "vm/memtree.h"

static bool zeros(const uint8_t *bytes, size_t size) {
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) any |= bytes[i];
    return any == 0;
}
static size_t filled_up(size_t size) {
    return (size + 7) & ~(size_t)7;
}

size_t pp_claim_head_size(const uint8_t *bytes, size_t size) {
    if (size < PP_PROOF_HEAD_SIZE || memcmp(bytes, PP_PROOF_MAGIC, 8) != 0) return 0;
    uint32_t output = pp_load_le32(bytes + PP_PROOF_HEAD_SIZE - 8);
    if (output > PP_OUTPUT_MAX || size - PP_PROOF_HEAD_SIZE < filled_up(output)) return 0;
    return PP_PROOF_HEAD_SIZE + filled_up(output);
}

// ---- the head -----------------------------------------------------------------------------------

typedef struct head {
    uint64_t words[PP_PROOF_WORDS];
    pp_digest input, program_after, stack_after;
} head;

static bool take_head(pp_claim_verifier *c, head *h, const uint8_t *bytes, size_t size) {
    if (size == 0 || pp_claim_head_size(bytes, size) != size) return false;
    const uint8_t *at = bytes + 8;
    memcpy(c->claim.context.b, at, 32);
    c->entry = pp_load_le64(at + 32);
    // No program file has another; and one of p or more would be some other pc to the tables.
    if (c->entry % 4 != 0 || c->entry >= PP_VM_QUARTER_SIZE) return false;
    at += 40;
    pp_digest *const digests[] = {&c->program, &h->input, &h->program_after, &h->stack_after};
    for (size_t i = 0; i < PP_COUNT(digests); i++, at += PP_DIGEST_SIZE)
        if (!pp_digest_decode(digests[i], at)) return false;
    for (size_t i = 0; i < PP_PROOF_WORDS; i++, at += 8) h->words[i] = pp_load_le64(at);
    c->claim.output_size = pp_load_le32(at);
    c->shards_len = pp_load_le32(at + 4);
    const uint8_t *output = at + 8, *end = bytes + size;
    memcpy(c->claim.output, output, c->claim.output_size);
    output += c->claim.output_size;
    return zeros(output, (size_t)(end - output)) && c->shards_len > 0;
}

// The roots before the first shard and after the last.
static void roots(pp_claim_verifier *c, const head *h) {
    pp_digest q[4], root;
    q[0] = c->program;
    pp_memtree_stack(&q[1]);
    q[2] = h->input;
    pp_memtree_machine(&q[3], c->entry);
    pp_memtree_join(&root, q);
    memcpy(c->at, root.e, sizeof root.e);
    q[0] = h->program_after;
    q[1] = h->stack_after;
    pp_memtree_machine_state(&q[3], h->words, PP_PROOF_WORDS,
                             (pp_bytes){c->claim.output, c->claim.output_size});
    pp_memtree_join(&root, q);
    memcpy(c->last, root.e, sizeof root.e);
}

static pp_claim_status begin(pp_claim_verifier *c, const pp_verify_policy *policy,
                             const uint8_t *bytes, size_t size, void *work, size_t work_size) {
    head h;
    if (!take_head(c, &h, bytes, size)) return PP_CLAIM_FORMAT;
    if (h.words[PP_CELL_PC] != 1 || h.words[PP_CELL_EXIT] != 0 ||
        h.words[PP_CELL_OUTPUT_SIZE] != c->claim.output_size)
        return PP_CLAIM_ENDING;
    if (c->shards_len > (policy->shards_max ? policy->shards_max : PP_VERIFY_SHARDS_MAX))
        return PP_CLAIM_COUNT;
    roots(c, &h);
    pp_input_id_of(&c->claim.input_id, &h.input);
    c->shard = pp_verify_begin(&c->v, policy, &c->claim.context, work, work_size);
    return c->shard == PP_VERIFY_OK ? PP_CLAIM_PROVEN : PP_CLAIM_SHARD;
}

pp_claim_status pp_claim_begin(pp_claim_verifier *c, const pp_verify_policy *policy,
                               const uint8_t *bytes, size_t size, void *work, size_t work_size) {
    memset(c, 0, sizeof *c);
    return c->status = begin(c, policy, bytes, size, work, work_size);
}

// ---- shards -------------------------------------------------------------------------------------

static bool in_time(const pp_verifier *v, const pp_machine *machine) {
    uint64_t ticks = PP_TIME_START;
    for (uint32_t t = 0; t < machine->tables_len; t++)
        ticks += (uint64_t)v->rows[t] * pp_rv64_ticks(t);
    return ticks < PP_TIME_MAX;
}

static pp_claim_status next_shard(pp_claim_verifier *c, const uint8_t *bytes, size_t size) {
    uint32_t number = c->number = c->v.shards;
    if (number >= c->shards_len) return PP_CLAIM_COUNT;
    c->shard =
        size <= PP_PROOF_SHARD_MAX ? pp_verify_shard(&c->v, bytes, size) : PP_VERIFY_ENCODING;
    if (c->shard != PP_VERIFY_OK) return PP_CLAIM_SHARD;
    if (number == 0) {
        c->machine = c->v.machine;
        c->set = c->v.set;
    }
    if (c->v.machine != c->machine || c->v.set != c->set) return PP_CLAIM_MIXED;
    const pp_machine *machine = c->v.policy->machines[c->machine];
    const pp_fp *before = c->v.publics, *after = before + PP_DIGEST_LEN;
    if (machine->publics_len != PP_RV64_PUBLICS) return PP_CLAIM_ROOT;
    if (memcmp(before, c->at, sizeof c->at) != 0)
        return number == 0 ? PP_CLAIM_ROOT : PP_CLAIM_LINK;
    if (memcmp(before, after, sizeof c->at) == 0) return PP_CLAIM_IDLE;
    if (!in_time(&c->v, machine)) return PP_CLAIM_TIME;
    memcpy(c->at, after, sizeof c->at);
    if (number + 1 == c->shards_len && memcmp(c->at, c->last, sizeof c->at) != 0)
        return PP_CLAIM_ROOT;
    return PP_CLAIM_PROVEN;
}

pp_claim_status pp_claim_shard(pp_claim_verifier *c, const uint8_t *bytes, size_t size) {
    if (c->status == PP_CLAIM_PROVEN) c->status = next_shard(c, bytes, size);
    return c->status;
}

pp_claim_status pp_claim_end(pp_claim *out, const pp_claim_verifier *c) {
    memset(out, 0, sizeof *out);
    if (c->status != PP_CLAIM_PROVEN) return c->status;
    if (c->shards_len == 0 || c->v.shards != c->shards_len) return PP_CLAIM_COUNT;
    if (memcmp(c->at, c->last, sizeof c->at) != 0) return PP_CLAIM_ROOT;
    *out = c->claim;
    out->vm_id = c->v.policy->vm_ids[c->machine];
    pp_program_id_of(&out->program_id, &out->vm_id, &c->program, c->entry);
    return PP_CLAIM_PROVEN;
}

// ---- files --------------------------------------------------------------------------------------

typedef struct file {
    pp_claim_bytes_fn *bytes;
    void *ctx;
    uint64_t at, size;
} file;

// The size of the shard at the file's position, after which its bytes and their filling lie.
static bool take_size(file *f, uint64_t *shard) {
    const uint8_t *bytes = f->size - f->at >= 8 ? f->bytes(f->ctx, f->at, 8) : NULL;
    if (bytes == NULL) return false;
    *shard = pp_load_le64(bytes);
    f->at += 8;
    return *shard <= f->size - f->at && (-*shard & 7) <= f->size - f->at - *shard;
}

static pp_claim_status file_shard(pp_claim_verifier *c, file *f) {
    uint64_t shard;
    if (!take_size(f, &shard)) return PP_CLAIM_FORMAT;
    // Too large for any verifier; where size_t has 32 bits, larger than that says.
    if (shard > PP_PROOF_SHARD_MAX) return pp_claim_shard(c, NULL, SIZE_MAX);
    size_t size = (size_t)shard, padded = filled_up(size);
    const uint8_t *bytes = f->bytes(f->ctx, f->at, padded);
    if (bytes == NULL || !zeros(bytes + size, padded - size)) return PP_CLAIM_FORMAT;
    f->at += padded;
    return pp_claim_shard(c, bytes, size);
}

// Do the sizes add up? Looked at before anything is proven, so that a file cut short is told from
// one that proves nothing.
static bool sizes_ok(file f, uint32_t shards) {
    for (uint32_t i = 0; i < shards; i++) {
        uint64_t shard;
        if (!take_size(&f, &shard)) return false;
        f.at += shard + (-shard & 7);
    }
    return f.at == f.size;
}

pp_claim_status pp_claim_verify_file(pp_claim *out, pp_claim_verifier *c,
                                     const pp_verify_policy *policy, pp_claim_bytes_fn *bytes,
                                     void *ctx, uint64_t size, void *work, size_t work_size) {
    file f = {bytes, ctx, 0, size};
    memset(out, 0, sizeof *out);
    memset(c, 0, sizeof *c);
    size_t most = size < PP_PROOF_HEAD_MAX ? (size_t)size : PP_PROOF_HEAD_MAX;
    const uint8_t *begins = bytes(ctx, 0, most);
    size_t head_size = begins != NULL ? pp_claim_head_size(begins, most) : 0;
    if (head_size == 0) return c->status = PP_CLAIM_FORMAT;
    pp_claim_status status = pp_claim_begin(c, policy, begins, head_size, work, work_size);
    f.at = head_size;
    if (status == PP_CLAIM_PROVEN && !sizes_ok(f, c->shards_len)) status = PP_CLAIM_FORMAT;
    for (uint32_t i = 0; i < c->shards_len && status == PP_CLAIM_PROVEN; i++)
        status = file_shard(c, &f);
    if (status != PP_CLAIM_PROVEN) return c->status = status;
    return pp_claim_end(out, c);
}

static const uint8_t *of_memory(void *ctx, uint64_t at, size_t size) {
    (void)size;
    return ((const pp_bytes *)ctx)->data + at;
}

uint32_t pp_claim_shards(const uint8_t *bytes, size_t size, uint32_t max) {
    pp_bytes all = {bytes, size};
    file f = {of_memory, &all, pp_claim_head_size(bytes, size), size};
    if (f.at == 0) return 0;
    uint32_t shards = pp_load_le32(bytes + PP_PROOF_HEAD_SIZE - 4);
    return shards <= max && sizes_ok(f, shards) ? shards : 0;
}

pp_claim_status pp_claim_verify(pp_claim *out, pp_verify_status *shard, uint32_t *set,
                                const pp_verify_policy *policy, const uint8_t *bytes, size_t size,
                                void *work, size_t work_size) {
    pp_claim_verifier c;
    pp_bytes all = {bytes, size};
    pp_claim_status status =
        pp_claim_verify_file(out, &c, policy, of_memory, &all, size, work, work_size);
    *shard = c.shard;
    *set = c.set;
    return status;
}

const char *pp_claim_status_text(pp_claim_status status) {
    switch (status) {
    case PP_CLAIM_PROVEN:
        return "the claim is proven";
    case PP_CLAIM_FORMAT:
        return "not a proof file of this version, or cut short, or with bytes too many";
    case PP_CLAIM_SHARD:
        return "a shard's proof is not valid";
    case PP_CLAIM_ENDING:
        return "the claimed run did not halt with exit code 0 and this output";
    case PP_CLAIM_ROOT:
        return "what is proven is not about this program, input and output";
    case PP_CLAIM_TIME:
        return "a shard has more rows than times";
    case PP_CLAIM_LINK:
        return "a shard does not start where the one before it ended";
    case PP_CLAIM_IDLE:
        return "a shard ends where it starts";
    case PP_CLAIM_MIXED:
        return "the shards are of several machines or parameter sets";
    case PP_CLAIM_COUNT:
        return "more shards than are accepted, or other than announced";
    }
    return "unknown";
}
