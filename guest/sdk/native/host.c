// SPDX-License-Identifier: MIT OR Apache-2.0
// The machine's part for a guest built as an ordinary program (make native): the same sources under
// a debugger, the sanitizers, valgrind. The input is the file named as first argument; what is
// written stands on stdout when the program ends. Cycles and memory limits are the machine's alone.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "polypoly.h"

enum { OUTPUT_MAX = 256 };
static uint8_t output[OUTPUT_MAX];
static size_t output_size;
static uint8_t *input;
static size_t input_size;

// A guest never gives memory back: that is no leak.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0";
}

static void show_end(int code, void *unused) {
    (void)unused;
    printf("halted with exit code %d\noutput  %zu bytes%s", code, output_size,
           output_size ? ": " : "");
    for (size_t i = 0; i < output_size; i++) printf("%02x", output[i]);
    printf("\n");
}

static void refuse(const char *path, const char *why) {
    fprintf(stderr, "%s: %s\n", path, why);
    _Exit(2);
}

static void load(const char *path) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) refuse(path, "cannot be read");
    long size = ftell(f);
    // malloc, so that the sanitizer sees a read past the input's end.
    if (size < 0 || (input = malloc(size ? (size_t)size : 1)) == NULL)
        refuse(path, "cannot be read");
    rewind(f);
    input_size = fread(input, 1, (size_t)size, f);
    if (input_size != (size_t)size) refuse(path, "cannot be read");
    fclose(f);
}

// glibc gives constructors main's arguments, which the guest's own main does not take.
__attribute__((constructor)) static void start(int argc, char **argv) {
    if (argc > 2) refuse(argv[0], "usage: PROGRAM [INPUT-FILE]");
    if (argc == 2) load(argv[1]);
    on_exit(show_end, NULL);
}

void read_input(const uint8_t **data, size_t *size) {
    *data = input;
    *size = input_size;
}

long pp_guest_write(long fd, const void *data, size_t size) {
    if (fd == 1 || fd == 2) {
        fwrite(data, 1, size, stderr);
        return (long)size;
    }
    if (fd != 3 || size > OUTPUT_MAX - output_size) {
        fprintf(stderr, "%s: fd %ld, %zu more bytes after %zu\n",
                fd == 3 ? "output-full" : "bad-fd", fd, size, output_size);
        exit(1);
    }
    if (size != 0) memcpy(output + output_size, data, size);
    output_size += size;
    return (long)size;
}

_Noreturn void pp_guest_halt(long code) {
    exit((int)code);
}

// Each block of its own, so that the sanitizer sees a step beyond it.
void *pp_alloc(size_t size) {
    return calloc(1, size ? size : 1);
}
