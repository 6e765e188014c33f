// SPDX-License-Identifier: MIT OR Apache-2.0
// Who is in charge: six powers, live, counted in owners, beside other stacks.
import { lorenz } from "./charts.js";
import { h } from "./dom.js";
import { grouped, plural, span } from "./format.js";
import * as m from "./model.js";
import { AS_OF, markets, stacks } from "./stacks.js";
import * as w from "./words.js";

// What the rules give, as genesis has them.
function forced() {
  const queue = (m.model.genesis?.rollups || []).map((r) => r.queue).find((q) => q?.forced > 0);
  return queue ? `whoever pays can queue a transaction, and each batch must take what waits, within ${plural(queue.batches, "batch", "batches")}`
    : "no lane here takes forced transactions";
}
function exits(status) {
  const rule = m.model.genesis?.exit, open = status.lanes.find((l) => l.exit !== "closed");
  if (open) return `lane ${open.name}: the exit is ${open.exit}: everybody may leave with what the last checked root gives them`;
  return rule ? `when no root has advanced for ${span(rule.time)} and ${plural(rule.blocks, "block")} while something waits, everybody may leave with a Merkle path`
    : "withdrawals are claimed against the last checked root";
}

/** The six powers here: [what, fewest owners who can stop or bend it (null: nobody can), why]. */
function powers(status, c) {
  return [
    ["prover", c.nakamoto, c.nakamoto === null ? "no work was paid yet; anyone may join with a stake, and anyone at all may deliver"
      : `${plural(c.nakamoto, "owner")} did more than half of the paid work; anyone may join, and anyone at all may deliver`],
    ["sequencer", 1, "one embedded host orders the transactions. It can leave one out, delay it, or stop everything, and it can hold back the drawing of a prover. It cannot forge a transaction, a proof or a root"],
    ["upgrade key", null, "there is none: rules and programs are fixed by the genesis hash"],
    ["data", 1, "the host keeps the blocks and serves them; whoever follows it has a whole copy of their own"],
    ["forced inclusion", 1, `${forced()}. Against the host there is none yet: it can refuse the entry itself`],
    ["exit", 1, `${exits(status)}. Against the host there is none yet: it can refuse to order the command`],
    status.check !== "proven" && ["proofs", 1, "this network does not demand proofs: batches are run again by the host, so nothing here is proven"]].filter(Boolean);
}

// The same in few words, for the table.
const brief = (c) => ({
  prover: c.nakamoto === null ? "open: anyone with a stake; no work was paid yet" : `open: anyone with a stake; ${plural(c.nakamoto, "owner")} did more than half of the work`,
  sequencer: "1 host", upgrade: "no key", data: "1 host, and whoever follows it", forced: "none against the host", exit: "none against the host",
});

export function summary(status, c) {
  return h("ul", { class: "powers" }, powers(status, c).map(([name, n, why]) =>
    h("li", { "data-power": name, "data-owners": n === null ? "none" : n }, h("strong", null, name), h("span", { class: `state ${n === null ? "good" : n === 1 ? "bad" : "warn"}` }, n === null ? (name === "prover" ? "not known yet" : "nobody") : plural(n, "owner")), h("span", null, why, "."))));
}

export async function page() {
  const status = m.model.status, list = await m.provers(), c = m.concentration(list);
  const here = brief(c);
  const rows = [["prover", "prover"], ["sequencer", "sequencer"], ["upgrade key", "upgrade"], ["data", "data"], ["forced inclusion", "forced"], ["exit", "exit"]];
  const curve = c.total === 0 ? "No work was paid yet."
    : `The poorer half of the owners did ${Math.round(100 * halfOf(c.lorenz))} % of the work. The straight line is equality.`;
  return {
    title: "Who is in charge",
    body: [
      h("p", { class: "lead" }, "The number that counts is how few owners, acting together, could stop or bend a thing. One is a monopoly. Keys are not owners: three keys made by one command are one owner."),
      w.panel("Here, now", summary(status, c), h("p", { class: "muted" }, `In the node's own words: ${status.sequencer}.`)),
      w.panel("The provers' work", w.facts([
        ["Nakamoto coefficient", c.nakamoto === null ? "no work was paid yet" : `${c.nakamoto} (owners with more than half of the work)`],
        ["Herfindahl index", c.hhi === null ? "–" : `${c.hhi.toFixed(3)} (1 is a monopoly${c.owners > 1 ? `; equal shares would be ${(1 / c.owners).toFixed(3)}` : ""})`],
        ["owners", `${grouped(c.owners)}, holding ${plural(c.keys, "key")}`]]),
        c.owners > 1 && lorenz(c.lorenz, curve),
        c.owners === 1 && c.total > 0 && h("p", { class: "bad" }, "One owner did all of the work: there is no curve to draw."),
        c.keys >= m.PROVERS && h("p", { class: "bad" }, `More than ${grouped(m.PROVERS)} provers are registered: only the first ones are counted here.`),
        h("p", { class: "muted" }, m.model.genesis?.name === "up"
          ? "polypoly up made the keys of this network's first provers: they count as one owner, whatever names they have."
          : "Keys that are not known to belong together count as owners of their own: the true number of owners may be smaller.")),
      w.panel("Beside other stacks", h("p", null, `As of ${AS_OF}, read from the named files and pages, not measured by us.`),
        h("div", { class: "wide" }, w.table("who is in charge, other stacks", [{ title: "power" }, { title: "this network" }, ...stacks.map((s) => ({ title: s.name }))],
          [...rows.map(([title, member]) => [h("strong", null, title), here[member], ...stacks.map((s) => s[member])]),
            [h("strong", null, "source"), "this node, live", ...stacks.map((s) => h("small", null, s.source))]], "")),
        h("p", null, "Markets that sell proofs:"),
        h("ul", null, markets.map(([name, text, source]) => h("li", null, h("strong", null, name), `: ${text} `, h("small", null, `(${source})`)))))],
  };
}

// The curve at one half, between its points.
function halfOf(points) {
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    if (x1 >= 0.5) return x1 === x0 ? y1 : y0 + ((0.5 - x0) / (x1 - x0)) * (y1 - y0);
  }
  return 0;
}
