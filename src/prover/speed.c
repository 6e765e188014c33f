// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/speed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "prove/cost.h"

enum {
    PATH = 4096 + 32,
    LINE = 2 * 20 + 2,
    LEAST_LOG_CELLS = PP_WORKS_MEASURE_LOG_CELLS - 2, // of a proof that tells something
};

uint64_t pp_speed_next(uint64_t ps_per_work, const pp_jobs_sight *s) {
    if (s->work < ((uint64_t)1 << LEAST_LOG_CELLS) / PP_COST_UNIT) return ps_per_work;
    pp_u128 seen = (pp_u128)s->ns * 1000 / s->work, now = ps_per_work;
    if (!s->done && seen < now) return ps_per_work;
    if (seen > 4 * now) seen = 4 * now;
    if (seen < now / 4) seen = now / 4;
    uint64_t next = (uint64_t)((3 * now + seen) / 4);
    if (next > PP_SPEED_MAX) next = PP_SPEED_MAX;
    return next > 0 ? next : 1;
}

bool pp_speed_load(pp_err *err, uint64_t *ps, const char *dir, uint64_t begun) {
    char path[PATH];
    uint8_t *data;
    size_t size;
    pp_u128 from, now;
    *ps = begun;
    snprintf(path, sizeof path, "%.4096s/speed", dir);
    if (access(path, F_OK) != 0) return true;
    if (!pp_file_read(err, &data, &size, path, LINE)) return false;
    char *text = (char *)data, *blank = strchr(text, ' ');
    text[strcspn(text, "\n")] = 0;
    if (blank) *blank = 0;
    bool ok = blank != NULL && pp_u128_parse(&from, text) && pp_u128_parse(&now, blank + 1) &&
              now > 0 && now <= PP_SPEED_MAX;
    free(data);
    if (ok && from == begun) *ps = (uint64_t)now;
    return ok || pp_err_set(err, PP_EXIT_USAGE, "%s: not the speed that a prover keeps", path);
}

bool pp_speed_store(pp_err *err, const char *dir, uint64_t begun, uint64_t ps) {
    char path[PATH], text[LINE + 1];
    snprintf(path, sizeof path, "%.4096s/speed", dir);
    int size = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 "\n", begun, ps);
    return pp_file_write(err, path, text, (size_t)size, 0600);
}
