// SPDX-License-Identifier: MIT OR Apache-2.0
// Output, debug text and the end of a failed run, by way of the two system calls.
#include "polypoly.h"
#include "string.h"
#include "zkvm_io.h"

void write_output(const uint8_t *data, size_t size) {
    // The machine ends the run itself when the output is too long; under qemu a closed fd 3 fails.
    if (pp_guest_write(3, data, size) != (long)size) pp_guest_halt(PP_EXIT_OUTPUT);
}

uint64_t pp_input_u64(uint64_t otherwise) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    if (size < 8) return otherwise;
    return *(const uint64_t *)(const void *)data; // 8-aligned
}

void pp_print(const char *text) {
    pp_guest_write(1, text, strlen(text));
}

void pp_print_hex(const void *data, size_t size) {
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++) {
        char pair[2] = {"0123456789abcdef"[p[i] >> 4], "0123456789abcdef"[p[i] & 15]};
        pp_guest_write(1, pair, 2);
    }
}

void pp_print_u64(uint64_t v) {
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    pp_guest_write(1, digits + at, sizeof digits - at);
}

_Noreturn void pp_panic(const char *file, int line, const char *what) {
    pp_guest_write(2, file, strlen(file));
    pp_guest_write(2, ":", 1);
    char digits[12];
    size_t at = sizeof digits;
    unsigned v = (unsigned)line;
    do digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    pp_guest_write(2, digits + at, sizeof digits - at);
    pp_guest_write(2, ": broken invariant: ", 20);
    pp_guest_write(2, what, strlen(what));
    pp_guest_write(2, "\n", 1);
    pp_guest_halt(PP_EXIT_PANIC);
}
