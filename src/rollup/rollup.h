// SPDX-License-Identifier: MIT OR Apache-2.0
// The rollup's transition: Ethereum without contracts. Pure: the node runs it natively, the batch
// guest (guest/batch) in the virtual machine. docs/chain.md shows its place.
#ifndef PP_ROLLUP_ROLLUP_H
#define PP_ROLLUP_ROLLUP_H

#include "rollup/withdraw.h"
#include "state/state.h"

enum {
    PP_ROLLUP_BATCH_TX_MAX = 1024,        // transactions in a batch
    PP_ROLLUP_TX_SIZE_MAX = 128 << 10,    // bytes of one raw transaction, as Ethereum's nodes do
    PP_ROLLUP_BATCH_BYTES_MAX = 16 << 20, // bytes of all raw transactions of a batch
    PP_ROLLUP_FORCED_MAX = 64,            // forced transactions in a batch
    PP_ROLLUP_FORCED_SIZE_MAX = 2048,     // bytes of one that the chain's queue takes
    PP_ROLLUP_DEPOSITS_MAX = 256,         // deposits in a batch
    PP_ROLLUP_INPUT_MAX = 64 << 20,       // bytes of an encoded batch input
    PP_ROLLUP_GAS_TRANSFER = 21000,       // intrinsic gas of a transaction (Yellow Paper, G.)
    PP_ROLLUP_GAS_ACCESS_ADDRESS = 2400,  // EIP-2930
    PP_ROLLUP_GAS_ACCESS_KEY = 1900,      // EIP-2930
    PP_ROLLUP_OUTPUT_SIZE = 256,          // bytes of the public output
    // Most gas that PP_ROLLUP_FORCED_SIZE_MAX bytes can use: below 110 a byte (an access list's
    // address, 2,400 gas, takes 22 bytes), and a transfer's.
    PP_ROLLUP_FORCED_GAS_MAX = 21000 + 110 * PP_ROLLUP_FORCED_SIZE_MAX,
    PP_ROLLUP_GAS_LIMIT_DEFAULT = 36000000 // gas of a batch, when a rollup states no other
};

// Largest chain id: with a larger one a legacy signature's v would not fit 64 bits (EIP-2294).
#define PP_ROLLUP_CHAIN_ID_MAX (UINT64_MAX / 2 - 36)

// Why a transaction is refused: in the order of the checks, the first that fails is the reason.
#define PP_ROLLUP_REASONS(X)                                                                       \
    X(OK, "OK")                                                                                    \
    /* Decoding and type. */                                                                       \
    X(SIZE, "R-SIZE")                 /* longer than PP_ROLLUP_TX_SIZE_MAX */                      \
    X(TYPE_BLOB, "R-TYPE-BLOB")       /* EIP-4844, refused for now */                              \
    X(TYPE_SETCODE, "R-TYPE-SETCODE") /* EIP-7702, refused for now */                              \
    X(TYPE, "R-TYPE")                 /* no known transaction type */                              \
    X(DECODE, "R-DECODE")             /* not the canonical RLP of one transaction, whole */        \
    /* Chain id. */                                                                                \
    X(CHAIN_ID, "R-CHAIN-ID")       /* signed for another chain */                                 \
    X(UNPROTECTED, "R-UNPROTECTED") /* legacy without chain id (EIP-155), unless chain id is 1 */  \
    /* Signature. */                                                                               \
    X(SIGNATURE, "R-SIGNATURE") /* s above n/2, r or s out of range, parity, no such point */      \
    /* Nonce. */                                                                                   \
    X(NONCE_GAP, "R-NONCE-GAP") /* above the sender's */                                           \
    X(NONCE_LOW, "R-NONCE-LOW") /* below the sender's: used up, or a replay */                     \
    X(NONCE_MAX, "R-NONCE-MAX") /* 2^64 - 1 (EIP-2681) */                                          \
    /* Fee caps against base fee. */                                                               \
    X(TIP_ABOVE_CAP, "R-TIP-ABOVE-CAP") /* max priority fee above max fee */                       \
    X(FEE_CAP, "R-FEE-CAP")             /* max fee (or gas price) below the base fee */            \
    /* Balance >= value + gas limit * max fee. */                                                  \
    X(BALANCE, "R-BALANCE")                                                                        \
    /* Gas. */                                                                                     \
    X(BATCH_GAS, "R-BATCH-GAS")         /* gas limit above what is left of the batch's */          \
    X(INTRINSIC_GAS, "R-INTRINSIC-GAS") /* gas limit below 21,000 and the access list's */         \
    /* Refused for now. */                                                                         \
    X(INPUT_DATA, "R-INPUT-DATA") /* non-empty input */                                            \
    X(CREATION, "R-CREATION")     /* no recipient */                                               \
    X(PRECOMPILE, "R-PRECOMPILE") /* to 0x01..0x11 or 0x100 */                                     \
    /* What the frame can hold. */                                                                 \
    X(EXIT_AMOUNT, "R-EXIT-AMOUNT") /* the batch's withdrawals would pass 2^128 - 1 wei */         \
    X(OVERFLOW, "R-OVERFLOW")       /* an account's balance would pass 2^256 - 1 wei */

typedef enum pp_rollup_reason {
#define X(name, text) PP_ROLLUP_##name,
    PP_ROLLUP_REASONS(X)
#undef X
        PP_ROLLUP_REASONS_LEN
} pp_rollup_reason;

// The stable name of a reason, "R-NONCE-GAP"; "OK" for none.
const char *pp_rollup_reason_name(pp_rollup_reason reason);

// What a batch stands in. All of it is in the batch input and under the output's data hash.
typedef struct pp_rollup_env {
    uint64_t chain_id;
    uint64_t batch;     // number, from 0
    uint64_t timestamp; // milliseconds
    uint64_t base_fee;  // wei per gas
    uint64_t gas_limit; // of all transactions of the batch
    pp_address fee_recipient;
    uint64_t deposit_position; // deposits consumed before this batch
    uint64_t forced_position;  // forced transactions consumed before this batch
    pp_hash32 deposit_hash;    // running hash of those deposits (pp_deposit_chain)
    pp_hash32 forced_hash;     // running hash of those forced transactions (pp_forced_chain)
} pp_rollup_env;

// Wei from the chain to an account of the rollup.
typedef struct pp_deposit {
    pp_address receiver;
    pp_u128 amount;
} pp_deposit;

// The running hashes of all deposits and of all forced transactions that a rollup's queues were
// ever given: 32 zero bytes before the first; integers big-endian, for an Ethereum contract to make
// the same. number counts from 0.
//   deposit: *hash = Keccak("polypoly/deposit/1", *hash, number u64, receiver 20, amount u256)
//   forced:  *hash = Keccak("polypoly/forced/1", *hash, number u64, Keccak(raw))
void pp_deposit_chain(pp_hash32 *hash, uint64_t number, const pp_deposit *deposit);
void pp_forced_chain(pp_hash32 *hash, uint64_t number, pp_bytes raw);

// What stands in a batch, in the order in which it is executed: the deposits, the forced
// transactions, the lane's own. The first two come off the chain's queues in order; nothing of them
// can be left out or stand elsewhere, for their running hashes are part of the output.
typedef struct pp_rollup_content {
    pp_rollup_env env;
    const pp_deposit *deposits;
    size_t deposits_len; // <= PP_ROLLUP_DEPOSITS_MAX
    const pp_bytes *forced;
    size_t forced_len; // <= PP_ROLLUP_FORCED_MAX
    const pp_bytes *txs;
    size_t txs_len; // <= PP_ROLLUP_BATCH_TX_MAX
} pp_rollup_content;

// Transfers to this address leave the rollup: seven zero bytes and "polypoly/exit".
extern const pp_address pp_rollup_exit_address;

// True for addresses that are precompiles on Ethereum up to Osaka: 0x01..0x11 and 0x100.
bool pp_rollup_is_precompile(const pp_address *address);

// What a batch adds up while it runs.
typedef struct pp_rollup_totals {
    uint64_t gas_used;
    pp_u128 base_fees; // wei, gas used * base fee: what the proof fund gets once it is proven
    pp_u128 withdrawn; // wei
    uint32_t applied;
    pp_withdrawals withdrawals;
} pp_rollup_totals;

void pp_rollup_totals_init(pp_rollup_totals *totals);

typedef struct pp_rollup_result {
    pp_rollup_reason reason; // OK: applied; anything else: nothing changed
    bool has_sender;         // the signature was good
    pp_address sender;
    uint64_t gas_used;
    pp_u256 tip; // wei, to the fee recipient
} pp_rollup_result;

// One transaction of a batch: applied to state and totals, or skipped with its reason. Returns
// whether the state could answer; any other status than OK ends the batch.
PP_NODISCARD pp_state_status pp_rollup_step(pp_state *state, pp_rollup_totals *totals,
                                            pp_rollup_result *result, const pp_rollup_env *env,
                                            pp_bytes raw);

// Credits a deposit. *fits is false, and nothing changes, when the account would pass 2^256 - 1
// wei: no batch can hold such a deposit (a chain's supply is far below).
PP_NODISCARD pp_state_status pp_rollup_deposit(pp_state *state, bool *fits,
                                               const pp_deposit *deposit);

// What a proven batch says. Encoded in PP_ROLLUP_OUTPUT_SIZE bytes, little-endian, in this order.
typedef struct pp_rollup_output {
    uint64_t chain_id;
    uint64_t batch;
    pp_digest old_root;
    pp_digest new_root;
    pp_hash32 data_hash;       // pp_rollup_data_hash: environment and transactions
    uint64_t deposit_position; // after the batch
    pp_hash32 deposit_hash;    // running hash of all deposits before this position
    uint64_t forced_position;  // after the batch
    pp_hash32 forced_hash;     // running hash of all forced transactions before this position
    pp_hash32 withdrawals;     // root, see rollup/withdraw.h
    pp_u128 base_fees;         // wei
    uint32_t deposits, forced; // how many of each stand in this batch: where it began
} pp_rollup_output;

void pp_rollup_output_encode(uint8_t out[PP_ROLLUP_OUTPUT_SIZE], const pp_rollup_output *output);
// False unless the bytes are exactly one encoded output.
PP_NODISCARD bool pp_rollup_output_decode(pp_rollup_output *output, pp_bytes bytes);

// Keccak-256 of the encoded environment and the lane's transactions, the first part of a batch
// input. (Deposits and forced transactions stand under their running hashes.)
void pp_rollup_data_hash(pp_hash32 *out, const pp_rollup_content *content);

// Runs a batch: deposits, then each transaction in order, applied or skipped. results: forced_len +
// txs_len entries, or NULL. totals may be NULL. On OK *output is complete and the state stands
// behind the batch; its multiproof (pp_state_proof) is then what the batch input needs. Lengths are
// asserted, and that the deposits fit.
PP_NODISCARD pp_state_status pp_rollup_batch(pp_state *state, pp_rollup_output *output,
                                             pp_rollup_result *results, pp_rollup_totals *totals,
                                             const pp_rollup_content *content,
                                             const pp_digest *old_root);

// The output of a batch whose deposits and transactions pp_rollup_deposit and pp_rollup_step have
// run one by one, from fresh totals on a state opened at old_root: what pp_rollup_batch would have
// said.
PP_NODISCARD pp_state_status pp_rollup_output_make(pp_state *state, pp_rollup_output *output,
                                                   const pp_rollup_totals *totals,
                                                   const pp_rollup_content *content,
                                                   const pp_digest *old_root);

// A batch input in pieces; every view points into the encoded bytes.
typedef struct pp_rollup_input {
    pp_rollup_env env;
    uint32_t txs_len, deposits_len, forced_len;
    pp_bytes data;     // encoded environment and transactions: what data_hash covers
    pp_bytes txs;      // within data: the transactions, each u32 length and bytes
    pp_bytes deposits; // each 20 receiver and u128 amount
    pp_bytes forced;   // each u32 length and bytes
    pp_digest old_root;
    pp_bytes proof; // multiproof against old_root
} pp_rollup_input;

// Encodes the input of a batch: environment, transactions, deposits, forced transactions, old root,
// multiproof. A pure function of the log. Writes at most out_size bytes; returns the size needed.
size_t pp_rollup_input_encode(uint8_t *out, size_t out_size, const pp_rollup_content *content,
                              const pp_digest *old_root, pp_bytes proof);
// False unless the bytes are exactly one encoded input within the limits above. The multiproof is
// not looked into.
PP_NODISCARD bool pp_rollup_input_decode(pp_rollup_input *input, pp_bytes bytes);
// Takes the next transaction off *txs (input->txs or input->forced at first), txs_len or forced_len
// times.
pp_bytes pp_rollup_input_next(pp_bytes *txs);
// Takes the next deposit off *deposits (input->deposits at first), deposits_len times.
pp_deposit pp_rollup_input_deposit(pp_bytes *deposits);

// The whole guest: decodes an input, checks its multiproof against the old root, runs the batch.
// False with a reason's name in *why (static) when the input is no batch: nothing can be claimed.
PP_NODISCARD bool pp_rollup_run_input(pp_rollup_output *output, const char **why,
                                      const pp_state_source *memory, pp_bytes input);

#endif
