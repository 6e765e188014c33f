// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Kills the children that the kernel lists: orphans of theirs become ours, and are killed in the
// next round.
static void kill_children(void) {
    char text[4096];
    int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    pid_t pid = 0;
    for (ssize_t i = 0; i < n; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            pid = 10 * pid + (text[i] - '0');
            continue;
        }
        if (pid > 1) kill(pid, SIGKILL); // each is followed by a blank; a cut one is no number
        pid = 0;
    }
}

// What is another user's, or hangs in the kernel, or is not listed by it, does not end so.
static void end_all(void) {
    enum { MOMENT_NS = 2000000, ROUNDS = 30000 }; // a minute
    static const char sentence[] =
        "polypoly: what the shard command has started cannot be ended; it is left alone\n";
    const struct timespec moment = {0, MOMENT_NS};
    for (int i = 0; i < ROUNDS; i++) {
        kill_children();
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
        if (pid < 0 && errno == ECHILD) return;
        nanosleep(&moment, NULL);
    }
    (void)!write(STDERR_FILENO, sentence, sizeof sentence - 1);
}

// Of the command, once it has ended; -1 before.
static int code_of(pid_t command) {
    int status, code = -1;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == command) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code;
}

void pp_guard_run(char *const argv[], pid_t parent) {
    sigset_t set, none;
    int got, code = -1;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (getppid() != parent) _exit(127);
    // Its own copies of locks and connections must not outlive the parent's.
    if (close_range(3, ~0U, 0) != 0)
        for (int fd = 3; fd < 1024; fd++) close(fd);
    const pid_t self = getpid(), command = fork();
    if (command == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self) _exit(127);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv("/bin/sh", argv);
        _exit(127);
    }
    if (command < 0) _exit(127);
    while (code < 0) {
        if (sigwait(&set, &got) == 0 && got == SIGTERM) break;
        code = code_of(command);
    }
    end_all();
    _exit(code < 0 ? 128 + SIGTERM : code);
}
