// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/test_support.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void gather(void *ctx, int fd, pp_bytes text) {
    (void)fd;
    gathered *g = ctx;
    if (g->max - g->size < text.size) {
        g->max = 2 * (g->size + text.size) + 4096;
        uint8_t *more = realloc(g->data, g->max);
        PP_ASSERT(more != NULL);
        g->data = more;
    }
    memcpy(g->data + g->size, text.data, text.size);
    g->size += text.size;
}

uint8_t *support_elf(pp_program *program, const pp_asm *code, uint64_t bss, uint64_t bss_size) {
    size_t bytes = code->len * 4;
    pp_segment segments[2] = {
        {code->base, bytes, {(const uint8_t *)code->words, bytes}, PP_PERM_RX},
        {bss, bss_size, {NULL, 0}, PP_PERM_RW}};
    size_t n = bss_size != 0 ? 2 : 1, max = pp_elf_build_max(segments, n);
    uint8_t *file = malloc(max);
    PP_ASSERT(file != NULL);
    size_t size = pp_elf_build(file, max, code->base, segments, n);
    pp_elf_code status = pp_elf_load(program, (pp_bytes){file, size});
    if (status != PP_ELF_OK) fprintf(stderr, "test program is %s\n", pp_elf_reason(status));
    PP_ASSERT(status == PP_ELF_OK);
    return file;
}

bool support_have_qemu(void) {
    return system("command -v qemu-riscv64 >/dev/null 2>&1") == 0;
}

static bool read_all(gathered *out, FILE *f) {
    uint8_t block[65536];
    size_t n;
    while ((n = fread(block, 1, sizeof block, f)) > 0) gather(out, 1, (pp_bytes){block, n});
    return true;
}

int support_qemu(gathered *text, uint8_t output[PP_OUTPUT_MAX], size_t *output_size,
                 const pp_program *program, pp_bytes input) {
    char folder[] = "/tmp/pp_qemu_XXXXXX", path[64], out_path[64], command[256];
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/guest", folder);
    snprintf(out_path, sizeof out_path, "%s/output", folder);
    size_t size;
    uint8_t *copy = pp_elf_for_qemu(&size, program, input);
    pp_err err;
    int code = -1;
    if (pp_file_write(&err, path, copy, size, 0755)) {
        snprintf(command, sizeof command, "qemu-riscv64 %s 3>%s 2>/dev/null", path, out_path);
        FILE *f = popen(command, "r");
        if (f != NULL) {
            read_all(text, f);
            int status = pclose(f);
            code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        f = fopen(out_path, "rb");
        *output_size = f != NULL ? fread(output, 1, PP_OUTPUT_MAX, f) : 0;
        if (f != NULL) fclose(f);
    }
    free(copy);
    unlink(path);
    unlink(out_path);
    rmdir(folder);
    return code;
}

bool support_data_xz(gathered *out, const char *name) {
    const char *path = pp_test_shared(name);
    char command[4200];
    if (path == NULL) return false;
    snprintf(command, sizeof command, "xz -dc '%s'", path);
    FILE *f = popen(command, "r");
    return f != NULL && read_all(out, f) && pclose(f) == 0;
}
