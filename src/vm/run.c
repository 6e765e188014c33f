// SPDX-License-Identifier: MIT OR Apache-2.0
// One run from start to end: the machine's memory, its loading, the report.
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "vm/machine.h"

static void *reserve(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

#define PAGE_COUNT ((size_t)(PP_VM_MEMORY_SIZE >> PP_VM_LOG_PAGE))
static size_t slots_size(const pp_vm_machine *m) {
    return (m->text_size / 4 + 1) * sizeof(pp_slot);
}

void pp_machine_close(pp_vm_machine *m) {
    if (m->memory != NULL) munmap(m->memory, PP_VM_MEMORY_SIZE);
    if (m->pages != NULL) munmap(m->pages, PAGE_COUNT);
    if (m->slots != NULL) munmap(m->slots, slots_size(m));
}

bool pp_machine_open(pp_err *err, pp_vm_machine *m) {
    m->memory = reserve(PP_VM_MEMORY_SIZE);
    // Huge pages would commit 2 MiB for a touched page of 512 bytes.
    if (m->memory != NULL) (void)madvise(m->memory, PP_VM_MEMORY_SIZE, MADV_NOHUGEPAGE);
    m->pages = reserve(PAGE_COUNT);
    m->slots = reserve(slots_size(m));
    if (m->slots != NULL) (void)madvise(m->slots, slots_size(m), MADV_NOHUGEPAGE);
    if (m->memory != NULL && m->pages != NULL && m->slots != NULL) return true;
    pp_machine_close(m);
    return pp_err_set(err, PP_EXIT_USAGE,
                      "no address space for a virtual machine (1 GiB; see ulimit -v)");
}

// Gives the pages that hold [start, start + size) a permission.
static void permit(pp_vm_machine *m, uint64_t start, uint64_t size, pp_perm perm) {
    uint64_t first = start >> PP_VM_LOG_PAGE, last = (start + size - 1) >> PP_VM_LOG_PAGE;
    memset(m->pages + first, (int)((unsigned)perm << PP_PAGE_PERM_SHIFT), last - first + 1);
}

static void fill(pp_vm_machine *m, const pp_program *program, pp_bytes input) {
    for (size_t i = 0; i < program->segments_len; i++) {
        const pp_segment *s = &program->segments[i];
        permit(m, s->start, s->size, s->perm);
        if (s->data.size != 0) memcpy(m->memory + s->start, s->data.data, s->data.size);
    }
    permit(m, PP_VM_STACK_TOP - PP_VM_STACK_SIZE, PP_VM_STACK_SIZE, PP_PERM_RW);
    permit(m, PP_VM_INPUT_START, 8 + (uint64_t)input.size, PP_PERM_RO);
    pp_store_le64(m->memory + PP_VM_INPUT_START, input.size);
    if (input.size != 0) memcpy(m->memory + PP_VM_INPUT_START + 8, input.data, input.size);
}

// Runs for at most `cycles`, by the quick loop where it can; returns those left over. In pieces,
// for options.progress.
static uint64_t run_in_pieces(pp_vm_machine *m, uint64_t cycles) {
    const uint64_t straight = m->text_size / 4 + 1; // with no more left the quick loop stops
    const uint64_t piece = (uint64_t)1 << 28, all = cycles; // more than a text has words
    bool quick = m->options->counts == NULL, ended = false;
    while (!ended) {
        uint64_t now = m->remaining = cycles < piece ? cycles : piece;
        ended = quick ? pp_machine_run_fast(m) : pp_machine_run_exact(m);
        cycles -= now - m->remaining;
        if (ended && m->result->status == PP_VM_CYCLE_LIMIT) ended = cycles == 0;
        if (cycles <= straight) quick = false; // the last ones one by one
        if (!ended && m->options->progress != NULL)
            m->options->progress(m->options->progress_ctx, all - cycles);
    }
    return cycles;
}

bool pp_machine_begin(pp_err *err, pp_vm_machine *m, pp_vm_result *result,
                      const pp_program *program, pp_bytes input, const pp_vm_options *options) {
    static const pp_vm_options defaults;
    *m = (pp_vm_machine){.text_start = program->text_start,
                         .text_size = program->text_end - program->text_start,
                         .debug_left = PP_VM_DEBUG_MAX,
                         .options = options != NULL ? options : &defaults,
                         .result = result};
    if (!pp_machine_open(err, m)) return false;
    fill(m, program, input);
    m->pages_left = m->options->max_pages ? m->options->max_pages : PP_VM_DEFAULT_PAGES;
    m->at = m->slots + (program->entry - m->text_start) / 4;
    return true;
}

bool pp_vm_run(pp_err *err, pp_vm_result *out, const pp_program *program, pp_bytes input,
               const pp_vm_options *options) {
    memset(out, 0, sizeof *out);
    if (input.size > PP_VM_INPUT_MAX) {
        out->status = PP_VM_INPUT_TOO_LONG;
        out->address = input.size;
        return true;
    }
    pp_vm_machine m;
    if (!pp_machine_begin(err, &m, out, program, input, options)) return false;
    uint64_t cycles = m.options->max_cycles ? m.options->max_cycles : PP_VM_DEFAULT_CYCLES;
    out->cycles = cycles - run_in_pieces(&m, cycles);
    pp_machine_close(&m);
    return true;
}

const char *pp_vm_status_name(pp_vm_status status) {
    static const char *const names[] = {
#define X(name, text) text,
        PP_VM_STATUSES(X)
#undef X
    };
    return status < PP_VM_STATUSES_LEN ? names[status] : "unknown";
}

// What lies at an address, for messages.
static const char *place(uint64_t address) {
    if (address < PP_VM_PROGRAM_START) return "the null page";
    if (address < PP_VM_PROGRAM_END) return "the program quarter";
    if (address < PP_VM_STACK_TOP - PP_VM_STACK_SIZE) return "the guard below the stack";
    if (address < PP_VM_STACK_TOP) return "the stack";
    if (address < PP_VM_MACHINE_START) return "the input, which is read-only";
    if (address < PP_VM_MEMORY_SIZE) return "the machine's own pages";
    return "beyond all memory";
}

char *pp_vm_describe(char out[PP_VM_DESCRIBE_MAX], const pp_vm_result *r) {
    uint64_t pc = r->pc, a = r->address;
    char what[160] = "";
    switch (r->status) {
    case PP_VM_HALTED:
        snprintf(out, PP_VM_DESCRIBE_MAX,
                 "halted with exit code %" PRId64 " after %" PRIu64 " cycles",
                 (int64_t)r->exit_code, r->cycles);
        return out;
    case PP_VM_INPUT_TOO_LONG:
        snprintf(out, PP_VM_DESCRIBE_MAX, "input of %" PRIu64 " bytes; the longest is %" PRIu64, a,
                 PP_VM_INPUT_MAX);
        return out;
    case PP_VM_CYCLE_LIMIT:
        snprintf(out, PP_VM_DESCRIBE_MAX,
                 "stopped by the limit of %" PRIu64 " cycles before pc 0x%" PRIx64, r->cycles, pc);
        return out;
    case PP_VM_MEMORY_LIMIT:
        snprintf(what, sizeof what, "too many pages touched: 0x%" PRIx64 " in %s", a, place(a));
        break;
    case PP_VM_BAD_FETCH:
        snprintf(what, sizeof what, "jump or run to 0x%" PRIx64 ", where there is no code", a);
        break;
    case PP_VM_MISALIGNED_PC:
        snprintf(what, sizeof what, "jump to 0x%" PRIx64 ", which is not 4-aligned", a);
        break;
    case PP_VM_ILLEGAL: {
        const char *why = pp_illegal_reason((uint32_t)a);
        snprintf(what, sizeof what, "illegal instruction 0x%08" PRIx64 " (%s)", a, why ? why : "?");
        break;
    }
    case PP_VM_BAD_LOAD:
        snprintf(what, sizeof what, "load from 0x%" PRIx64 " in %s", a, place(a));
        break;
    case PP_VM_BAD_STORE:
        snprintf(what, sizeof what, "store to 0x%" PRIx64 " in %s", a, place(a));
        break;
    case PP_VM_BAD_ECALL:
        snprintf(what, sizeof what, "ecall %" PRIu64 ", which does not exist", a);
        break;
    case PP_VM_BAD_FD:
        snprintf(what, sizeof what, "write to file descriptor %" PRIu64 "; there are 1, 2 and 3",
                 a);
        break;
    case PP_VM_BAD_OPERAND:
        snprintf(what, sizeof what, "the accelerator 0x%" PRIx64 " has no result for its operands",
                 a);
        break;
    case PP_VM_OUTPUT_FULL:
        snprintf(what, sizeof what,
                 "public output of %" PRIu64 " more bytes after %" PRIu32 "; the most is %d", a,
                 r->output_size, PP_OUTPUT_MAX);
        break;
    case PP_VM_STATUSES_LEN:
        break;
    }
    snprintf(out, PP_VM_DESCRIBE_MAX, "%s: %s, at pc 0x%" PRIx64 ", cycle %" PRIu64,
             pp_vm_status_name(r->status), what, pc, r->cycles);
    return out;
}
