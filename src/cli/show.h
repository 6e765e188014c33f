// SPDX-License-Identifier: MIT OR Apache-2.0
// How the program shows things to people: money, time, progress.
#ifndef PP_CLI_SHOW_H
#define PP_CLI_SHOW_H

#include "chain/chain.h"
#include "host/money.h"

enum { PP_CLI_TEXT = PP_MONEY_TEXT };

// host/money.h
char *pp_cli_money(char out[PP_CLI_TEXT], pp_u128 wei);
// "12.3 s", "456 ms", "78 us".
char *pp_cli_time(char out[PP_CLI_TEXT], uint64_t ns);
// "1,234,567".
char *pp_cli_count(char out[PP_CLI_TEXT], uint64_t n);
// "0x12345678…" of 32 bytes, or all of it.
char *pp_cli_short(char out[PP_CLI_TEXT], const uint8_t bytes[32]);

// The ledger, one line a kind of money that there is, and its sum against the supply, on stdout.
void pp_cli_ledger(const pp_chain_ledger *ledger, bool balanced);

// A line that rewrites itself on stderr, only where that is a terminal, and only for work that
// takes longer than half a second. All zero at first.
typedef struct pp_cli_progress {
    bool begun, shown;
    uint64_t begin_ns, last_ns;
    uint64_t first; // done at the beginning
} pp_cli_progress;

// done of `of`: with the time left as it looks from the pace so far.
void pp_cli_progress_show(pp_cli_progress *progress, const char *what, uint64_t done, uint64_t of);
// Takes the line away, so that others can be printed. It may go on afterwards.
void pp_cli_progress_hide(pp_cli_progress *progress);

#endif
