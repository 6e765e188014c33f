// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/interrupt.h"

#include <stddef.h>

volatile sig_atomic_t pp_cli_interrupted;

static void on_signal(int number) {
    (void)number;
    pp_cli_interrupted = 1;
}

void pp_cli_catch(int flags, bool hangup) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (hangup) sigaction(SIGHUP, &action, NULL);
}

bool pp_cli_stops(void *ctx) {
    (void)ctx;
    return pp_cli_interrupted != 0;
}
