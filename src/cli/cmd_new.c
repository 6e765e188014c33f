// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly new: a guest project that builds at once.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "vm/sdk_files.h"

typedef struct project {
    const char *folder;      // as given
    const char *name;        // its last part
    char polypoly[PATH_MAX]; // this program, for the project's `make run`
} project;

static bool good_name(const char *name) {
    if (name[0] == 0 || name[0] == '-' || strlen(name) > 64) return false;
    for (const char *c = name; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && *c != '-' && *c != '_') return false;
    }
    return true;
}

static void find_self(char out[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (n > 0)
        out[n] = 0;
    else
        snprintf(out, PATH_MAX, "polypoly");
    // A path make would take apart: leave it to the search path.
    if (strpbrk(out, " \t\n#$&;|<>()'\"\\`*?[]{}!~") != NULL) snprintf(out, PATH_MAX, "polypoly");
}

// Makes the folders above the last part of path, which lies below the project.
static bool make_folders(pp_err *err, char *path, size_t from) {
    for (size_t i = from; path[i]; i++) {
        if (path[i] != '/') continue;
        path[i] = 0;
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!made) pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be made: %s", path, strerror(errno));
        path[i] = '/';
        if (!made) return false;
    }
    return true;
}

// Writes text with @NAME@ and @POLYPOLY@ replaced.
static void write_template(FILE *f, const project *p, const uint8_t *at, const uint8_t *end) {
    static const char name[] = "@NAME@", polypoly[] = "@POLYPOLY@";
    while (at < end) {
        size_t left = (size_t)(end - at);
        if (left >= sizeof name - 1 && memcmp(at, name, sizeof name - 1) == 0) {
            fputs(p->name, f);
            at += sizeof name - 1;
        } else if (left >= sizeof polypoly - 1 && memcmp(at, polypoly, sizeof polypoly - 1) == 0) {
            fputs(p->polypoly, f);
            at += sizeof polypoly - 1;
        } else {
            putc(*at++, f);
        }
    }
}

static bool write_file(pp_err *err, const project *p, const pp_sdk_file *file) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", p->folder, file->path);
    if (n < 0 || (size_t)n >= sizeof path)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: the path is too long", p->folder);
    if (!make_folders(err, path, strlen(p->folder) + 1)) return false;
    FILE *f = fopen(path, "wx");
    if (f == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be written: %s", path, strerror(errno));
    if (file->is_template)
        write_template(f, p, file->start, file->end);
    else
        fwrite(file->start, 1, (size_t)(file->end - file->start), f);
    bool written = !ferror(f);
    if (fclose(f) != 0 || !written)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be written: %s", path, strerror(errno));
    return true;
}

static int run(int argc, char **argv) {
    if (argc != 2) return pp_cli_usage("new", "one name, please");
    project p = {.folder = argv[1]};
    const char *slash = strrchr(p.folder, '/');
    p.name = slash ? slash + 1 : p.folder;
    if (!good_name(p.name))
        return pp_cli_usage("new", "'%s' is no name: letters, digits, - and _", p.name);
    find_self(p.polypoly);
    pp_err err;
    if (mkdir(p.folder, 0777) != 0) {
        pp_err_set(&err, PP_EXIT_USAGE, "%s: cannot be made: %s", p.folder, strerror(errno));
        return pp_cli_fail(&err);
    }
    for (size_t i = 0; i < pp_sdk_files_len; i++)
        if (!write_file(&err, &p, &pp_sdk_files[i])) return pp_cli_fail(&err);
    printf("%s/ is ready:\n  cd %s\n  make run\n", p.folder, p.folder);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_new = {
    "new", "start a guest project",
    "usage: polypoly new NAME\n"
    "\n"
    "Makes the folder NAME with a guest program, its Makefile and the guest SDK. In it\n"
    "  make            builds NAME.elf (clang-19 and lld-19, or gcc-riscv64-unknown-elf)\n"
    "  make run        runs it on input.txt\n"
    "  make profile    shows where its cycles go\n"
    "\n"
    "example: polypoly new hello && cd hello && make run\n"
    "\n"
    "Exit codes: 0 made; 2 usage, or the folder cannot be made.\n",
    run};
