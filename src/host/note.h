// SPDX-License-Identifier: MIT OR Apache-2.0
// The log of a daemon: one line an event, key=value, for people and for machines:
//   time=2026-11-30T00:12:01.250Z event=block height=7 transactions=3
#ifndef PP_HOST_NOTE_H
#define PP_HOST_NOTE_H

#include <stdarg.h>
#include <stdio.h>

// time, event, and what the format says (may be ""); written at once. log NULL: nothing. Control
// characters in it are shown as '?', so that no peer's text makes lines of its own; a quoted field
// stands last, and quotes in it become single ones, so that none makes fields of its own either.
// Lines are cut at 1,024 bytes. Any thread.
void pp_note(FILE *log, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void pp_note_va(FILE *log, const char *event, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
// Others' text that is to stand as one word: what would end it, or is not ASCII, becomes '?'.
void pp_note_word(char *word);

#endif
