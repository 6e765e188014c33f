// SPDX-License-Identifier: MIT OR Apache-2.0
// Other stacks beside this network: what is known, where it was read, and when. Nothing here is
// measured by us; `source` names the repository's file or page.
export const AS_OF = "August 2026";
export const stacks = [
  {
    name: "Arbitrum One",
    prover: "open: anyone with a bond of 3,600 ETH may assert or challenge (BoLD)",
    sequencer: "1 company; express lane sold per minute",
    upgrade: "9 of 12 people, at once; used 21 April and 24 May 2026",
    data: "Ethereum",
    forced: "19.2 to 24 h, two L1 transactions",
    exit: "by open assertions, about 6.4 days",
    source: "OffchainLabs/nitro-contracts scripts/files/configs/arb1.ts; forum.arbitrum.foundation/t/30803",
  },
  {
    name: "OP Mainnet",
    prover: "fault proofs, 7 days",
    sequencer: "1 company",
    upgrade: "10 of 13 people with the foundation's 2 of 2, at once; a guardian may pause",
    data: "Ethereum",
    forced: "12 h, by derivation from L1",
    exit: "7 days, unless paused",
    source: "ethereum-optimism/specs specs/protocol/configurability.md; gov.optimism.io/t/8157",
  },
  {
    name: "ZKsync Era",
    prover: "1 company",
    sequencer: "1 company",
    upgrade: "three boards together, at once; freezes of 12 h and 7 days",
    data: "Ethereum",
    forced: "none that is enforced (the queue's expiry is 0 days)",
    exit: "none against the operator",
    source: "matter-labs/era-contracts l1-contracts/contracts/common/Config.sol:37; ZKsync-Association/zk-governance",
  },
  {
    name: "Starknet",
    prover: "1 company (SHARP)",
    sequencer: "3 nodes of 1 company, more than half must agree",
    upgrade: "9 of 12 people, at once",
    data: "Ethereum",
    forced: "none; a minority of the council is the only backstop",
    exit: "none against the operator",
    source: "starkware-libs/sequencer crates/apollo_consensus; l2beat/l2beat projects/starknet",
  },
  {
    name: "Taiko",
    prover: "whitelist; anyone after 5 days",
    sequencer: "whitelist",
    upgrade: "at once",
    data: "Ethereum",
    forced: "576 s on paper; listed as disabled",
    exit: "25.6 h to 5 days on paper",
    source: "taikoxyz/taiko-mono layer1/mainnet/MainnetInbox.sol; l2beat/l2beat projects/taiko",
  },
  {
    name: "Aztec",
    prover: "open: anyone may prove an epoch",
    sequencer: "48 drawn of many, more than two thirds must agree",
    upgrade: "no key: 40 days to point a registry at a new instance",
    data: "Ethereum",
    forced: "a hatch every 71.7 h for a drawn proposer with a large bond",
    exit: "by that hatch",
    source: "AztecProtocol/l1-contracts script/deploy; AztecProtocol/engineering-designs docs/escape-hatch",
  },
];
export const markets = [
  ["Boundless", "51 provers in a week, of whom one took 21,965 locks and the next 12,118; orders pass one company's order stream",
    "boundless-xyz/boundless prover_activity_analysis.ipynb, January 2026"],
  ["Succinct", "auctioneer, executor and verifier are one operator; only the assigned prover may deliver",
    "succinctlabs/network PROTOCOL.md, August 2026"],
];
