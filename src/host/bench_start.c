// SPDX-License-Identifier: MIT OR Apache-2.0
// How long a host takes to start on a directory: by executing its log, then from the snapshot that
// it made when it stopped. What a prover's process does; a node reads every block that it has.
//
//   bench_explorer DIR 10000 100000 && bench_start DIR
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "host/local.h"

static bool start_and_stop(pp_err *err, const char *dir, bool snapshots) {
    pp_local *local;
    pp_chain_info info;
    const pp_local_watch nobody = {0};
    uint64_t begin = pp_clock_ns();
    if (!pp_local_open(err, &local, dir)) return false;
    if (!snapshots) pp_local_snapshots(local, UINT64_MAX, 1); // one, at the end
    bool ok = pp_local_start(err, local, (pp_bytes){NULL, 0}, NULL, &nobody);
    uint64_t started = pp_clock_ns();
    if (ok) pp_chain_info_get(&info, pp_local_chain(local));
    pp_local_close(local);
    uint64_t stopped = pp_clock_ns();
    if (ok)
        printf("height %" PRIu64 ": started in %.2f s, stopped in %.2f s\n", info.height,
               (double)(started - begin) / 1e9, (double)(stopped - started) / 1e9);
    return ok;
}

int main(int argc, char **argv) {
    pp_err err = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: bench_start DIR\n");
        return PP_EXIT_USAGE;
    }
    if (start_and_stop(&err, argv[1], false) && start_and_stop(&err, argv[1], true)) return 0;
    fprintf(stderr, "bench_start: %s\n", err.text);
    return err.exit_code;
}
