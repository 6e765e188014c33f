// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

char *pp_cli_money(char out[PP_CLI_TEXT], pp_u128 wei) {
    return pp_money(out, wei);
}

char *pp_cli_time(char out[PP_CLI_TEXT], uint64_t ns) {
    double s = (double)ns / 1e9;
    if (s >= 1)
        snprintf(out, PP_CLI_TEXT, "%.1f s", s);
    else if (s >= 0.001)
        snprintf(out, PP_CLI_TEXT, "%.0f ms", s * 1e3);
    else
        snprintf(out, PP_CLI_TEXT, "%.0f us", s * 1e6);
    return out;
}

char *pp_cli_count(char out[PP_CLI_TEXT], uint64_t n) {
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}

char *pp_cli_short(char out[PP_CLI_TEXT], const uint8_t bytes[32]) {
    char hex[17];
    pp_hex_encode(hex, bytes, 8);
    snprintf(out, PP_CLI_TEXT, "0x%s…", hex);
    return out;
}

void pp_cli_ledger(const pp_chain_ledger *ledger, bool balanced) {
    const char *name;
    pp_u128 amount;
    char text[40];
    printf("\nThe ledger, in wei\n");
    for (size_t i = 0; (name = pp_chain_ledger_line(&amount, ledger, i)) != NULL; i++)
        if (amount > 0) printf("  %-52s %30s\n", name, pp_u128_dec(text, amount));
    printf("  %s\n", balanced ? "the sum is the supply: nothing was made, nothing lost"
                              : "THE SUM IS NOT THE SUPPLY");
}

void pp_cli_progress_show(pp_cli_progress *p, const char *what, uint64_t done, uint64_t of) {
    enum { PATIENCE = 500000000, EVERY = 100000000 };
    uint64_t now = pp_clock_ns();
    if (!isatty(STDERR_FILENO)) return;
    if (!p->begun) {
        p->begun = true;
        p->begin_ns = now;
        p->first = done;
    }
    if (now - p->begin_ns < PATIENCE || now - p->last_ns < EVERY || done >= of) return;
    p->last_ns = now;
    p->shown = true;
    char left[PP_CLI_TEXT] = "";
    if (done > p->first)
        pp_cli_time(left, (uint64_t)((double)(now - p->begin_ns) / (double)(done - p->first) *
                                     (double)(of - done)));
    fprintf(stderr, "\r\033[K%s %" PRIu64 " of %" PRIu64 "%s%s%s", what, done, of,
            left[0] ? ", about " : "", left, left[0] ? " left" : "");
    fflush(stderr);
}

void pp_cli_progress_hide(pp_cli_progress *p) {
    if (!p->shown) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    p->shown = false;
}
