// SPDX-License-Identifier: MIT OR Apache-2.0
// Prints statements, proofs and this verifier's answers for other verifiers to compare with.
//
// pcs_driver SEED COUNT: COUNT cases, one a line of JSON, some of them with a changed proof or
// a changed target; one in eight of a secure set.
// pcs_driver --corpus FOLDER: the honest proofs of the fuzz target's statements, as its inputs.
#include <stdio.h>
#include <stdlib.h>

#include "pcs/test_support.h"

static uint64_t state;
static uint64_t next(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void print_ext(pp_ext x) {
    for (int i = 0; i < PP_EXT_DEGREE; i++)
        printf("%s%u", i == 0 ? "[" : ",", pp_fp_to_u32(x.c[i]));
    printf("]");
}

static void print_group(const pp_pcs_group *g, unsigned point_len) {
    printf("{\"point\":[");
    for (unsigned i = 0; i < point_len; i++) {
        if (i > 0) printf(",");
        print_ext(g->point[i]);
    }
    printf("],\"terms\":[");
    for (size_t i = 0; i < g->terms_len; i++) {
        printf("%s{\"offset\":%llu,\"log_len\":%u,\"coeff\":", i == 0 ? "" : ",",
               (unsigned long long)g->terms[i].offset, g->terms[i].log_len);
        print_ext(g->terms[i].coeff);
        printf("}");
    }
    printf("]}");
}

static void print_case(const pp_pcs_case *c, const uint8_t *proof, size_t size) {
    printf("{\"set\":\"%s\",\"log_cells\":%u,\"groups\":[", c->params->name, c->log_cells);
    for (size_t g = 0; g < c->groups_len; g++) {
        if (g > 0) printf(",");
        print_group(&c->groups[g], c->log_cells);
    }
    printf("],\"target\":");
    print_ext(c->target);
    printf(",\"proof\":\"");
    for (size_t i = 0; i < size; i++) printf("%02x", proof[i]);
    pp_pcs_status st = pp_pcs_case_verify(c, proof, size);
    printf("\",\"accepted\":%s,\"status\":\"%s\"}\n", st == PP_PCS_OK ? "true" : "false",
           pp_pcs_status_text(st));
}

// A word anywhere, near the end as often as not: late checks deserve as many tries as early ones.
static void spoil(uint8_t *proof, size_t size) {
    size_t words = size / 4, at = (size_t)(next() % words);
    if (next() % 2 == 0) at = words - 1 - at / 8;
    proof[4 * at] ^= (uint8_t)(1u << next() % 8);
}

static void one(unsigned number) {
    const pp_pcs_params *set = number % 16 == 7    ? &pp_pcs_small
                               : number % 16 == 15 ? &pp_pcs_fast
                                                   : &pp_pcs_test;
    unsigned m = set->secure ? 12 : 4 + (unsigned)(next() % 9);
    pp_pcs_case c;
    pp_pcs_case_make(&c, set, m, 1 + (size_t)(next() % 2), next());
    bool false_target = number % 5 == 3;
    if (false_target) c.target = pp_ext_add_fp(c.target, pp_fp_one());
    pp_pcs_case_prove(&c, NULL, NULL);
    if (number % 3 == 1) spoil(c.proof, c.proof_size);
    size_t size = c.proof_size;
    if (number % 11 == 9) size -= 4;
    print_case(&c, c.proof, size);
    pp_pcs_case_free(&c);
}

static int write_corpus(const char *folder) {
    for (unsigned i = 0; i < PP_PCS_FUZZ_CASES; i++) {
        pp_pcs_case c;
        pp_pcs_case_fuzz(&c, i);
        char path[4096];
        snprintf(path, sizeof path, "%s/honest_%u", folder, i);
        FILE *f = fopen(path, "wb");
        if (f == NULL) {
            perror(path);
            return 2;
        }
        fputc((int)i, f);
        fwrite(c.proof, 1, c.proof_size, f);
        fclose(f);
        pp_pcs_case_free(&c);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--corpus") == 0) return write_corpus(argv[2]);
    if (argc != 3) {
        fputs("usage: pcs_driver SEED COUNT, or --corpus FOLDER\n", stderr);
        return 2;
    }
    state = strtoull(argv[1], NULL, 10);
    unsigned count = (unsigned)strtoul(argv[2], NULL, 10);
    for (unsigned i = 0; i < count; i++) one(i);
    return 0;
}
