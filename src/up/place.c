// SPDX-License-Identifier: MIT OR Apache-2.0
#include "up/place.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "up/up.h"

enum { PATH = 4096 + 32, URL_MAX = 1024 };

// ---- the lock ---------------------------------------------------------------------------------

// A record lock: the kernel knows its holder, and children do not inherit it.
static struct flock whole(void) {
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

bool pp_up_lock(pp_err *err, pid_t *holder, const char *dir) {
    char path[PATH];
    struct flock l = whole();
    *holder = 0;
    snprintf(path, sizeof path, "%.4000s/LOCK", dir);
    if (!pp_folder_take(err, dir, 0700)) return false;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && fcntl(fd, F_SETLK, &l) == 0) return true; // open, and so held, to the end
    if (fd >= 0 && (errno == EAGAIN || errno == EACCES) && fcntl(fd, F_GETLK, &l) == 0) {
        *holder = l.l_type == F_UNLCK ? 0 : l.l_pid;
        close(fd);
        if (*holder != 0) return true;
        return pp_err_set(err, PP_EXIT_USAGE, "%s: another process has just let go of it", path);
    }
    if (fd >= 0) close(fd);
    return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be locked: %s", path, strerror(errno));
}

pid_t pp_up_holder(const char *dir) {
    char path[PATH];
    struct flock l = whole();
    snprintf(path, sizeof path, "%.4000s/LOCK", dir);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return 0;
    bool known = fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK;
    close(fd);
    return known ? l.l_pid : 0;
}

bool pp_up_runs(pid_t pid) {
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

bool pp_up_prover_acts(const char *dir, size_t number, pid_t pid) {
    char path[PATH + 32];
    snprintf(path, sizeof path, "%.4000s/prover%zu/status.json", dir, number);
    json_t *status = json_load_file(path, 0, NULL); // NULL where it has said nothing yet
    bool acts = json_integer_value(json_object_get(status, "pid")) == pid &&
                json_is_true(json_object_get(status, "follows"));
    json_decref(status);
    return acts;
}

bool pp_up_down(pp_err *err, bool *was_up, const char *dir) {
    enum { TRIES = 600 };
    pid_t pid = pp_up_holder(dir);
    *was_up = pid > 0;
    if (!*was_up) return true;
    if (kill(pid, SIGTERM) != 0 && errno != ESRCH)
        return pp_err_set(err, PP_EXIT_USAGE, "process %ld cannot be told to end: %s", (long)pid,
                          strerror(errno));
    for (int i = 0; i < TRIES && pp_up_holder(dir) == pid; i++)
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    return pp_up_holder(dir) != pid ||
           pp_err_set(err, PP_EXIT_USAGE, "process %ld has not ended", (long)pid);
}

// ---- the address ------------------------------------------------------------------------------

bool pp_up_note_url(pp_err *err, const char *dir, const char *url) {
    char path[PATH], text[URL_MAX + 64];
    snprintf(path, sizeof path, "%.4000s/up.json", dir);
    int size = snprintf(text, sizeof text, "{\"node\": \"%s\"}\n", url);
    return pp_file_write(err, path, text, (size_t)size, 0644);
}

bool pp_up_read_url(pp_err *err, char *url, size_t size, const char *dir) {
    char path[PATH];
    uint8_t *data;
    size_t len;
    snprintf(path, sizeof path, "%.4000s/up.json", dir);
    if (!pp_file_read(err, &data, &len, path, 1 << 12)) return false;
    json_t *object = json_loadb((const char *)data, len, 0, NULL);
    free(data);
    const char *text = json_string_value(json_object_get(object, "node"));
    bool ok = text != NULL && strlen(text) < size;
    if (ok) snprintf(url, size, "%s", text);
    json_decref(object);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "%s: names no node", path);
}
