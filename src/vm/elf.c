// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/elf.h"

enum {
    HEADER_SIZE = 64,
    PROGRAM_HEADER_SIZE = 56,
    SECTION_HEADER_SIZE = 64,
    SYMBOL_SIZE = 24,
    ET_EXEC = 2,
    EM_RISCV = 243,
    PF_X = 1,
    PF_W = 2,
    PF_R = 4,
    PT_LOAD = 1,
    SHT_SYMTAB = 2,
    STT_NOTYPE = 0,
    STT_FUNC = 2,
};

const char *pp_elf_reason(pp_elf_code code) {
    static const char *const text[] = {
#define X(name, text) text,
        PP_ELF_CODES(X)
#undef X
    };
    return code < PP_ELF_CODES_LEN ? text[code] : "an unknown code";
}

static pp_elf_code check_header(pp_bytes file) {
    const uint8_t *h = file.data;
    if (file.size < HEADER_SIZE) return PP_ELF_TOO_SHORT;
    if (memcmp(h, "\177ELF", 4) != 0) return PP_ELF_NOT_ELF;
    if (h[4] != 2) return PP_ELF_NOT_64;
    if (h[5] != 1) return PP_ELF_NOT_LITTLE;
    if (h[6] != 1 || pp_load_le32(h + 20) != 1) return PP_ELF_BAD_VERSION;
    if (h[7] != 0) return PP_ELF_BAD_OSABI;
    if (pp_load_le16(h + 18) != EM_RISCV) return PP_ELF_NOT_RISCV;
    if (pp_load_le16(h + 16) != ET_EXEC) return PP_ELF_NOT_EXEC;
    if (pp_load_le32(h + 48) != 0) return PP_ELF_BAD_FLAGS;
    if (pp_load_le16(h + 52) != HEADER_SIZE) return PP_ELF_BAD_HEADER_SIZE;
    uint64_t headers = pp_load_le64(h + 32);
    unsigned count = pp_load_le16(h + 56);
    if (count == 0) return PP_ELF_NO_SEGMENTS;
    if (pp_load_le16(h + 54) != PROGRAM_HEADER_SIZE) return PP_ELF_BAD_HEADER_SIZE;
    if (count > PP_ELF_HEADERS_MAX) return PP_ELF_MANY_HEADERS;
    if (headers > file.size || (file.size - headers) / PROGRAM_HEADER_SIZE < count)
        return PP_ELF_HEADERS_OUTSIDE;
    return PP_ELF_OK;
}

// True for the types that describe nothing the loader would have to do.
static bool is_harmless(uint32_t type) {
    return type == 0 || type == 4 || type == 6 // NULL, NOTE, PHDR
           || type == 0x6474e551               // GNU_STACK
           || type == 0x6474e552               // GNU_RELRO
           || type == 0x70000003;              // RISCV_ATTRIBUTES
}

// Reads one program header; a PT_LOAD with memory becomes *out and *loads is set.
static pp_elf_code read_segment(pp_segment *out, bool *loads, pp_bytes file, const uint8_t *h) {
    uint32_t type = pp_load_le32(h);
    *loads = false;
    if (type != PT_LOAD) return is_harmless(type) ? PP_ELF_OK : PP_ELF_BAD_SEGMENT_TYPE;
    uint32_t flags = pp_load_le32(h + 4);
    uint64_t offset = pp_load_le64(h + 8), start = pp_load_le64(h + 16);
    uint64_t file_size = pp_load_le64(h + 32), size = pp_load_le64(h + 40);
    if (file_size > size) return PP_ELF_FILE_SIZE;
    if (size == 0) return PP_ELF_OK;
    if (offset > file.size || file.size - offset < file_size) return PP_ELF_DATA_OUTSIDE;
    if (start < PP_VM_PROGRAM_START) return PP_ELF_NULL_PAGE;
    if (start >= PP_VM_PROGRAM_END || PP_VM_PROGRAM_END - start < size) return PP_ELF_OUTSIDE;
    if ((flags & (PF_W | PF_X)) == (PF_W | PF_X)) return PP_ELF_WRITE_EXEC;
    switch (flags) {
    case PF_R:
        out->perm = PP_PERM_RO;
        break;
    case PF_R | PF_W:
        out->perm = PP_PERM_RW;
        break;
    case PF_X:
    case PF_R | PF_X:
        out->perm = PP_PERM_RX;
        break;
    default:
        return PP_ELF_BAD_PERMISSION;
    }
    out->start = start;
    out->size = size;
    out->data = (pp_bytes){file.data + offset, (size_t)file_size};
    *loads = true;
    return PP_ELF_OK;
}

// Inserts into the sorted list.
static void insert(pp_program *p, const pp_segment *s) {
    size_t at = p->segments_len++;
    for (; at > 0 && p->segments[at - 1].start > s->start; at--)
        p->segments[at] = p->segments[at - 1];
    p->segments[at] = *s;
}

static uint64_t page_of(uint64_t address) {
    return address >> PP_VM_LOG_PAGE;
}

static pp_elf_code check_neighbours(const pp_program *p) {
    for (size_t i = 1; i < p->segments_len; i++) {
        const pp_segment *a = &p->segments[i - 1], *b = &p->segments[i];
        uint64_t last = a->start + a->size - 1;
        if (last >= b->start) return PP_ELF_OVERLAP;
        if (page_of(last) == page_of(b->start) && a->perm != b->perm) return PP_ELF_SHARED_PAGE;
    }
    return PP_ELF_OK;
}

static pp_elf_code find_text(pp_program *p) {
    bool inside = false;
    p->text_start = PP_VM_PROGRAM_END;
    for (size_t i = 0; i < p->segments_len; i++) {
        const pp_segment *s = &p->segments[i];
        if (s->perm != PP_PERM_RX) continue;
        uint64_t first = page_of(s->start) << PP_VM_LOG_PAGE;
        uint64_t end = (page_of(s->start + s->size - 1) + 1) << PP_VM_LOG_PAGE;
        if (first < p->text_start) p->text_start = first;
        if (end > p->text_end) p->text_end = end;
        inside |= p->entry >= s->start && p->entry - s->start < s->size;
    }
    if (p->entry % 4 != 0) return PP_ELF_ENTRY_MISALIGNED;
    return inside ? PP_ELF_OK : PP_ELF_ENTRY_OUTSIDE;
}

static pp_elf_code load(pp_program *p, pp_bytes file) {
    pp_elf_code code = check_header(file);
    if (code != PP_ELF_OK) return code;
    p->file = file;
    p->entry = pp_load_le64(file.data + 24);
    const uint8_t *headers = file.data + pp_load_le64(file.data + 32);
    unsigned count = pp_load_le16(file.data + 56);
    for (unsigned i = 0; i < count; i++) {
        pp_segment s;
        bool loads;
        code = read_segment(&s, &loads, file, headers + (size_t)i * PROGRAM_HEADER_SIZE);
        if (code != PP_ELF_OK) return code;
        if (!loads) continue;
        if (p->segments_len == PP_ELF_SEGMENTS_MAX) return PP_ELF_MANY_SEGMENTS;
        insert(p, &s);
    }
    if (p->segments_len == 0) return PP_ELF_NO_SEGMENTS;
    code = check_neighbours(p);
    return code != PP_ELF_OK ? code : find_text(p);
}

pp_elf_code pp_elf_load(pp_program *out, pp_bytes file) {
    memset(out, 0, sizeof *out);
    pp_elf_code code = load(out, file);
    if (code != PP_ELF_OK) memset(out, 0, sizeof *out);
    return code;
}

pp_perm pp_program_perm(const pp_program *program, uint64_t address) {
    for (size_t i = 0; i < program->segments_len; i++) {
        const pp_segment *s = &program->segments[i];
        if (page_of(s->start) <= page_of(address) &&
            page_of(address) <= page_of(s->start + s->size - 1))
            return s->perm;
    }
    return PP_PERM_NONE;
}

void pp_program_page(uint8_t out[PP_VM_PAGE_SIZE], const pp_program *program, uint64_t page) {
    uint64_t start = page << PP_VM_LOG_PAGE;
    memset(out, 0, PP_VM_PAGE_SIZE);
    for (size_t i = 0; i < program->segments_len; i++) {
        const pp_segment *s = &program->segments[i];
        uint64_t from = s->start > start ? s->start : start;
        uint64_t end = s->start + s->data.size;
        if (end > start + PP_VM_PAGE_SIZE) end = start + PP_VM_PAGE_SIZE;
        if (from < end) memcpy(out + (from - start), s->data.data + (from - s->start), end - from);
    }
}

// The bytes of section number i, empty when it lies outside the file. link: its sh_link.
static pp_bytes section(pp_bytes file, unsigned i, uint32_t *type, uint32_t *link) {
    uint64_t table = pp_load_le64(file.data + 40);
    pp_bytes none = {NULL, 0};
    *type = *link = 0;
    if (pp_load_le16(file.data + 58) != SECTION_HEADER_SIZE) return none;
    if (i >= pp_load_le16(file.data + 60) || table > file.size ||
        (file.size - table) / SECTION_HEADER_SIZE <= i)
        return none;
    const uint8_t *h = file.data + table + (size_t)i * SECTION_HEADER_SIZE;
    uint64_t offset = pp_load_le64(h + 24), size = pp_load_le64(h + 32);
    *type = pp_load_le32(h + 4);
    *link = pp_load_le32(h + 40);
    if (offset > file.size || file.size - offset < size) return none;
    return (pp_bytes){file.data + offset, (size_t)size};
}

typedef void (*visit_raw)(void *ctx, unsigned info, uint64_t value, uint64_t size,
                          const char *name);

// The first symbol table (an ELF file has one at most; reading more of them would let a file with
// thousands of overlapping ones take hours) and its names; both empty when there is none. The names
// end with a NUL, so that every one in them does.
static void find_symbols(pp_bytes *symbols, pp_bytes *names, pp_bytes file) {
    unsigned sections = pp_load_le16(file.data + 60);
    *symbols = *names = (pp_bytes){NULL, 0};
    for (unsigned i = 0; i < sections; i++) {
        uint32_t type, link, ignored;
        pp_bytes table = section(file, i, &type, &link);
        if (type != SHT_SYMTAB) continue;
        *names = section(file, link, &ignored, &ignored);
        if (names->size != 0 && names->data[names->size - 1] == 0) *symbols = table;
        return;
    }
}

static void each_symbol(const pp_program *program, visit_raw visit, void *ctx) {
    pp_bytes symbols, names;
    find_symbols(&symbols, &names, program->file);
    for (size_t at = 0; symbols.size - at >= SYMBOL_SIZE; at += SYMBOL_SIZE) {
        const uint8_t *s = symbols.data + at;
        uint32_t name = pp_load_le32(s);
        if (name >= names.size || pp_load_le16(s + 6) == 0) continue;
        visit(ctx, s[4] & 15u, pp_load_le64(s + 8), pp_load_le64(s + 16),
              (const char *)names.data + name);
    }
}

typedef struct functions {
    void (*visit)(void *ctx, uint64_t address, uint64_t size, const char *name);
    void *ctx;
    const pp_program *program;
} functions;

static void visit_function(void *ctx, unsigned type, uint64_t value, uint64_t size,
                           const char *name) {
    functions *f = ctx;
    if (type != STT_FUNC && type != STT_NOTYPE) return;
    // Assembler labels ($x, .L0) have no type either, but are no functions.
    if (type == STT_NOTYPE && (name[0] == '$' || name[0] == '.')) return;
    if (name[0] == 0 || value < f->program->text_start || value >= f->program->text_end) return;
    f->visit(f->ctx, value, size, name);
}

void pp_elf_symbols(const pp_program *program,
                    void (*visit)(void *ctx, uint64_t address, uint64_t size, const char *name),
                    void *ctx) {
    functions f = {visit, ctx, program};
    each_symbol(program, visit_function, &f);
}

typedef struct wanted {
    const char *name;
    uint64_t value;
    bool found;
} wanted;

static void visit_wanted(void *ctx, unsigned type, uint64_t value, uint64_t size,
                         const char *name) {
    (void)type, (void)size;
    wanted *w = ctx;
    if (w->found) return;
    size_t i = 0;
    while (w->name[i] != 0 && w->name[i] == name[i]) i++;
    if (w->name[i] != name[i]) return;
    w->value = value;
    w->found = true;
}

bool pp_elf_symbol(uint64_t *out, const pp_program *program, const char *name) {
    wanted w = {name, 0, false};
    each_symbol(program, visit_wanted, &w);
    if (w.found) *out = w.value;
    return w.found;
}
