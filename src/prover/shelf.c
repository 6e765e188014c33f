// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/shelf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

#define MIX ((uint64_t)0x9e3779b97f4a7c15)

static void free_program(pp_guest *guest) {
    free((void *)(uintptr_t)guest->program.file.data);
    free(guest);
}

static void empty(pp_shelf *s) {
    for (size_t i = 0; i < s->programs_len; i++) free_program(s->programs[i]);
    for (size_t i = 0; i < s->inputs_len; i++) free(s->inputs[i].data);
    s->programs_len = s->inputs_len = s->inputs_bytes = 0;
}

void pp_shelf_open(pp_shelf *s, const char *dir, const char *name) {
    memset(s, 0, sizeof *s);
    snprintf(s->dir, sizeof s->dir, "%.4000s/%.8s", dir, name);
}

void pp_shelf_close(pp_shelf *s) {
    empty(s);
}

static void add_program(pp_shelf *s, const char *path) {
    uint8_t *file;
    size_t size;
    if (s->programs_len == PP_SHELF_MAX ||
        !pp_file_read(NULL, &file, &size, path, PP_SHELF_PROGRAM_MAX))
        return;
    pp_guest *guest = calloc(1, sizeof *guest);
    PP_ASSERT(guest != NULL);
    if (pp_elf_load(&guest->program, (pp_bytes){file, size}) != PP_ELF_OK) {
        free(file);
        free(guest);
        return;
    }
    pp_program_id(&guest->id, &guest->program);
    s->programs[s->programs_len++] = guest;
}

static void add_input(pp_shelf *s, const char *path) {
    pp_shelf_input *in = &s->inputs[s->inputs_len];
    size_t left = PP_SHELF_INPUTS_BYTES - s->inputs_bytes;
    if (s->inputs_len == PP_SHELF_MAX ||
        !pp_file_read(NULL, &in->data, &in->size, path,
                      left < PP_SHELF_INPUT_MAX ? left : PP_SHELF_INPUT_MAX))
        return;
    if (!pp_input_id(&in->id, (pp_bytes){in->data, in->size})) {
        free(in->data);
        return;
    }
    s->inputs_bytes += in->size;
    s->inputs_len++;
}

static bool ends_in(const char *name, const char *end) {
    size_t size = strlen(name), of = strlen(end);
    return size > of && strcmp(name + size - of, end) == 0;
}

// A number for what it shows of its files: one that is being written has not all of its size, and
// the folder's own time does not change any more.
static uint64_t sight_of(const pp_shelf *s) {
    DIR *folder = opendir(s->dir);
    int fd = folder ? dirfd(folder) : -1;
    uint64_t sum = 1;
    for (struct dirent *e; fd >= 0 && (e = readdir(folder)) != NULL;) {
        struct stat st;
        if (fstatat(fd, e->d_name, &st, 0) != 0) continue;
        const uint64_t parts[] = {(uint64_t)st.st_ino, (uint64_t)st.st_size,
                                  (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
        uint64_t hash = 0;
        for (const char *c = e->d_name; *c; c++) hash = (hash ^ (uint8_t)*c) * MIX;
        for (size_t i = 0; i < PP_COUNT(parts); i++) hash = (hash ^ (hash >> 29) ^ parts[i]) * MIX;
        sum += hash; // in any order
    }
    if (folder) closedir(folder);
    return sum;
}

void pp_shelf_look(pp_shelf *s) {
    uint64_t sight = sight_of(s);
    if (sight == s->sight) return;
    s->sight = sight;
    empty(s);
    DIR *folder = opendir(s->dir);
    for (struct dirent *e; folder && (e = readdir(folder)) != NULL;) {
        char path[sizeof s->dir + 300];
        snprintf(path, sizeof path, "%s/%s", s->dir, e->d_name);
        if (ends_in(e->d_name, ".elf")) add_program(s, path);
        if (ends_in(e->d_name, ".input")) add_input(s, path);
    }
    if (folder) closedir(folder);
}

const pp_guest *pp_shelf_program(const pp_shelf *s, const pp_hash32 *id) {
    for (size_t i = 0; i < s->programs_len; i++)
        if (pp_hash32_eq(&s->programs[i]->id, id)) return s->programs[i];
    return NULL;
}

bool pp_shelf_input_get(pp_bytes *out, const pp_shelf *s, const pp_hash32 *id) {
    for (size_t i = 0; i < s->inputs_len; i++) {
        if (!pp_hash32_eq(&s->inputs[i].id, id)) continue;
        *out = (pp_bytes){s->inputs[i].data, s->inputs[i].size};
        return true;
    }
    return false;
}

// ---- what was promised ------------------------------------------------------------------------

static void path_of(char out[sizeof((pp_shelf *)0)->dir + 80], const pp_shelf *s,
                    const pp_hash32 *id, const char *end) {
    char hex[65];
    pp_hex_encode(hex, id->b, sizeof id->b);
    snprintf(out, sizeof s->dir + 80, "%s/%s.%s", s->dir, hex, end);
}

// What is put is read back alone: to look at all of the shelf may take seconds.
static bool put_program(pp_err *err, pp_shelf *s, const pp_guest *program) {
    char path[sizeof s->dir + 80];
    pp_bytes file = program->program.file;
    if (s->programs_len == PP_SHELF_MAX || file.size > PP_SHELF_PROGRAM_MAX)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: no room for another program", s->dir);
    path_of(path, s, &program->id, "elf");
    if (!pp_file_write(err, path, file.data, file.size, 0600)) return false;
    add_program(s, path);
    return true;
}

static bool put_input(pp_err *err, pp_shelf *s, const pp_hash32 *id, pp_bytes input) {
    char path[sizeof s->dir + 80];
    if (s->inputs_len == PP_SHELF_MAX || input.size > PP_SHELF_INPUT_MAX ||
        input.size > PP_SHELF_INPUTS_BYTES - s->inputs_bytes)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: no room for another input", s->dir);
    path_of(path, s, id, "input");
    if (!pp_file_write(err, path, input.data, input.size, 0600)) return false;
    add_input(s, path);
    return true;
}

bool pp_shelf_put(pp_err *err, pp_shelf *s, const pp_guest *program, const pp_hash32 *input_id,
                  pp_bytes input) {
    pp_bytes there;
    bool has_program = program == NULL || pp_shelf_program(s, &program->id) != NULL;
    bool has_input = pp_shelf_input_get(&there, s, input_id);
    if (has_program && has_input) return true;
    bool ok = pp_folder_make(err, s->dir, 0700) && (has_program || put_program(err, s, program)) &&
              (has_input || put_input(err, s, input_id, input));
    s->sight = sight_of(s);
    return ok;
}

static bool is_in(const pp_hash32 *ids, size_t len, const pp_hash32 *id) {
    for (size_t i = 0; i < len; i++)
        if (pp_hash32_eq(&ids[i], id)) return true;
    return false;
}

void pp_shelf_keep(pp_shelf *s, const pp_hash32 *ids, size_t len) {
    char path[sizeof s->dir + 80];
    size_t programs = 0, inputs = 0, before = s->programs_len + s->inputs_len;
    for (size_t i = 0; i < s->programs_len; i++) {
        pp_guest *guest = s->programs[i];
        if (is_in(ids, len, &guest->id)) {
            s->programs[programs++] = guest;
            continue;
        }
        path_of(path, s, &guest->id, "elf");
        (void)unlink(path);
        free_program(guest);
    }
    for (size_t i = 0; i < s->inputs_len; i++) {
        pp_shelf_input *in = &s->inputs[i];
        if (is_in(ids, len, &in->id)) {
            s->inputs[inputs++] = *in;
            continue;
        }
        path_of(path, s, &in->id, "input");
        (void)unlink(path);
        s->inputs_bytes -= in->size;
        free(in->data);
    }
    s->programs_len = programs;
    s->inputs_len = inputs;
    if (programs + inputs < before) s->sight = sight_of(s);
}
