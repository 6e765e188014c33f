// SPDX-License-Identifier: MIT OR Apache-2.0
#include "state/fault.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

static _Thread_local sigjmp_buf place;
static _Thread_local volatile bool running;
static struct sigaction before_bus, before_segv;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile bool given_up;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
// What a call had allocated when it was given up is lost: a search for leaks says nothing then.
int __lsan_is_turned_off(void);  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
int __lsan_is_turned_off(void) { // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
    return given_up;
}
#endif
#endif

static void on_fault(int number) {
    if (running) pp_fault_raise();
    // None of ours: the handler of before, at the same instruction again.
    sigaction(number, number == SIGBUS ? &before_bus : &before_segv, NULL);
}

static void install(void) {
    // Not blocked while it runs, so that going on elsewhere leaves no mask behind.
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    bool ok = sigaction(SIGBUS, &action, &before_bus) == 0 &&
              sigaction(SIGSEGV, &action, &before_segv) == 0;
    PP_ASSERT(ok);
}

bool pp_fault_guard(void (*call)(void *), void *arg) {
    pthread_once(&once, install);
    PP_ASSERT(!running);
    if (sigsetjmp(place, 0) != 0) return false;
    running = true;
    call(arg);
    running = false;
    return true;
}

_Noreturn void pp_fault_raise(void) {
    PP_ASSERT(running);
    running = false;
    given_up = true;
    siglongjmp(place, 1);
}
