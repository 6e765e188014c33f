// SPDX-License-Identifier: MIT OR Apache-2.0
// What a node answers is shown on a terminal: nothing of it may steer one.
#include "base/test.h"
#include "host/answer.h"
#include "host/note.h"

static void shown(const char *text, const char *as) {
    json_t *object = json_pack("{ss}", "name", text);
    REQUIRE(object != NULL);
    CHECK_STR(pp_answer_text(object, "name"), as);
    // In place: whoever reads it again reads the same.
    CHECK_STR(json_string_value(json_object_get(object, "name")), as);
    json_decref(object);
}

PP_TEST(no_control_character_is_shown) {
    shown("lane 1", "lane 1");
    shown("", "");
    shown("a\x1b[31mred\x7f\r\n\t", "a?[31mred????");
    shown("\xc2\x9b"
          "2J",
          "??2J"); // U+009B, one of a terminal's commands
    shown("\xc2\x80\xc2\x9f\xc2\xa0", "????\xc2\xa0");
    shown("Zürich \xe2\x82\xac", "Zürich \xe2\x82\xac");
}

PP_TEST(what_is_not_there_is_nothing) {
    json_t *object = json_pack("{s:i,s:I,s:s,s:f}", "small", -3, "large", (json_int_t)1 << 60,
                               "text", "7", "real", 2.5);
    REQUIRE(object != NULL);
    CHECK_EQ(pp_answer_number(object, "large"), (uint64_t)1 << 60);
    CHECK_EQ(pp_answer_number(object, "small"), 0);
    CHECK_EQ(pp_answer_number(object, "text"), 0);
    CHECK_EQ(pp_answer_number(object, "real"), 0);
    CHECK_EQ(pp_answer_number(object, "none"), 0);
    CHECK_STR(pp_answer_text(object, "small"), "?");
    CHECK_STR(pp_answer_text(object, "none"), "?");
    CHECK_STR(pp_answer_text(NULL, "none"), "?");
    json_decref(object);
}

// What others say makes neither lines nor fields of its own in a log, nor does it speak to a
// terminal.
PP_TEST(a_log_s_line_is_one) {
    char out[512] = "", word[] = "M-STATE height=7\"\n\xc2\x9bJ", *end;
    FILE *log = fmemopen(out, sizeof out, "w");
    REQUIRE(log != NULL);
    pp_note_word(word);
    CHECK_STR(word, "M-STATE?height?7????J");
    pp_note(log, "lost", "number=%d why=\"%s\"", 7, "a\" event=\"b\nc\xc2\x9b\xc3\xa9\"");
    fclose(log);
    end = strstr(out, "event=");
    REQUIRE(end != NULL);
    CHECK_STR(end, "event=lost number=7 why=\"a' event='b?c??\xc3\xa9'\"\n");
}
