// SPDX-License-Identifier: MIT OR Apache-2.0
// ecall: halt, writes of debug text, and of output with its bytes; and the two ends of a run.
#include "rv64/tables.h"

enum { A0 = 10, A1 = 11, A2 = 12, A7 = 17 };

void begin_call(build *b, const table *t, uint64_t number_of_call) {
    begin_step(b, t->name);
    access x = near_time(b, "a7_time", word_of(b, number_of_call));
    access_register(b, &x, number(b, A7), 0, x.v);
    decoded_as(b, PP_OP_ECALL, NULL, NULL, NULL, NULL, 0);
}
void fill_begin_call(fill *f, const pp_step *s) {
    put_step(f, s);
    put_near_time(f, s->cell[0].time, s->time);
}

// The exit code is written down and pc becomes 1, where no code is and no jump leads.
void build_halt(build *b, const table *t) {
    begin_call(b, t, PP_ECALL_HALT);
    access code = near_columns(b, "a0_time", "a0");
    access out = far_columns(b, "exit_time", "exit_time_high", "exit_before");
    access_register(b, &code, number(b, A0), 1, code.v);
    access_register(b, &out, number(b, PP_CELL_EXIT), 2, code.v);
    go_on(b, number(b, 1), PP_TICKS_CALL);
    end_table(b);
}
void fill_halt(fill *f, const pp_step *s, const table *t) {
    (void)t;
    fill_begin_call(f, s);
    put_near(f, &s->cell[1], s->time + 1);
    put_far(f, &s->cell[2], s->time + 2);
}

// write(1 or 2, …) only returns the length.
void build_debug(build *b, const table *t) {
    begin_call(b, t, PP_ECALL_WRITE);
    pp_expr is_2 = column(b, "fd_is_2"), zero = number(b, 0);
    is_bit(b, "fd is 1 or 2", is_2);
    access fd = near_time(b, "a0_time", (limbs4){{offset(is_2, 1), zero, zero, zero}});
    access size = near_columns(b, "a2_time", "a2");
    access_register(b, &fd, number(b, A0), 1, size.v);
    access_register(b, &size, number(b, A2), 2, size.v);
    go_on(b, offset(b->pc, 4), PP_TICKS_CALL);
    end_table(b);
}
void fill_debug(fill *f, const pp_step *s, const table *t) {
    (void)t;
    fill_begin_call(f, s);
    put(f, s->cell[1].v == PP_FD_DEBUG_ERROR);
    put_near_time(f, s->cell[1].time, s->time + 1);
    put_near(f, &s->cell[2], s->time + 2);
}

// write(3, pointer, size): the output grows to at most 256 bytes. With bytes to copy, the state
// goes on at the same pc with pointer, position and number of them; a step a byte, the last leads
// on.
void build_write(build *b, const table *t) {
    begin_call(b, t, PP_ECALL_WRITE);
    pp_expr zero = number(b, 0), some = column(b, "some"), inverse = column(b, "inverse");
    access fd = near_time(b, "a0_time", word_of(b, PP_FD_OUTPUT));
    access pointer = near_columns(b, "a1_time", "a1");
    pp_expr size_limb = column(b, "size");
    access size = near_time(b, "a2_time", (limbs4){{size_limb, zero, zero, zero}});
    pp_expr position = column(b, "position");
    access total = {.time = column(b, "total_time"), .far = true};
    total.high = column(b, "total_time_high");
    total.v = (limbs4){{position, zero, zero, zero}};
    pp_expr after = plus(position, size_limb), *p = pointer.v.limb;
    equal(b, "some is 1 when size has an inverse", some, times(size_limb, inverse));
    pp_air_when(b->b, "some is 0 only when size is", pp_air_not(some), size_limb);
    pp_air_when(b->b, "limb 2 of the pointer is zero", some, p[2]);
    pp_air_when(b->b, "limb 3 of the pointer is zero", some, p[3]);
    range(b, 14, times(some, p[1]));
    range(b, 16, minus(number(b, PP_OUTPUT_MAX), after));
    access_register(b, &fd, number(b, A0), 1, size.v);
    access_register(b, &pointer, number(b, A1), 2, pointer.v);
    access_register(b, &size, number(b, A2), 3, size.v);
    access_register(b, &total, number(b, PP_CELL_OUTPUT_SIZE), 4,
                    (limbs4){{after, zero, zero, zero}});
    pp_expr next = plus(b->pc, scale(pp_air_not(some), 4));
    pp_air_receive(b->b, b->state, b->real, PP_TUPLE(b->pc, b->time, zero, zero, zero));
    pp_air_send(b->b, b->state, b->real,
                PP_TUPLE(next, offset(b->time, PP_TICKS_CALL),
                         times(some, plus(p[0], scale(p[1], 1 << 16))), times(some, position),
                         size_limb));
    end_table(b);
}
void fill_write(fill *f, const pp_step *s, const table *t) {
    (void)t;
    uint32_t size = (uint32_t)s->cell[3].v, position = (uint32_t)s->cell[4].v;
    fill_begin_call(f, s);
    put(f, size != 0);
    put_fp(f, pp_fp_inverse(pp_fp_from_u32(size)));
    put_near_time(f, s->cell[1].time, s->time + 1);
    put_near(f, &s->cell[2], s->time + 2);
    put(f, size);
    put_near_time(f, s->cell[3].time, s->time + 3);
    put(f, position);
    uint32_t between = s->time + 4 - s->cell[4].time - 1;
    put(f, s->cell[4].time);
    put(f, between >> 16);
    look_range(f, 16, between & 0xffff);
    look_range(f, 8, between >> 16);
    look_range(f, 14, size != 0 ? limb(s->cell[2].v, 1) : 0);
    look_range(f, 16, PP_OUTPUT_MAX - position - size);
}

// One byte from memory to the output. Selectors: a limb and a byte of it, on both sides.
typedef struct place {
    pp_expr sel[4], odd, picked, low, high, off;
} place;
static place place_columns(build *b, const limbs4 *cell, const char *limb_name, const char *odd,
                           const char *picked, const char *low) {
    place p = {.sel[0] = b->real, .picked = number(b, 0)};
    columns(b, p.sel + 1, 3, limb_name);
    p.odd = column(b, odd);
    pp_expr x = column(b, picked);
    p.low = column(b, low);
    p.off = p.odd;
    is_bit(b, "the selector of bytes is a bit", p.odd);
    for (unsigned i = 1; i < 4; i++) {
        is_bit(b, "the selector of limbs is bits", p.sel[i]);
        p.sel[0] = minus(p.sel[0], p.sel[i]);
        p.off = plus(p.off, scale(p.sel[i], 2 * i));
    }
    is_bit(b, "one limb is selected", p.sel[0]);
    for (unsigned i = 0; i < 4; i++) p.picked = plus(p.picked, times(p.sel[i], cell->limb[i]));
    equal(b, "the selected limb is picked", x, p.picked);
    p.picked = x;
    p.high = down8(minus(x, p.low));
    pair(b, p.low, p.high);
    return p;
}
static void fill_place(fill *f, uint64_t cell, uint32_t off) {
    uint32_t x = limb(cell, off / 2);
    for (unsigned i = 1; i < 4; i++) put(f, off / 2 == i);
    put(f, off & 1);
    put(f, x);
    put(f, byte(x, 0));
    look_bytes(f, x, 1);
}

void build_byte(build *b, const table *t) {
    begin_step(b, t->name);
    pp_expr w = column(b, "pointer_w"), top = column(b, "pointer_top");
    pp_expr out_cell = column(b, "output_cell"), left = column(b, "left"),
            last = column(b, "is_last"), change = column(b, "change");
    access from = far_columns(b, "cell_time", "cell_time_high", "cell");
    pp_expr tag = load_tag(b, "permission_less_1");
    access to = far_columns(b, "output_time", "output_time_high", "output_before");
    place in = place_columns(b, &from.v, "limb_is_1_plus", "odd", "picked", "picked_low");
    place out = place_columns(b, &to.v, "output_limb_is_1_plus", "output_odd", "output_picked",
                              "output_low");
    range(b, 13, w);
    range(b, 14, top);
    range(b, 5, out_cell);
    is_bit(b, "is_last is a bit", last);
    pp_air_when(b->b, "the last byte is the last", last, offset(left, -1));
    pp_expr new = pp_air_select(in.odd, in.high, in.low);
    equal(b, "one byte of the output's limb changes", change,
          pp_air_select(out.odd, scale(minus(new, out.high), 256), minus(new, out.low)));
    limbs4 after;
    for (unsigned i = 0; i < 4; i++) after.limb[i] = plus(to.v.limb[i], times(out.sel[i], change));
    pp_expr cell = plus(scale(w, 8), scale(top, 1 << 16)), pointer = plus(cell, in.off);
    pp_expr position = plus(scale(out_cell, 8), out.off), more = pp_air_not(last);
    pp_air_receive(b->b, b->state, b->real, PP_TUPLE(b->pc, b->time, pointer, position, left));
    pp_air_send(b->b, b->state, b->real,
                PP_TUPLE(plus(b->pc, scale(last, 4)), offset(b->time, PP_TICKS_STEP),
                         times(more, offset(pointer, 1)), times(more, offset(position, 1)),
                         times(more, offset(left, -1))));
    access_cell(b, &from, b->real, tag, cell, 0, from.v);
    access_register(b, &to, offset(out_cell, PP_CELL_OUTPUT), 1, after);
    end_table(b);
}
void fill_byte(fill *f, const pp_step *s, const table *t) {
    (void)t;
    uint32_t pointer = s->a, position = s->b, left = s->c;
    uint32_t new = byte(s->cell[0].v, pointer & 7), old = byte(s->cell[1].v, position & 7);
    put_step(f, s);
    put(f, (pointer & 0xffff) >> 3);
    put(f, pointer >> 16);
    put(f, position >> 3);
    put(f, left);
    put(f, left == 1);
    pp_fp change = pp_fp_sub(pp_fp_from_u32(new), pp_fp_from_u32(old));
    put_fp(f, (position & 1) != 0 ? pp_fp_mul(change, pp_fp_from_u32(256)) : change);
    put_far(f, &s->cell[0], s->time);
    put(f, s->perm[0] - 1u);
    put_far(f, &s->cell[1], s->time + 1);
    fill_place(f, s->cell[0].v, pointer & 7);
    fill_place(f, s->cell[1].v, position & 7);
    look_range(f, 13, (pointer & 0xffff) >> 3);
    look_range(f, 14, pointer >> 16);
    look_range(f, 5, position >> 3);
}

// ---- beside the instructions --------------------------------------------------------------------

// A cell of the machine's page carried on in time, its value unchanged. The row is on no chain, so
// its new time is looked up: without that, 2^15 of them would lead around the field and back.
void build_refresh(build *b, const table *t) {
    begin_rows(b, t->name);
    pp_expr cell = column(b, "cell"), before = column(b, "time"), time[2], high;
    columns(b, time, 2, "new_time");
    high = column(b, "between_high");
    limbs4 v;
    columns(b, v.limb, 4, "value");
    b->time = plus(time[0], scale(time[1], 1 << 16));
    access x = {.time = before, .high = high, .v = v, .far = true};
    range(b, 16, time[0]);
    range(b, 8, time[1]);
    access_register(b, &x, cell, 0, v);
    end_table(b);
}
void fill_refresh(fill *f, const pp_step *s, const table *t) {
    (void)t;
    uint32_t before = s->cell[0].time, after = s->b, between = after - before - 1;
    put(f, 1);
    put(f, s->a);
    put(f, before);
    put(f, after & 0xffff);
    put(f, after >> 16);
    put(f, between >> 16);
    put_limbs(f, s->cell[0].v, 4);
    look_range(f, 16, after & 0xffff);
    look_range(f, 8, after >> 16);
    look_range(f, 16, between & 0xffff);
    look_range(f, 8, between >> 16);
}

// The state chain's first and last link: pc from its cell in the machine's page, and back.
void build_run(build *b, const table *t) {
    begin_rows(b, t->name);
    pp_expr first[2], last[2], end = column(b, "end_time"), zero = number(b, 0);
    columns(b, first, 2, "first_pc");
    columns(b, last, 2, "last_pc");
    pp_expr mach = number(b, PP_PERM_MACH);
    pp_expr cell = number(b, (int64_t)PP_VM_MACHINE_START + 8 * PP_CELL_PC);
    pp_air_receive(b->b, b->mem, b->real,
                   PP_TUPLE(mach, cell, zero, first[0], first[1], zero, zero));
    pp_air_send(b->b, b->mem, b->real,
                PP_TUPLE(mach, cell, number(b, 1), last[0], last[1], zero, zero));
    pp_air_send(b->b, b->state, b->real,
                PP_TUPLE(plus(first[0], scale(first[1], 1 << 16)), number(b, PP_TIME_START), zero,
                         zero, zero));
    pp_air_receive(b->b, b->state, b->real,
                   PP_TUPLE(plus(last[0], scale(last[1], 1 << 16)), end, zero, zero, zero));
    range(b, 16, last[0]);
    range(b, 14, last[1]);
    end_table(b);
}
void fill_run(fill *f, const pp_trace *trace) {
    put(f, 1);
    put(f, trace->end_time);
    put_limbs(f, trace->start_pc, 2);
    put_limbs(f, trace->end_pc, 2);
    look_range(f, 16, limb(trace->end_pc, 0));
    look_range(f, 14, limb(trace->end_pc, 1));
}
