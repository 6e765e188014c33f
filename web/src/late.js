// SPDX-License-Identifier: MIT OR Apache-2.0
// Is anything late, and why: what an operator wants to know first, from what the node tells anyway.
import { h } from "./dom.js";
import { plural, span, wei } from "./format.js";
import * as m from "./model.js";
import * as w from "./words.js";

// Why the oldest batch that waits does so, where it is not on its ordinary way.
function batch(r, provers) {
  const noun = m.proof().noun, over = r.deadline ? m.marketNow() - r.deadline : 0, full = provers.filter((p) => p.slots_used >= p.slots).length;
  if (r.state === "ASSIGNED" && over > 0) return [w.requestLink(r), ": ", w.address(r.primary), ` was to deliver ${span(over)} ago; it defaults with the next block.`];
  if (r.state !== "OPEN") return null;
  const why = r.defaults > 0 ? `${plural(r.defaults, "drawn prover")} missed the deadline`
    : r.commits === 0 ? "nobody bid for it: no prover runs, or it pays none of them enough"
    : r.bids === 0 ? "bids were sealed and none was opened: those provers are gone"
    : "everybody who was drawn declined it";
  return [w.requestLink(r), ` has waited for ${span(m.marketNow() - r.posted)}: ${why}. Anyone may bring the ${noun} now, for ${wei(r.price)}; at most ${wei(r.cap)} later.`,
    provers.length > 0 && full === provers.length ? " Every registered prover has all its slots taken." : ""];
}

function lane(l, oldest, provers) {
  const lines = [];
  if (l.incident) lines.push(["bad", [`Lane ${l.name} stands still: ${l.incident}.`]]);
  if (l.exit === "open") lines.push(["bad", [`Lane ${l.name}: no root has advanced for so long that everybody may leave.`]]);
  const why = oldest ? batch(oldest, provers) : null;
  if (why) {
    lines.push(["warn", why]);
    if (l.accepted > 0) lines.push(["warn", [`${plural(l.accepted, "batch", "batches")} behind it ${l.accepted === 1 ? "is" : "are"} ${m.proof().done} already: roots advance in order.`]]);
  }
  if (l.room === 0) lines.push(["bad", [`Lane ${l.name} takes no transactions: ${l.backlog} batches wait for a proof or to be settled, the most there may be.`]]);
  if (l.debt && l.debt !== "0") lines.push(["warn", [`The proof fund of lane ${l.name} is short and owes ${wei(l.debt)}: provers are paid once it is filled.`]]);
  return lines;
}

/** oldest: of each lane, as m.oldest gives it. */
export function part(status, oldest, provers) {
  const interval = m.model.genesis?.block?.interval || 1000, silent = Date.now() - status.time;
  const lines = status.lanes.flatMap((l, i) => lane(l, oldest[i], provers));
  if (silent > 10 * interval + 5000) lines.unshift(["bad", [`No block for ${span(silent)}: the host that makes them stands still, so nothing is ordered and no deadline passes.`]]);
  const first = oldest.filter((r) => r && !w.TERMINAL.has(r.state)).sort((a, b) => a.posted - b.posted)[0];
  return w.panel("Is anything late?", lines.length
    ? h("ul", { class: "story", "data-late": lines.length }, lines.map(([tone, line]) => h("li", { class: tone }, line)))
    : h("p", { class: "good", "data-late": 0 }, first ? ["Nothing. The oldest batch on its way, ", w.requestLink(first), `, is ${span(Math.max(0, m.marketNow() - first.posted))} old.`] : "Nothing: no batch waits."));
}
