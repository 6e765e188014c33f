// SPDX-License-Identifier: MIT OR Apache-2.0
// A rollup's registry entry: what stands in genesis, and what `rollup create` sends. Its numbers
// are one table, so that file, printer and command know the same members within the same bounds.
#ifndef PP_CHAIN_ENTRY_H
#define PP_CHAIN_ENTRY_H

#include "chain/genesis.h"

typedef struct pp_entry_number {
    const char *object; // member of the entry that it stands in; "" for the entry itself
    const char *member;
    uint16_t at, size; // of the field in pp_genesis_rollup: 1, 4 or 8 bytes
    uint64_t min, max;
} pp_entry_number;

enum { PP_ENTRY_NUMBERS = 25 };
extern const pp_entry_number pp_entry_numbers[PP_ENTRY_NUMBERS];

uint64_t pp_entry_get(const pp_genesis_rollup *entry, size_t number);
void pp_entry_set(pp_genesis_rollup *entry, size_t number, uint64_t value);
// The largest value: the table's, or what the network's market allows.
uint64_t pp_entry_max(size_t number, const pp_market_params *market);
// A number of the fee rule, which an entry may go without (fee_target 0, all of them 0).
bool pp_entry_is_fee(size_t number);

// 1 to PP_GENESIS_NAME_MAX - 1 lower-case letters, digits and '-'.
bool pp_entry_name_ok(const char *name, size_t len);
// How long a batch of this rollup may wait for its root, from its first transaction on, while one
// honest prover can and will prove it, whatever others decline or default on (docs/market.md,
// "Bound on liveness"): as milliseconds and as blocks. An exit that opens before would freeze lanes
// that are well.
void pp_entry_longest(pp_genesis_exit *out, const pp_genesis *genesis,
                      const pp_genesis_rollup *entry);
// Whether this network's exit waits so long, in blocks and in time. *takes is that.
bool pp_entry_exit_waits(pp_genesis_exit *takes, const pp_genesis *genesis,
                         const pp_genesis_rollup *entry);
// The gas limit leaves every forced transaction its own.
bool pp_entry_gas_ok(const pp_genesis_rollup *entry);

// The entry as bytes, the payload of PP_COMMAND_CREATE: malloc'ed. Allocations are not in it.
//   u32 size and name | the numbers, u64 each, in the table's order | 32 program_id | u8 open |
//   20 submitter, zero when open | 20 fee_recipient | u128 fund | u128 reserve_rate
uint8_t *pp_entry_encode(size_t *out_size, const pp_genesis_rollup *entry);
// False unless the bytes are exactly one entry. *in_bounds: every member is one that a genesis file
// could name. Total.
PP_NODISCARD bool pp_entry_decode(pp_genesis_rollup *out, bool *in_bounds, pp_bytes bytes,
                                  const pp_market_params *market);

#endif
