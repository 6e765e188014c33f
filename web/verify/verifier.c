// SPDX-License-Identifier: MIT OR Apache-2.0
// The verifier for a browser: src/verify and what it needs, compiled to WebAssembly as they are.
// It imports nothing. web/src/verify.js is its other side; tools/build_wasm.sh builds it.
//
//   at = polypoly_room(size)            where the proof file's bytes go; 0: too large
//   polypoly_bind(names)                names of request and prover, 32 and 20 bytes: gives the 32
//                                       that a proof must be bound to. Without it any binding does
//   status = polypoly_verify(at, size)  0: proven
//   polypoly_text()                     why not, as a clause
//   polypoly_claim()                    what is proven: struct result below
#include "market/market.h"
#include "rv64/rv64.h"
#include "verify/claim.h"

#define EXPORT(name) __attribute__((export_name(#name), visibility("default"))) name

enum {
    PAGE = 1 << 16,
    PROOF_MAX = 256 << 20,
    WORK_MAX = 2 << 20,
    // Statuses beyond those of pp_claim_status.
    STATUS_BOUND = 100, // to something else
    STATUS_SET,         // a parameter set that is for tests only
    STATUS_MEMORY,
};

extern uint8_t __heap_base; // the linker's: behind all static data

static _Alignas(16) uint8_t keep_memory[PP_RV64_KEEP_SIZE], scratch_memory[PP_AIR_SCRATCH_SIZE];
static _Alignas(16) uint8_t work[WORK_MAX];
static const pp_machine *machine;
static pp_hash32 vm_id;
static bool has_bound;
static pp_hash32 bound;
static const char *text = "";

// As the page reads it, little-endian.
static struct result {
    uint8_t vm_id[32], program_id[32], input_id[32], context[32];
    uint32_t output_size;
    uint8_t output[PP_OUTPUT_MAX];
} result;

_Noreturn void pp_panic(const char *file, int line, const char *what) {
    (void)file, (void)line, (void)what;
    __builtin_trap();
}

// 64 x 64 bits give 128: wasm has no such instruction and compilers call this.
__int128 __multi3(__int128 a, __int128 b);
__int128 __multi3(__int128 a, __int128 b) {
    uint64_t al = (uint64_t)a, bl = (uint64_t)b;
    uint64_t a0 = (uint32_t)al, a1 = al >> 32, b0 = (uint32_t)bl, b1 = bl >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)middle;
    uint64_t high = a1 * b1 + (middle >> 32) + (other >> 32);
    high +=
        (uint64_t)((unsigned __int128)a >> 64) * bl + al * (uint64_t)((unsigned __int128)b >> 64);
    return (__int128)((unsigned __int128)high << 64 | other << 32 | (uint32_t)low);
}

uint8_t *EXPORT(polypoly_room)(uint32_t size) {
    uintptr_t at = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    if (size > PROOF_MAX) return NULL;
    size_t pages = (at + size + PAGE - 1) / PAGE, have = __builtin_wasm_memory_size(0);
    if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (size_t)-1) return NULL;
    return (uint8_t *)at;
}

const uint8_t *EXPORT(polypoly_bind)(const uint8_t *names) {
    pp_hash32 request;
    pp_address prover;
    memcpy(request.b, names, sizeof request.b);
    memcpy(prover.b, names + sizeof request.b, sizeof prover.b);
    pp_market_context(&bound, &request, &prover);
    has_bound = true;
    return bound.b;
}

static int fail(int status, const char *why) {
    text = why;
    return status;
}

static bool open(void) {
    pp_arena keep, scratch;
    pp_air_error error;
    if (machine != NULL) return true;
    pp_arena_init(&keep, keep_memory, sizeof keep_memory);
    pp_arena_init(&scratch, scratch_memory, sizeof scratch_memory);
    machine = pp_rv64_machine(&keep, &scratch, &error);
    if (machine != NULL) pp_machine_id(&vm_id, machine);
    return machine != NULL;
}

int EXPORT(polypoly_verify)(const uint8_t *bytes, uint32_t size) {
    if (!open()) return fail(STATUS_MEMORY, "no memory for the machine's tables");
    uint32_t sets_len = 0;
    while (pp_pcs_sets[sets_len] != NULL) sets_len++;
    const pp_verify_policy policy = {.machines = &machine,
                                     .vm_ids = &vm_id,
                                     .machines_len = 1,
                                     .sets = pp_pcs_sets,
                                     .sets_len = sets_len,
                                     .log_cells_max = PP_PCS_LOG_CELLS_MAX};
    if (pp_verify_work_size(&policy) > sizeof work) return fail(STATUS_MEMORY, "no memory");
    pp_claim claim;
    pp_verify_status shard;
    uint32_t set;
    pp_claim_status status =
        pp_claim_verify(&claim, &shard, &set, &policy, bytes, size, work, sizeof work);
    if (status == PP_CLAIM_SHARD) return fail((int)status, pp_verify_status_text(shard));
    if (status != PP_CLAIM_PROVEN) return fail((int)status, pp_claim_status_text(status));
    if (has_bound && !pp_hash32_eq(&claim.context, &bound))
        return fail(STATUS_BOUND, "it is bound to another request or prover");
    memcpy(result.vm_id, claim.vm_id.b, 32);
    memcpy(result.program_id, claim.program_id.b, 32);
    memcpy(result.input_id, claim.input_id.b, 32);
    memcpy(result.context, claim.context.b, 32);
    result.output_size = claim.output_size;
    memcpy(result.output, claim.output, sizeof result.output);
    if (!pp_pcs_sets[set]->secure) return fail(STATUS_SET, "its parameters are for tests only");
    return fail(PP_CLAIM_PROVEN, "proven");
}

const char *EXPORT(polypoly_text)(void) {
    return text;
}
const struct result *EXPORT(polypoly_claim)(void) {
    return &result;
}
