// SPDX-License-Identifier: MIT OR Apache-2.0
#include "hash/keccak.h"
#include "vm/memtree.h"
#include "vm/vm.h"

static const char program_tag[] = "polypoly/program/1";
static const char input_tag[] = "polypoly/input/1";

void pp_vm_id(pp_hash32 *out) {
    // The tables are described above this folder (src/rv64); test_rv64.c holds the bytes against
    // them.
    static const pp_hash32 id = {{
#include "vm/vm_id.inc"
    }};
    *out = id;
}

void pp_program_id_of(pp_hash32 *out, const pp_hash32 *vm_id, const pp_digest *memory,
                      uint64_t entry) {
    enum { TAG = sizeof program_tag - 1, DIGEST = TAG + 32, ENTRY = DIGEST + PP_DIGEST_SIZE };
    uint8_t text[ENTRY + 8];
    memcpy(text, program_tag, TAG);
    memcpy(text + TAG, vm_id->b, 32);
    pp_digest_encode(text + DIGEST, memory);
    pp_store_le64(text + ENTRY, entry);
    pp_keccak256(out, text, sizeof text);
}

void pp_program_id(pp_hash32 *out, const pp_program *program) {
    pp_hash32 vm_id;
    pp_digest memory;
    pp_vm_id(&vm_id);
    pp_memtree_program(&memory, program);
    pp_program_id_of(out, &vm_id, &memory, program->entry);
}

void pp_input_id_of(pp_hash32 *out, const pp_digest *memory) {
    enum { TAG = sizeof input_tag - 1 };
    uint8_t text[TAG + PP_DIGEST_SIZE];
    memcpy(text, input_tag, TAG);
    pp_digest_encode(text + TAG, memory);
    pp_keccak256(out, text, sizeof text);
}

bool pp_input_id(pp_hash32 *out, pp_bytes input) {
    if (input.size > PP_VM_INPUT_MAX) return false;
    pp_digest memory;
    pp_memtree_input(&memory, input);
    pp_input_id_of(out, &memory);
    return true;
}
