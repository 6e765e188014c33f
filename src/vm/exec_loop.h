// SPDX-License-Identifier: MIT OR Apache-2.0
// The executor's inner loop: direct-threaded code over pre-decoded slots. Included three times by
// exec.c: with EXACT 0 cycles are counted at taken jumps only, with EXACT 1 at each instruction;
// with TRACE as well each instruction is written down, before and after.
//
// State while it runs: ip is the slot being executed, r the registers. Cycles spent since the last
// taken jump are ip - run_start (EXACT 0), so at any exit `remaining` is made exact first.

#define RD r[ip->rd]
#define RS1 r[ip->rs1]
#define RS2 r[ip->rs2]
#define IMM ((uint64_t)(int64_t)ip->imm)
#define PC pp_machine_pc(m, ip)

#if TRACE
#define BEFORE() pp_trace_before(m, PC)
#define AFTER() pp_trace_after(m)
#else
#define BEFORE()                                                                                   \
    do {                                                                                           \
    } while (0)
#define AFTER() BEFORE()
#endif

#if EXACT
#define COUNT_JUMP()                                                                               \
    do {                                                                                           \
    } while (0)
#define DISPATCH()                                                                                 \
    do {                                                                                           \
        if (PP_UNLIKELY(m->remaining == 0)) goto out_of_cycles;                                    \
        if (TRACE && m->plan != NULL && !pp_plan_room(m->plan, PC)) goto out_of_cycles;            \
        m->remaining--;                                                                            \
        if (counts) counts[ip - m->slots]++;                                                       \
        if (TRACE && ip->op != PP_SLOT_UNDECODED) BEFORE();                                        \
        goto *labels[ip->op];                                                                      \
    } while (0)
#else
// Called with ip at the jump itself, before it moves.
#define COUNT_JUMP() (remaining -= (uint64_t)(ip - run_start) + 1)
#define DISPATCH() goto *labels[ip->op]
#endif

#define NEXT()                                                                                     \
    do {                                                                                           \
        AFTER();                                                                                   \
        ip++;                                                                                      \
        DISPATCH();                                                                                \
    } while (0)

// Moves to another slot after a taken jump.
#if EXACT
#define JUMP(target)                                                                               \
    do {                                                                                           \
        AFTER();                                                                                   \
        ip = (target);                                                                             \
        DISPATCH();                                                                                \
    } while (0)
#else
#define JUMP(target)                                                                               \
    do {                                                                                           \
        const pp_slot *to = (target);                                                              \
        COUNT_JUMP();                                                                              \
        run_start = ip = to;                                                                       \
        if (PP_UNLIKELY(remaining <= straight)) goto pause;                                        \
        DISPATCH();                                                                                \
    } while (0)
#endif

#define ALU(name, expression)                                                                      \
    op_##name : {                                                                                  \
        RD = (uint64_t)(expression);                                                               \
        NEXT();                                                                                    \
    }

#define BRANCH(name, condition)                                                                    \
    op_##name : {                                                                                  \
        if (condition) JUMP(ip + ip->imm);                                                         \
        NEXT();                                                                                    \
    }

// An access is quick when it is aligned, below 2^30 and on a page touched before: rotating the
// address right by log2 of the size brings a misaligned one out of range, so one test does for
// both.
#define QUICK(address, log, flag)                                                                  \
    (((address) >> (log) | (log ? (address) << ((64 - (log)) & 63) : 0)) <                         \
         (PP_VM_MEMORY_SIZE >> (log)) &&                                                           \
     (pages[(address) >> PP_VM_LOG_PAGE] & (flag)) != 0)

#define LOAD(name, type, signed_type, log)                                                         \
    op_##name : {                                                                                  \
        uint64_t address = RS1 + IMM;                                                              \
        if (PP_LIKELY(QUICK(address, log, PP_PAGE_LOAD))) {                                        \
            type v;                                                                                \
            memcpy(&v, memory + address, sizeof v);                                                \
            RD = (uint64_t)(int64_t)(signed_type)v;                                                \
        } else {                                                                                   \
            uint64_t v;                                                                            \
            if (!pp_machine_load(m, &v, address, sizeof(type))) goto ended;                        \
            RD = (uint64_t)(int64_t)(signed_type)(type)v;                                          \
        }                                                                                          \
        NEXT();                                                                                    \
    }

#define STORE(name, type, log)                                                                     \
    op_##name : {                                                                                  \
        uint64_t address = RS1 + IMM;                                                              \
        if (PP_LIKELY(QUICK(address, log, PP_PAGE_STORE))) {                                       \
            type v = (type)RS2;                                                                    \
            memcpy(memory + address, &v, sizeof v);                                                \
        } else if (!pp_machine_store(m, address, RS2, sizeof(type))) {                             \
            goto ended;                                                                            \
        }                                                                                          \
        NEXT();                                                                                    \
    }

bool EXEC_NAME(pp_vm_machine *m) {
    static const void *const labels[PP_SLOT_OPS_LEN] = {&&undecoded,
#define X(name, text, form) &&op_##name,
                                                        PP_OPS(X)
#undef X
                                                            && illegal,
                                                        &&far};
    uint64_t *const r = m->regs;
    uint8_t *const memory = m->memory;
    const uint8_t *const pages = m->pages;
    const pp_slot *ip = m->at;
#if EXACT
    uint64_t *const counts = m->options->counts;
#else
    const uint64_t straight = m->text_size / 4 + 1;
    const pp_slot *run_start = ip;
    uint64_t remaining = m->remaining;
    if (remaining <= straight) return false;
#endif
    DISPATCH();

undecoded:
    if (!pp_machine_decode(m, PC)) goto ended_before;
    BEFORE();
    goto *labels[ip->op];

    ALU(LUI, IMM)
    ALU(AUIPC, PC + IMM)
op_JAL:
    RD = PC + 4;
    JUMP(ip + ip->imm);
op_JALR: {
    uint64_t target = (RS1 + IMM) & ~(uint64_t)1;
    uint64_t offset = target - m->text_start;
    RD = PC + 4;
    if (PP_UNLIKELY(
            offset >= m->text_size || (offset & 3) != 0 ||
            (m->slots[offset / 4].op == PP_SLOT_UNDECODED && !pp_machine_is_target(m, target)))) {
        pp_machine_end(m, (target & 3) != 0 ? PP_VM_MISALIGNED_PC : PP_VM_BAD_FETCH, target);
        goto ended;
    }
    JUMP(m->slots + offset / 4);
}
    BRANCH(BEQ, RS1 == RS2)
    BRANCH(BNE, RS1 != RS2)
    BRANCH(BLT, (int64_t)RS1 < (int64_t)RS2)
    BRANCH(BGE, (int64_t)RS1 >= (int64_t)RS2)
    BRANCH(BLTU, RS1 < RS2)
    BRANCH(BGEU, RS1 >= RS2)

    LOAD(LB, uint8_t, int8_t, 0)
    LOAD(LH, uint16_t, int16_t, 1)
    LOAD(LW, uint32_t, int32_t, 2)
    LOAD(LD, uint64_t, int64_t, 3)
    LOAD(LBU, uint8_t, uint8_t, 0)
    LOAD(LHU, uint16_t, uint16_t, 1)
    LOAD(LWU, uint32_t, uint32_t, 2)
    STORE(SB, uint8_t, 0)
    STORE(SH, uint16_t, 1)
    STORE(SW, uint32_t, 2)
    STORE(SD, uint64_t, 3)

    ALU(ADDI, RS1 + IMM)
    ALU(SLTI, (int64_t)RS1 < (int64_t)IMM)
    ALU(SLTIU, RS1 < IMM)
    ALU(XORI, RS1 ^ IMM)
    ALU(ORI, RS1 | IMM)
    ALU(ANDI, RS1 & IMM)
    ALU(SLLI, RS1 << (IMM & 63))
    ALU(SRLI, RS1 >> (IMM & 63))
    ALU(SRAI, (int64_t)RS1 >> (IMM & 63))
    ALU(ADD, RS1 + RS2)
    ALU(SUB, RS1 - RS2)
    ALU(SLL, RS1 << (RS2 & 63))
    ALU(SLT, (int64_t)RS1 < (int64_t)RS2)
    ALU(SLTU, RS1 < RS2)
    ALU(XOR, RS1 ^ RS2)
    ALU(SRL, RS1 >> (RS2 & 63))
    ALU(SRA, (int64_t)RS1 >> (RS2 & 63))
    ALU(OR, RS1 | RS2)
    ALU(AND, RS1 & RS2)
    ALU(ADDIW, word32((uint32_t)(RS1 + IMM)))
    ALU(SLLIW, word32((uint32_t)RS1 << (IMM & 31)))
    ALU(SRLIW, word32((uint32_t)RS1 >> (IMM & 31)))
    ALU(SRAIW, (int64_t)((int32_t)RS1 >> (IMM & 31)))
    ALU(ADDW, word32((uint32_t)(RS1 + RS2)))
    ALU(SUBW, word32((uint32_t)(RS1 - RS2)))
    ALU(SLLW, word32((uint32_t)RS1 << (RS2 & 31)))
    ALU(SRLW, word32((uint32_t)RS1 >> (RS2 & 31)))
    ALU(SRAW, (int64_t)((int32_t)RS1 >> (RS2 & 31)))
    ALU(MUL, RS1 * RS2)
    ALU(MULH, (uint64_t)(((__int128)(int64_t)RS1 * (int64_t)RS2) >> 64))
    ALU(MULHSU, mulhsu(RS1, RS2))
    ALU(MULHU, (uint64_t)(((pp_u128)RS1 * RS2) >> 64))
    ALU(DIV, div_signed(RS1, RS2))
    ALU(DIVU, RS2 == 0 ? UINT64_MAX : RS1 / RS2)
    ALU(REM, rem_signed(RS1, RS2))
    ALU(REMU, RS2 == 0 ? RS1 : RS1 % RS2)
    ALU(MULW, word32((uint32_t)(RS1 * RS2)))
    ALU(DIVW, word32((uint32_t)div_signed(low_signed(RS1), low_signed(RS2))))
    ALU(DIVUW, word32((uint32_t)RS2 == 0 ? UINT32_MAX : (uint32_t)RS1 / (uint32_t)RS2))
    ALU(REMW, word32((uint32_t)rem_signed(low_signed(RS1), low_signed(RS2))))
    ALU(REMUW, word32((uint32_t)RS2 == 0 ? (uint32_t)RS1 : (uint32_t)RS1 % (uint32_t)RS2))
op_FENCE:
    NEXT();
op_ECALL:
    if (!pp_machine_ecall(m)) goto ended;
    NEXT();
far:
    if (!pp_machine_far(m, PC)) goto ended;
    NEXT();
illegal:
    pp_machine_end(m, PP_VM_ILLEGAL, pp_load_le32(memory + PC));
    goto ended_before;

#if EXACT
out_of_cycles:
    pp_machine_end(m, PP_VM_CYCLE_LIMIT, 0);
    m->at = ip;
    m->result->pc = PC;
    return true;
ended_before: // the instruction at ip did not execute: take its cycle back
    m->remaining++;
    if (counts) counts[ip - m->slots]--;
    m->result->pc = PC;
    // Running on into a page without code: the last instruction is the one before.
    if (m->result->status == PP_VM_BAD_FETCH) m->result->pc = PC - 4;
    return true;
ended:
    m->result->pc = PC;
    if (!took_effect(m->result->status)) {
        m->remaining++;
        if (counts) counts[ip - m->slots]--;
    } else {
        AFTER();
    }
    return true;
#else
pause:
    m->at = ip;
    m->remaining = remaining;
    return false;
ended_before:
    m->remaining = remaining - (uint64_t)(ip - run_start);
    m->result->pc = m->result->status == PP_VM_BAD_FETCH ? PC - 4 : PC;
    return true;
ended:
    m->remaining = remaining - (uint64_t)(ip - run_start) - took_effect(m->result->status);
    m->result->pc = PC;
    return true;
#endif
}

#undef RD
#undef RS1
#undef RS2
#undef IMM
#undef PC
#undef BEFORE
#undef AFTER
#undef COUNT_JUMP
#undef DISPATCH
#undef NEXT
#undef JUMP
#undef ALU
#undef BRANCH
#undef QUICK
#undef LOAD
#undef STORE
