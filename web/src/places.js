// SPDX-License-Identifier: MIT OR Apache-2.0
// Provers, blocks and transactions, prices, incidents.
import { rpc } from "./api.js";
import * as chart from "./charts.js";
import { h } from "./dom.js";
import { clock, grouped, hexNumber, plural, short, span, wei } from "./format.js";
import * as m from "./model.js";
import * as w from "./words.js";

export async function provers(args, only) {
  const list = await m.provers(), shown = only ? list.filter((p) => p.address.toLowerCase() === only.toLowerCase()) : list;
  return {
    title: only ? `Prover ${short(only)}` : "Provers",
    body: [
      h("p", { class: "lead" }, only ? h("code", null, only) : "Anyone can join: a key, a stake and a machine. Whoever misses a deadline pays with its stake."),
      only && shown.length === 0 && h("p", null, "This address is no registered prover. It may still deliver proofs and be paid."),
      w.table("provers", [{ title: "prover" }, { title: `${m.proof().noun}s paid`, right: true }, { title: "work paid", right: true }, { title: "earned", right: true }, { title: "stake", right: true }, { title: "of it at risk", right: true }, { title: "busy", right: true }, { title: "defaults", right: true }, { title: "lost", right: true }],
        shown.map((p) => [w.address(p.address), p.paid_count ?? "–", p.paid_work ? grouped(p.paid_work) : "–", wei(p.paid_amount), wei(p.stake), wei(p.held), `${p.slots_used} of ${p.slots}`, p.defaulted_count ?? p.open_defaults, wei(p.lost)]),
        "No prover has registered yet."),
      h("p", null, h("a", { href: "#/power" }, "How concentrated is their work?"))],
  };
}

const final = (yes) => h("span", { class: `state ${yes ? "good" : "busy"}` }, yes ? "final" : "ordered");

export async function blocks(args) {
  const before = args.get("before"), { items, next } = await m.blocks(before);
  return {
    title: "Blocks",
    body: [
      h("p", { class: "lead" }, "Ordered is not final: a block is final once the batches up to it are proven. ",
        `The last final block is ${grouped(m.model.status.finalized)}. `, h("a", { href: "#/transactions" }, "The transactions alone")),
      w.table("blocks, newest first", [{ title: "block", right: true }, { title: "time" }, { title: "transactions", right: true }, { title: "stands" }],
        items.map((b) => [h("a", { href: `#/blocks/${b.height}` }, grouped(b.height)), w.time(b.time), b.ordered, final(b.finalized)]), "No block yet."),
      w.pager("#/blocks", before, next)],
  };
}

export async function transactions(args) {
  const before = args.get("before"), { items, next } = await m.transactions(before);
  return {
    title: "Transactions",
    body: [
      w.table("transactions, newest first", [{ title: "transaction" }, { title: "block", right: true }, { title: "from" }, { title: "result" }, { title: "stands" }],
        items.map((t) => [h("a", { href: `#/tx/${t.hash}` }, short(t.hash)), h("a", { href: `#/blocks/${t.height}` }, grouped(t.height)),
          t.sender ? h("span", { title: t.sender }, short(t.sender)) : "–", t.applied ? "done" : t.reason, final(t.finalized)]), "No transaction yet."),
      w.pager("#/transactions", before, next)],
  };
}

export async function block(number) {
  const b = await rpc("eth_getBlockByNumber", "0x" + Number(number).toString(16), true);
  if (!b) return { title: `Block ${number}`, body: [h("p", null, "There is no such block.")] };
  const rows = b.transactions.slice(0, 500);
  return {
    title: `Block ${grouped(number)}`,
    body: [
      w.facts([["time", clock(hexNumber(b.timestamp) * 1000)], ["hash", h("code", null, b.hash)], ["before it", h("code", null, b.parentHash)],
        ["stands", Number(number) <= m.model.status.finalized ? "final: proven" : "ordered, not final yet"], ["base fee", wei(b.baseFeePerGas ? BigInt(b.baseFeePerGas) : null)]]),
      w.panel(plural(b.transactions.length, "transaction"), w.table("transactions", [{ title: "transaction" }, { title: "from" }, { title: "to" }, { title: "value", right: true }],
        rows.map((t) => [h("a", { href: `#/tx/${t.hash}` }, short(t.hash)), h("span", { title: t.from }, short(t.from)), h("span", { title: t.to }, short(t.to)), wei(BigInt(t.value))]), "None in this block."),
        b.transactions.length > rows.length && h("p", null, `The first ${rows.length} are shown.`))],
  };
}

export async function transaction(hash) {
  const [t, r] = await Promise.all([rpc("eth_getTransactionByHash", hash), rpc("eth_getTransactionReceipt", hash)]);
  if (!t) return { title: "Transaction", body: [h("p", null, "The node knows no such transaction.")] };
  const n = t.blockNumber === null ? null : hexNumber(t.blockNumber);
  return {
    title: `Transaction ${short(hash)}`,
    body: [w.facts([["hash", h("code", null, t.hash)],
      ["stands", n === null ? "waits for a block" : n <= m.model.status.finalized ? "final: proven" : "ordered, not final yet"],
      n !== null && ["block", h("a", { href: `#/blocks/${n}` }, grouped(n))],
      ["from", h("code", null, t.from)], ["to", h("code", null, t.to ?? "–")], ["value", wei(BigInt(t.value))], ["nonce", hexNumber(t.nonce)],
      r && ["fee", wei(BigInt(r.gasUsed) * BigInt(r.effectiveGasPrice || "0x0"))], r && ["result", r.status === "0x1" ? "done" : "refused"]])],
  };
}

export async function prices() {
  const items = (await m.prices()).filter((p) => Number.isFinite(p.time));
  const points = [...items].reverse().map((p) => [m.wall(p.time), p.served ? Number(p.price_per_mwork) : null, Number(p.reserve_per_mwork)]);
  const paid = points.map((p) => p[1]).filter((v) => v !== null).sort((a, b) => a - b), at = (q) => paid[Math.min(paid.length - 1, Math.floor(q * paid.length))];
  return {
    title: "Prices",
    body: [
      h("p", { class: "lead" }, "What a million units of work cost when it was paid. The reserve is the most that an auction pays; it falls while several provers compete."),
      points.length ? chart.priceChart(points) : h("p", null, "Nothing was paid yet."),
      paid.length > 0 && w.facts([["cheapest quarter below", wei(Math.round(at(0.25)))], ["half below", wei(Math.round(at(0.5)))], ["nine of ten below", wei(Math.round(at(0.9)))], [`${m.proof().noun}s`, grouped(paid.length)]])],
  };
}

/** One default in sentences: who failed, what it cost whom, who rescued, what was lost. */
export function incident(i, heading = "h3") {
  return h("article", { class: "incident", "data-request": i.request },
    h(heading, null, w.time(m.wall(i.time)), " ", w.requestLink({ id: i.request, batch: i.batch })),
    h("p", null, w.address(i.defaulter), " was drawn to deliver and missed its deadline. It lost ", h("strong", null, wei(i.lost)), " of its stake."),
    i.rescuer ? h("p", null, w.address(i.rescuer), ` brought ${m.proof().the} instead and was paid `, h("strong", null, wei(i.rescuer_paid)),
      i.bounty && i.bounty !== "0" ? `, and ${wei(i.bounty)} of the lost stake on top` : "", ".",
      i.compensation && i.compensation !== "0" ? ` The rollup's fund got ${wei(i.compensation)} for its waiting.` : "")
      : h("p", null, i.state ? "Nobody delivered it: it is over." : "It is still open to anyone."),
    Number.isFinite(i.seconds_lost) && h("p", { class: "muted" }, `The rollup lost ${span(i.seconds_lost * 1000)} by it.`));
}

export async function incidents(args) {
  const before = args.get("before"), { items, next } = await m.incidents(before);
  const stopped = m.model.status.lanes.filter((l) => l.incident);
  return {
    title: "Incidents",
    body: [
      h("p", { class: "lead" }, "Every deadline that was missed: who failed, what it cost whom, who put it right, and the time that was lost."),
      stopped.map((l) => h("p", { class: "verdict bad" }, `Lane ${l.name} stands still: ${l.incident}`)),
      items.length ? items.map((i) => incident(i, "h2")) : h("p", { class: "good" }, "None: no prover has missed a deadline here."),
      w.pager("#/incidents", before, next)],
  };
}
