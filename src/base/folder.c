// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/folder.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool pp_folder_make_all(pp_err *err, const char *path, unsigned mode) {
    char part[PP_PATH_MAX];
    size_t len = strlen(path);
    if (is_folder(path)) return true;
    if (len >= sizeof part) return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", path);
    memcpy(part, path, len + 1);
    while (len > 1 && part[len - 1] == '/') part[--len] = 0;
    for (char *slash = part; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = 0;
        if (!is_folder(part) && !pp_folder_make(err, part, 0755)) return false;
    }
    return pp_folder_make(err, part, mode);
}

bool pp_folder_is_own(pp_err *err, const char *path) {
    struct stat name, folder;
    if (lstat(path, &name) != 0 || stat(path, &folder) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
    if (name.st_uid != geteuid() || folder.st_uid != geteuid())
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: is another user's; keys are kept in a folder of one's own", path);
    return (folder.st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
           pp_err_set(
               err, PP_EXIT_USAGE,
               "%s: others may write to it, and keys are kept there: see what is in it, then "
               "chmod go-w",
               path);
}

bool pp_folder_take(pp_err *err, const char *path, unsigned mode) {
    return pp_folder_make_all(err, path, mode) && pp_folder_is_own(err, path);
}
