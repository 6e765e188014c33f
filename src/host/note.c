// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/note.h"

#include <time.h>

void pp_note_va(FILE *log, const char *event, const char *format, va_list args) {
    if (log == NULL) return;
    struct timespec now;
    struct tm utc;
    char text[1024], stamp[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    vsnprintf(text, sizeof text, format, args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    fprintf(log, "time=%s.%03ldZ event=%s%s%s\n", stamp, now.tv_nsec / 1000000, event,
            text[0] ? " " : "", text);
    fflush(log);
}

void pp_note(FILE *log, const char *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pp_note_va(log, event, format, args);
    va_end(args);
}
