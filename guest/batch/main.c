// SPDX-License-Identifier: MIT OR Apache-2.0
// The batch guest: input is an encoded batch (rollup/rollup.h), public output what it proves.
// Ends with 1 and no output when the input is no batch; a skipped transaction is not a failure.
#include "polypoly.h"
#include "rollup/rollup.h"

// The heap only grows: what a larger array replaces stays behind, at most as much again.
static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx;
    if (new_size == 0) return NULL;
    void *p = pp_alloc(new_size);
    if (p != NULL && old_size != 0) memcpy(p, old, old_size);
    return p;
}

int main(void) {
    pp_bytes input;
    read_input(&input.data, &input.size);
    pp_state_source memory = {.resize = resize};
    pp_rollup_output output;
    const char *why;
    if (!pp_rollup_run_input(&output, &why, &memory, input)) {
        pp_print("batch: ");
        pp_print(why);
        pp_print("\n");
        return 1;
    }
    uint8_t bytes[PP_ROLLUP_OUTPUT_SIZE];
    pp_rollup_output_encode(bytes, &output);
    write_output(bytes, sizeof bytes);
    return 0;
}
