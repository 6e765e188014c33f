// SPDX-License-Identifier: MIT OR Apache-2.0
// Executor speed on one core: millions of guest instructions a second.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vm/vm.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void measure(const char *name, uint64_t n) {
    char path[512];
    uint8_t *file, input[8];
    size_t size;
    pp_err err;
    pp_program p;
    pp_vm_result r;
    snprintf(path, sizeof path, "%s/guests/%s.elf", PP_BINARY_DIR, name);
    if (!pp_file_read(&err, &file, &size, path, PP_VM_PROGRAM_END)) {
        printf("vm %-20s skipped: %s\n", name, err.text);
        return;
    }
    pp_store_le64(input, n);
    double best = 1e9;
    PP_ASSERT(pp_elf_load(&p, (pp_bytes){file, size}) == PP_ELF_OK);
    for (int i = 0; i < 3; i++) {
        double start = now();
        PP_ASSERT(pp_vm_run(&err, &r, &p, (pp_bytes){input, sizeof input}, NULL) && pp_vm_ok(&r));
        double seconds = now() - start;
        if (seconds < best) best = seconds;
    }
    printf("vm %-20s %8.1f M instructions/s (%llu, best of 3)\n", name,
           (double)r.cycles / best / 1e6, (unsigned long long)r.cycles);
    free(file);
}

int main(void) {
    measure("fib", 30000000);
    measure("sha256_chain", 30000);
    measure("gcc/sha256_chain", 30000);
    measure("matmul", 200);
    measure("quicksort", 500000);
    return 0;
}
