// SPDX-License-Identifier: MIT OR Apache-2.0
#include "up/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_tenth(void) {
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

static _Noreturn void become(pid_t parent, int nice_by, int out, int log, char *const argv[]) {
    // It must not outlive us, however we end.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    if (getppid() != parent) _exit(127);
    // Ctrl-C comes to all of the terminal's group: the children are told by us, in order.
    setpgid(0, 0);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    dup2(log, STDERR_FILENO);
    dup2(out >= 0 ? out : log, STDOUT_FILENO);
    if (nice_by != 0 && nice(nice_by) == -1) errno = 0;
    execv(argv[0], argv);
    _exit(127);
}

bool pp_up_child_start(pp_err *err, pp_up_child *c, const char *dir, const char *what, int nice_by,
                       int *out, char *const argv[]) {
    int ends[2] = {-1, -1};
    snprintf(c->what, sizeof c->what, "%s", what);
    snprintf(c->log, sizeof c->log, "%.4000s/%s.log", dir, what);
    int log = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (log < 0 || (out != NULL && pipe2(ends, O_CLOEXEC) != 0)) {
        if (log >= 0) close(log);
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot write: %s", c->log, strerror(errno));
    }
    pid_t parent = getpid();
    fflush(stdout);
    c->pid = fork();
    if (c->pid == 0) become(parent, nice_by, ends[1], log, argv);
    close(log);
    if (out != NULL) {
        close(ends[1]);
        *out = ends[0];
    }
    if (c->pid > 0) return true;
    c->pid = 0;
    if (out != NULL) close(*out);
    return pp_err_set(err, PP_EXIT_USAGE, "cannot start a process: %s", strerror(errno));
}

ssize_t pp_up_child_read(int from, void *out, size_t max, const volatile sig_atomic_t *stop) {
    enum { LOOK_MS = 100 }; // a signal may come right before the wait
    while (!*stop) {
        struct pollfd p = {.fd = from, .events = POLLIN};
        int ready = poll(&p, 1, LOOK_MS);
        ssize_t n = ready > 0 ? read(from, out, max) : -1;
        if (n >= 0) return n;
        if (ready > 0 && errno != EINTR) return 0;
    }
    return -1;
}

void pp_up_child_stop(pp_up_child *c) {
    if (c->pid == 0) return;
    kill(c->pid, SIGTERM);
    for (int i = 0; i < 100 && waitpid(c->pid, NULL, WNOHANG) == 0; i++) {
        pause_tenth();
        if (i == 99) {
            kill(c->pid, SIGKILL);
            waitpid(c->pid, NULL, 0);
        }
    }
    c->pid = 0;
}

bool pp_up_child_ended(pp_up_child *c, char *why, size_t size) {
    int status;
    if (c->pid == 0 || waitpid(c->pid, &status, WNOHANG) != c->pid) return false;
    c->pid = 0;
    c->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (WIFSIGNALED(status))
        snprintf(why, size, "%s was killed by signal %d", c->what, WTERMSIG(status));
    else
        snprintf(why, size, "%s has ended with code %d; %s says why", c->what, WEXITSTATUS(status),
                 c->log);
    return true;
}

bool pp_up_wait_free(pp_err *err, const char *dir) {
    enum { TRIES = 300 };
    char path[PP_UP_PATH];
    snprintf(path, sizeof path, "%.4000s/LOCK", dir);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return true; // nobody was ever there
    bool free_now = false;
    for (int i = 0; i < TRIES && !free_now; i++) {
        free_now = flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (!free_now) pause_tenth();
    }
    close(fd);
    return free_now ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: another process holds this directory", dir);
}
