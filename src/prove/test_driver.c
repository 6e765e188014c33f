// SPDX-License-Identifier: MIT OR Apache-2.0
// Cases for spec/proof.py, one JSON object a line, with the C verifier's answer. Usage:
//     prove_driver SEED COUNT          the example machines; proofs of them as they are and changed
//     prove_driver SEED COUNT FILE     the virtual machine; a proof file of it (set test, several
//                                      shards) as it is, put together wrongly and changed
#include <stdio.h>
#include <stdlib.h>

#include "prove/claim.h"
#include "prove/examples/examples.h"
#include "rv64/owned.h"

// splitmix64.
static uint64_t random_below(uint64_t *state, uint64_t bound) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % bound;
}

static void print_values(const char *name, const pp_fp *values, uint32_t len) {
    printf("\"%s\": [", name);
    for (uint32_t i = 0; i < len; i++) printf("%s%u", i ? ", " : "", pp_fp_to_u32(values[i]));
    printf("]");
}

static void print_table(const pp_air_table *t) {
    printf("{\"columns\": %u, \"log_fixed\": %u, \"fixed\": [", t->columns_len, t->log_fixed);
    for (uint32_t i = 0; i < t->fixed_len; i++) {
        const pp_fixed *f = &t->fixed[i];
        printf("%s{\"kind\": %u, \"lo\": %u, \"lo2\": %u, \"width\": %u, ", i ? ", " : "",
               (unsigned)f->kind, f->lo, f->lo2, f->width);
        print_values("values", f->values, f->values ? (uint32_t)1 << f->width : 0);
        printf("}");
    }
    printf("], \"constraints\": %u, \"constraint_code\": %u, ", t->constraints_len,
           t->constraint_code_len);
    print_values("constants", t->constants, t->constants_len);
    printf(", \"interactions\": [");
    for (uint32_t i = 0; i < t->interactions_len; i++) {
        const pp_air_interaction *x = &t->interactions[i];
        printf("%s[%u, %u, %u, %u]", i ? ", " : "", x->bus, x->arity, x->leaf, x->second);
    }
    printf("], \"code\": [");
    for (uint32_t i = 0; i < t->code_len; i++)
        printf("%s%llu", i ? ", " : "", (unsigned long long)t->code[i]);
    printf("]}");
}

// ticks: of a row of each table, or NULL.
static void print_machine(const char *name, const pp_machine *m, const pp_hash32 *vm_id,
                          uint32_t (*ticks)(uint32_t table)) {
    char hex[65];
    pp_hex_encode(hex, vm_id->b, sizeof vm_id->b);
    printf("{\"name\": \"%s\", \"vm_id\": \"%s\", \"machine\": {\"publics\": %u, ", name, hex,
           m->publics_len);
    if (ticks != NULL) {
        printf("\"ticks\": [");
        for (uint32_t i = 0; i < m->tables_len; i++) printf("%s%u", i ? ", " : "", ticks(i));
        printf("], ");
    }
    printf("\"buses\": [");
    for (uint32_t i = 0; i < m->buses_len; i++) printf("%s%u", i ? ", " : "", m->buses[i].arity);
    printf("], \"tables\": [");
    for (uint32_t i = 0; i < m->tables_len; i++) {
        if (i > 0) printf(", ");
        print_table(&m->tables[i]);
    }
    printf("], \"boundary\": ");
    print_table(m->boundary);
    printf("}}\n");
}

static void print_case(const pp_example *e, const uint8_t *bytes, size_t size) {
    const pp_pcs_params *set = &pp_pcs_test;
    const pp_hash32 context = {{1, 2, 3}};
    pp_verify_policy policy = {&e->machine, &e->vm_id, 1, &set, 1, 28, 1};
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    char *hex = malloc(2 * size + 1), context_hex[65];
    PP_ASSERT(work && hex);
    pp_verifier v;
    pp_verify_status s = pp_verify_begin(&v, &policy, &context, work, work_size);
    if (s == PP_VERIFY_OK) s = pp_verify_shard(&v, bytes, size);
    pp_hex_encode(hex, bytes, size);
    pp_hex_encode(context_hex, context.b, sizeof context.b);
    printf("{\"name\": \"%s\", \"set\": \"test\", \"context\": \"%s\", \"accepted\": %s, "
           "\"status\": \"%s\", \"proof\": \"%s\"}\n",
           e->name, context_hex, s == PP_VERIFY_OK ? "true" : "false", pp_verify_status_text(s),
           hex);
    free(work);
    free(hex);
}

// A proof as it is (one of three), or with a word, a byte or its length changed.
static void change(uint64_t *rng, uint8_t *bytes, size_t *size) {
    uint64_t kind = random_below(rng, 6);
    size_t at = (size_t)random_below(rng, *size);
    if (kind <= 1) return;
    if (kind == 2) *size = at;
    if (kind == 3) bytes[at] ^= (uint8_t)(1 << random_below(rng, 8));
    if (kind == 4) bytes[at] = (uint8_t)(bytes[at] + 1);
    if (kind == 5) {
        at &= ~(size_t)3;
        if (at + 4 <= *size) pp_store_le32(bytes + at, (uint32_t)random_below(rng, PP_FP_MODULUS));
    }
}

// ---- proof files --------------------------------------------------------------------------------

static void print_file(const pp_machine_owned *m, const uint8_t *bytes, size_t size) {
    const pp_pcs_params *set = &pp_pcs_test;
    pp_verify_policy policy = {&m->machine, &m->vm_id, 1, &set, 1, 28, 0};
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    char *hex = malloc(2 * size + 1), ids[4][65], output[2 * PP_OUTPUT_MAX + 1];
    PP_ASSERT(work && hex);
    pp_claim claim;
    pp_verify_status shard;
    uint32_t which;
    pp_claim_status s =
        pp_claim_verify(&claim, &shard, &which, &policy, bytes, size, work, work_size);
    pp_hex_encode(hex, bytes, size);
    const pp_hash32 *const hashes[] = {&claim.vm_id, &claim.program_id, &claim.input_id,
                                       &claim.context};
    for (int i = 0; i < 4; i++) pp_hex_encode(ids[i], hashes[i]->b, sizeof hashes[i]->b);
    pp_hex_encode(output, claim.output, claim.output_size);
    printf("{\"name\": \"rv64\", \"set\": \"test\", \"accepted\": %s, \"status\": \"%s\", ",
           s == PP_CLAIM_PROVEN ? "true" : "false", pp_claim_status_text(s));
    if (s == PP_CLAIM_PROVEN)
        printf("\"claim\": {\"vm_id\": \"%s\", \"program_id\": \"%s\", \"input_id\": \"%s\", "
               "\"context\": \"%s\", \"output\": \"%s\"}, ",
               ids[0], ids[1], ids[2], ids[3], output);
    printf("\"file\": \"%s\"}\n", hex);
    free(work);
    free(hex);
}

enum { SHARDS_MAX = 16 };

// The file with the shards in this order.
static void print_order(const pp_machine_owned *m, const uint8_t *file, const pp_bytes *shards,
                        const char *order) {
    const size_t head = pp_claim_head_size(file, PP_PROOF_HEAD_MAX);
    size_t size = head, len = strlen(order);
    for (size_t i = 0; i < len; i++) size += pp_proof_shard_size(shards[order[i] - '0'].size);
    uint8_t *bytes = malloc(size), *at = bytes + head;
    PP_ASSERT(bytes);
    memcpy(bytes, file, head);
    pp_store_le32(bytes + PP_PROOF_HEAD_SIZE - 4, (uint32_t)len);
    for (size_t i = 0; i < len; i++) {
        const pp_bytes *shard = &shards[order[i] - '0'];
        at = pp_proof_put_shard(at, shard->data, shard->size);
    }
    print_file(m, bytes, size);
    free(bytes);
}

static void claims(uint64_t rng, unsigned long count, const char *path) {
    pp_err err;
    pp_machine_owned m;
    uint8_t *file;
    size_t size, len = 0;
    pp_bytes shards[SHARDS_MAX];
    if (!pp_machine_own(&err, &m) || !pp_file_read(&err, &file, &size, path, 1 << 26)) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }
    const size_t head = pp_claim_head_size(file, size);
    PP_ASSERT(head != 0);
    for (size_t at = head; at < size && len < SHARDS_MAX; len++) {
        shards[len] = (pp_bytes){file + at + 8, (size_t)pp_load_le64(file + at)};
        at += pp_proof_shard_size(shards[len].size);
    }
    PP_ASSERT(len >= 2);
    print_machine("rv64", m.machine, &m.vm_id, pp_rv64_ticks);
    print_file(&m, file, size);
    static const char *const orders[] = {"1", "0", "10", "00", "011"};
    for (size_t i = 0; i < PP_COUNT(orders) && i < count; i++)
        print_order(&m, file, shards, orders[i]);
    // The head, word by word, and anywhere else.
    for (unsigned long i = PP_COUNT(orders); i < count; i++) {
        size_t at =
            i % 4 != 0 ? (size_t)random_below(&rng, head) : (size_t)random_below(&rng, size);
        file[at] ^= (uint8_t)(1 << i % 8);
        print_file(&m, file, size);
        file[at] ^= (uint8_t)(1 << i % 8);
    }
    free(file);
    pp_machine_disown(&m);
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: prove_driver SEED COUNT [FILE]\n");
        return 2;
    }
    uint64_t rng = strtoull(argv[1], NULL, 0);
    unsigned long count = strtoul(argv[2], NULL, 0);
    if (argc == 4) {
        claims(rng, count, argv[3]);
        return 0;
    }
    pp_example e[3];
    pp_example_fibonacci(&e[0], &pp_pcs_test, 30);
    pp_example_poseidon2(&e[1], &pp_pcs_test, 5);
    pp_example_many(&e[2], &pp_pcs_test, 6);
    for (int i = 0; i < 3; i++) print_machine(e[i].name, e[i].machine, &e[i].vm_id, NULL);
    for (unsigned long i = 0; i < count; i++) {
        const pp_example *x = &e[i % 3];
        uint8_t *bytes;
        size_t size;
        pp_example_prove(x, &pp_pcs_test, NULL, &bytes, &size, NULL);
        if (i >= 3) change(&rng, bytes, &size);
        print_case(x, bytes, size);
        free(bytes);
    }
    for (int i = 0; i < 3; i++) pp_example_free(&e[i]);
    return 0;
}
