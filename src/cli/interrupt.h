// SPDX-License-Identifier: MIT OR Apache-2.0
// Ctrl-C and SIGTERM, for commands that go on until they are told to stop.
#ifndef PP_CLI_INTERRUPT_H
#define PP_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

extern volatile sig_atomic_t pp_cli_interrupted; // 1 once one has come
// From now on they end nothing by themselves. flags: of sigaction; SA_RESTART lets calls that wait
// go on waiting. hangup: nor does a closed terminal.
void pp_cli_catch(int flags, bool hangup);
// pp_cli_interrupted, as pp_remote_open takes it; ctx is not looked at.
bool pp_cli_stops(void *ctx);

#endif
