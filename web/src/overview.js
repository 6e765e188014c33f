// SPDX-License-Identifier: MIT OR Apache-2.0
// The first page: what this is, batches on their way, what happened last, who is in charge.
import * as demo from "./demo.js";
import { h } from "./dom.js";
import { grouped, plural, span, wei } from "./format.js";
import * as late from "./late.js";
import * as m from "./model.js";
import * as power from "./power.js";
import * as w from "./words.js";
import { incident } from "./places.js";

const CARDS = 6;    // of one stage; the rest is counted
const RECENT = 80; // requests that are sorted into stages; of more that wait a + tells

function card(r) {
  const left = m.left(r);
  const note = r.state === "ASSIGNED" ? [w.address(r.primary), left === null ? "" : left >= 0 ? ` ${span(left)} left` : " late"]
    : r.state === "COMMIT" || r.state === "REVEAL" ? `${plural(w.bidsOf(r), "bid")}${left !== null && left > 0 ? `, ${span(left)}` : ""}`
    : r.state === "OPEN" ? `${r.defaults ? "after a default" : r.commits ? "nobody was drawn" : "nobody bid"}, ${span(m.marketNow() - r.posted)} old`
    : [w.address(r.payee), r.paid && r.paid !== "0" ? ` ${wei(r.paid)}` : ""];
  return h("li", { class: `card c-${r.state.toLowerCase()}${r.defaults ? " hurt" : ""}`, "data-request": r.id, "data-state": r.state },
    h("strong", null, w.requestLink(r)), h("span", null, note), r.state === "RESCUED" && h("span", { class: "state warn" }, "rescued"));
}

// Delivered, and of the batches whose root waits for an earlier one too.
const delivered = (status) => status.lanes.reduce((all, l) => all + l.checked + l.accepted, 0);

function pipeline({ items: requests, next }, status) {
  const more = next !== null && requests.length > 0 && !w.TERMINAL.has(requests[requests.length - 1].state) ? "+" : "";
  const p = m.proof(), waiting = status.lanes.reduce((a, l) => a + l.open_transactions, 0);
  return h("ol", { class: "stages", "aria-label": "batches by stage" }, w.STAGES.map((stage) => {
    const inside = requests.filter((r) => stage.states.includes(r.state)), shown = inside.slice(0, CARDS);
    const count = stage.key === "ordered" ? waiting : stage.key === "done" ? delivered(status) : inside.length;
    return h("li", { class: `stage s-${stage.key}`, "data-stage": stage.key, "data-count": count },
      h("h3", null, stage.key === "done" ? `${p.done[0].toUpperCase()}${p.done.slice(1)} and paid` : stage.title, " ", h("span", { class: "count" }, grouped(count), stage.states.length > 0 && stage.key !== "done" && count > 0 && more)),
      h("p", { class: "muted" }, stage.key === "done" ? p.how : stage.text),
      stage.key === "ordered"
        ? h("p", null, waiting ? plural(waiting, "transaction") : "none waits", status.waiting ? `; ${plural(status.waiting, "more")} in the pool` : "")
        : h("ul", { class: "cards" }, shown.map(card), inside.length > shown.length && stage.key !== "done" && h("li", { class: "muted" }, `and ${inside.length - shown.length} more`)));
  }));
}

const number = (value, name, note) => h("div", { class: "number" }, h("strong", null, value), h("span", null, name), note && h("small", null, note));

export async function overview(redraw) {
  const status = m.model.status;
  const [recent, provers, faults] = await Promise.all([m.requests(null, RECENT), m.provers(), m.incidents()]);
  const requests = recent.items, oldest = await m.oldest(requests), c = m.concentration(provers), lanes = status.lanes;
  const sum = (member) => lanes.reduce((a, l) => a + l[member], 0);
  const last = requests.find((r) => w.TERMINAL.has(r.state) && r.paid && r.paid !== "0");
  return {
    title: "What happens here",
    body: [
      h("p", { class: "lead" }, "This network orders Ethereum transactions, cuts them into batches, and buys a ",
        h("em", null, status.check === "proven" ? "mathematical proof" : "check by running it again"),
        " of each from whoever sells it best. If the chosen prover fails, its stake pays another one: nobody has to be asked."),
      h("p", { class: "lead" }, status.check === "proven" ? "No key can change its rules, and nobody can fake a proof. " : "No key can change its rules. It is a network for trying out: it demands no proofs. ",
        "One host still orders the transactions; ", h("a", { href: "#/power" }, "what that host can do and what it cannot"), "."),
      h("div", { class: "numbers" },
        number(grouped(sum("transactions")), "transactions ordered", `in ${grouped(status.height)} blocks`),
        number(grouped(delivered(status)), `batches ${status.check}`, `of ${grouped(sum("batches"))}; roots advance in order, ${grouped(sum("checked"))} have`),
        number(last ? wei(last.paid) : "–", `for the last ${m.proof().noun}`, last ? w.requestName(last) : null),
        number(grouped(provers.length), provers.length === 1 ? "prover" : "provers", plural(c.owners, "owner"))),
      w.panel("Batches on their way", pipeline(recent, status)),
      late.part(status, oldest, provers),
      demo.part(redraw),
      h("div", { class: "two" },
        w.panel("Just now", m.model.feed.length
          ? h("ol", { class: "story", "data-feed": "" }, m.model.feed.slice(0, 10).map((e) => h("li", { class: w.eventTone(e) }, w.time(m.wall(e.time)), " ",
            e.request && !/^0x0+$/.test(e.request) && [w.requestLink({ id: e.request, batch: requests.find((r) => r.id === e.request)?.batch }), ": "], w.eventWords(e))))
          : h("p", { class: "muted" }, "Waiting for the next event of the market.")),
        w.panel("When somebody failed", faults.items.length ? [faults.items.slice(0, 2).map((i) => incident(i)), h("p", null, h("a", { href: "#/incidents" }, "all incidents"))]
          : h("p", null, "No prover has missed a deadline here. When one does, this says who, what it cost, and who put it right."))),
      w.panel("Who is in charge", power.summary(status, c), h("p", null, h("a", { href: "#/power" }, "beside other stacks, with sources"))),
      w.panel("Every wei accounted for", ledger(status))],
  };
}

const WORDS = { free: "on accounts", stakes: "provers' stakes", escrow: "set aside for proofs", bonds: "bonds of bids", pots: "from defaulted stakes", burned: "burned",
  locked: "balances in the rollups", pending_fees: "fees of unproven batches", withdrawn: "left the rollups, unclaimed", supply: "supply: what the sum must be" };

function ledger(status) {
  const { balanced, ...lines } = status.ledger;
  return [h("p", { class: balanced ? "verdict good" : "verdict bad", "data-balanced": String(balanced) }, balanced
    ? "The sum of all lines is the supply, to the last wei, checked behind every block." : "The lines do not add up to the supply. Something is wrong."),
    w.facts(Object.entries(lines).map(([name, value]) => [WORDS[name] || name.replaceAll("_", " "), wei(value)]))];
}
