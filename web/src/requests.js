// SPDX-License-Identifier: MIT OR Apache-2.0
// The list of requests, and one request's page: its timeline, bids, price, who may act next.
import * as chart from "./charts.js";
import { h } from "./dom.js";
import { clock, grouped, span, wei } from "./format.js";
import * as m from "./model.js";
import { context, proofPart, proverOf } from "./verify.js";
import * as w from "./words.js";

export async function list(args) {
  const before = args.get("before"), { items, next } = await m.requests(before);
  return {
    title: "Batches and requests",
    body: [
      h("p", { class: "lead" }, "Every batch asks the market for one delivery. Each row is such a request; open one for its whole story."),
      w.table("requests, newest first", [{ title: "request" }, { title: "stands" }, { title: "posted" }, { title: "bids", right: true }, { title: "prover" }, { title: "paid", right: true }],
        items.map((r) => [w.requestLink(r), w.state(r), w.time(m.wall(r.posted)), w.bidsOf(r), w.address(r.payee || r.primary), r.paid && r.paid !== "0" ? wei(r.paid) : "–"]),
        "No request yet: the first one comes with the first batch."),
      w.pager("#/requests", before, next)],
  };
}

// What stood when, for the bar: from the story where there is one.
function bar(r) {
  const parts = [], story = r.story || [], at = (name) => story.find((e) => e.event === name)?.time;
  const assigned = story.filter((e) => e.event === "ASSIGNED").map((e) => e.time), opened = story.filter((e) => e.event === "OPENED").map((e) => e.time);
  const closed = at("CLOSED"), end = closed ?? Math.max(r.deadline || 0, m.marketNow());
  const auctionEnd = assigned[0] ?? opened[0] ?? closed ?? Math.max(r.posted + (r.commit_window || 0) + (r.reveal_window || 0), m.marketNow());
  parts.push({ title: `auction, ${span(auctionEnd - r.posted)}`, from: r.posted, to: auctionEnd, tone: "bidding" });
  const turns = [...assigned.map((t) => [t, "proving"]), ...opened.map((t) => [t, "open"])].sort((a, b) => a[0] - b[0]);
  turns.forEach(([from, tone], i) => {
    const to = turns[i + 1]?.[0] ?? end;
    if (to > from) parts.push({ title: `${tone === "open" ? "open to anyone" : "with a prover"}, ${span(to - from)}`, from, to, tone });
  });
  const marks = story.filter((e) => ["DEFAULTED", "PROVEN"].includes(e.event)).map((e) => ({
    at: e.time, tone: e.event === "PROVEN" ? "good" : "bad", title: e.event === "PROVEN" ? m.proof().a : "the deadline was missed" }));
  if (r.state === "ASSIGNED" && r.deadline) marks.push({ at: r.deadline, title: "deadline", tone: "plain" });
  return chart.windows(parts, marks, w.TERMINAL.has(r.state) ? -1 : m.marketNow());
}

// The node's sentence with its market times, addresses and amounts as people read them.
const human = (line) => line.split(/(0x[0-9a-f]{40}|\b\d{13}\b|\b\d+ wei)/).map((part, i) =>
  i % 2 === 0 ? part : part.startsWith("0x") ? w.address(part) : part.endsWith(" wei") ? wei(part.slice(0, -4))
    : `${clock(m.wall(Number(part)))} (in ${span(Number(part) - m.marketNow())})`);

// A default and its rescue in whole sentences.
function rescue(r) {
  const fault = (r.story || []).find((e) => e.event === "DEFAULTED");
  if (!fault) return null;
  const proof = r.story.find((e) => e.event === "PROVEN" && e.time >= fault.time), close = r.story.find((e) => e.event === "CLOSED");
  return w.panel("What went wrong, and who put it right", h("ol", { class: "story rescue" },
    h("li", null, w.address(fault.account), ` was drawn to deliver this and did not: its deadline passed at ${clock(m.wall(fault.time))}.`),
    h("li", null, `It lost ${wei(fault.amount)} of its stake, and the work became open to anyone.`),
    proof ? h("li", null, w.address(proof.account), ` brought ${m.proof().a} ${span(proof.time - fault.time)} later.`) : h("li", null, "Nobody has delivered yet; whoever does is paid a bounty on top of the price."),
    close && h("li", null, w.address(close.account), ` was paid ${wei(close.amount)}. Nobody had to be asked, and nothing waited for the one who failed.`)));
}

export async function one(id, args, redraw) {
  const r = await m.request(id), bids = r.bids_list || [];
  const bound = r.proof_size ? await context(r.id, proverOf(r)) : null;
  return {
    title: w.requestName(r),
    body: [
      h("p", { class: "lead", "data-standing": r.state }, w.standing(r, m.left(r))),
      bar(r),
      rescue(r),
      w.panel("Who may act now", w.TERMINAL.has(r.state) ? h("p", null, "Nobody: it is over.")
        : h("ul", { class: "plain" }, (r.next || []).map((line) => h("li", null, human(line))))),
      w.panel("Bids", bids.length ? [
        w.table("bids", [{ title: "prover" }, { title: "bid", right: true }, { title: "drawn", right: true }],
          bids.map((b) => [w.address(b.prover), b.revealed ? wei(b.bid) : "sealed", b.claim ? "claimed" : b.rank || "–"])),
        r.match?.known && h("p", { class: r.match.right ? "good" : "bad" }, r.match.right
          ? `Recomputed from the bids, their salts and the beacon: the price ${wei(r.match.recomputed)} and the order of the draw are right.`
          : `Recomputed, the price is ${wei(r.match.recomputed)}: the draw is NOT what the market said.`)]
        : h("p", null, w.bidsOf(r) ? "The node no longer keeps them." : "None yet.")),
      w.panel("Proof", proofPart(r, bound, redraw)),
      w.panel("Story", h("ol", { class: "story" }, (r.story || []).map((e) =>
        h("li", { class: w.eventTone(e) }, w.time(m.wall(e.time)), " ", w.eventWords(e))))),
      w.panel("Terms", w.facts([
        ["request", h("code", null, r.id)],
        r.batch !== null && ["for", `batch ${r.batch} of lane ${r.lane}`],
        ["program", h("code", null, r.program_id)], ["input", h("code", null, r.input_id)],
        ["work", `${grouped(r.work)} units`], ["reserve (most that the auction pays)", wei(r.reserve)],
        ["price", r.price && r.price !== "0" ? wei(r.price) : "not set yet"],
        ["paid", r.paid && r.paid !== "0" ? wei(r.paid) : "nothing yet"],
        ["expires", r.protocol ? "never: it is offered again" : clock(m.wall(r.expires))]]))],
  };
}
