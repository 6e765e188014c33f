// SPDX-License-Identifier: MIT OR Apache-2.0
// What the page knows, as the node last told it; asked again when the node says that something has
// happened, at most once a second, and only for what is on show.
import { get } from "./api.js";

export const PAGE = 25;

export const model = {
  status: null,
  genesis: null,
  live: false,
  feed: [], // the last market events heard, newest first
};

/**
 * What this network accepts, in words. "Proven" is said only of what a verifier has said yes to; a
 * network may run batches again instead.
 */
export const proof = () => (model.status?.check === "proven"
  ? { noun: "proof", a: "a valid proof", the: "the proof", done: "proven", how: "the proof was verified; the root may advance" }
  : { noun: "result", a: "the right result", the: "the result", done: "re-executed", how: "the result was checked by running the batch again" });

/** Market time (which stands still while the node does) as wall-clock time, both ms. */
export const wall = (marketTime) =>
  model.status ? marketTime + model.status.time - model.status.market_time : NaN;

/** Market time now: as of the last block, and no later than a block after it. */
export function marketNow() {
  if (!model.status) return 0;
  const since = Math.min(Math.max(Date.now() - model.status.time, 0), 3 * (model.genesis?.block?.interval || 1000));
  return model.status.market_time + since;
}

/** ms of market time until a request's next deadline; null where it is over or has none. */
export const left = (request) =>
  request.due === null || request.due === undefined || request.closed ? null : request.due - marketNow();

export async function loadStatus() {
  model.status = await get("/v1/status");
  if (!model.genesis) {
    model.genesis = await get("/v1/genesis");
  }
  return model.status;
}

const list = (path, before, limit = PAGE) =>
  get(`${path}?limit=${limit}${before === null ? "" : `&before=${encodeURIComponent(before)}`}`);

export const requests = (before = null, limit = PAGE) => list("/v1/requests", before, limit);
export const request = (id) => get(`/v1/requests/${id}`);

/**
 * Of each lane the request of the oldest batch whose root has not advanced: from `known` where it
 * stands there, else asked for; null where no batch waits, or it is not posted yet.
 */
export const oldest = (known) => Promise.all(model.status.lanes.map(async (l, lane) => {
  if (l.batches === l.checked) return null;
  const there = known.find((r) => r.lane === lane && r.batch === l.checked);
  if (there) return there;
  const [batch] = (await get(`/v1/batches?lane=${lane}&number=${l.checked}`)).items;
  return batch?.request ? request(encodeURIComponent(batch.request)).catch(() => null) : null;
}));

export const PROVERS = 1000; // most that are looked at

/** All registered provers, as many pages as it takes. */
export async function provers() {
  const all = [];
  for (let next = null; ;) {
    const page = await list("/v1/provers", next, 100);
    all.push(...page.items);
    next = page.next;
    if (next === null || next === undefined || page.items.length === 0 || all.length >= PROVERS) return all;
  }
}
export const incidents = (before = null) => list("/v1/incidents", before);
export const prices = async () => (await list("/v1/prices", null, 100)).items;

export const blocks = (before = null) => list("/v1/headers", before);
export const transactions = (before = null) => list("/v1/transactions", before);

// ---- who is in charge ---------------------------------------------------------------------------

/**
 * Who owns a prover's key. Nobody can see that from outside; what the page can know is that keys of
 * the genesis of a network which `polypoly up` made were all made by one command, so by one owner.
 */
export function ownerOf(prover) {
  if (prover.owner) return prover.owner;
  const made = model.genesis && model.genesis.name === "up" &&
    (model.genesis.provers || []).some((p) => p.address.toLowerCase() === prover.address.toLowerCase());
  return made ? "whoever ran polypoly up" : prover.address;
}

/**
 * Shares of work by owner: the Nakamoto coefficient (fewest owners with more than half), the
 * Herfindahl index (sum of squared shares, 1/n … 1) and the Lorenz curve's points.
 */
export function concentration(list) {
  const work = new Map();
  for (const p of list) {
    const owner = ownerOf(p);
    work.set(owner, (work.get(owner) || 0) + Number(p.paid_work || 0));
  }
  const amounts = [...work.values()].sort((a, b) => b - a), total = amounts.reduce((a, b) => a + b, 0);
  const owners = work.size, keys = list.length;
  if (total === 0) return { owners, keys, total, nakamoto: null, hhi: null, lorenz: [] };
  let sum = 0, nakamoto = 0;
  for (const a of amounts) {
    sum += a;
    nakamoto++;
    if (2 * sum > total) break;
  }
  const hhi = amounts.reduce((a, b) => a + (b / total) ** 2, 0);
  let rising = 0;
  const lorenz = [[0, 0], ...[...amounts].reverse().map((a, i) => [(i + 1) / owners, (rising += a) / total])];
  return { owners, keys, total, nakamoto, hhi, lorenz };
}
