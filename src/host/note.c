// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/note.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

// Others' words stand in it: no controls of a terminal (C1 are two bytes in UTF-8), and a quoted
// text, which is the last field there is, has no quotes in it.
static void make_harmless(char *text) {
    for (char *c = text; *c; c++) {
        unsigned char a = (unsigned char)c[0], b = (unsigned char)c[1];
        bool c1 = a == 0xc2 && b >= 0x80 && b <= 0x9f;
        if (a < ' ' || a == 0x7f || c1) *c = '?';
        if (c1) c[1] = '?';
    }
    char *quoted = strstr(text, "=\"");
    size_t len = strlen(text);
    if (quoted == NULL) return;
    for (char *c = quoted + 2; c < text + len - 1; c++)
        if (*c == '"') *c = '\'';
}

void pp_note_word(char *word) {
    for (char *c = word; *c; c++)
        if (*c <= ' ' || *c == '"' || *c == '=' || *c == 0x7f || (unsigned char)*c >= 0x80)
            *c = '?';
}

void pp_note_va(FILE *log, const char *event, const char *format, va_list args) {
    if (log == NULL) return;
    struct timespec now;
    struct tm utc;
    char text[1024], stamp[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    vsnprintf(text, sizeof text, format, args);
    make_harmless(text);
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
