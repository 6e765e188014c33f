// SPDX-License-Identifier: MIT OR Apache-2.0
// The market's states and events in plain sentences, and small parts that several pages show.
import { h } from "./dom.js";
import { clock, short, span, wei } from "./format.js";
import { proof } from "./model.js";

export const TERMINAL = new Set(["PAID", "INSURED", "RESCUED", "OPENPAID", "CANCELLED", "EXPIRED"]);

/** The five stages a batch flows through, and which states of its request stand in each. */
export const STAGES = [
  { key: "ordered", title: "Ordered", text: "transactions in blocks, not yet in a batch", states: [] },
  { key: "bidding", title: "Auction", text: "provers bid: sealed first, then opened", states: ["COMMIT", "REVEAL"] },
  { key: "proving", title: "With a prover", text: "a drawn winner works against a deadline", states: ["ASSIGNED"] },
  { key: "open", title: "Open to anyone", text: "the first who delivers is paid, whoever it is", states: ["OPEN"] },
  { key: "done", title: "Paid", text: "the root may advance", states: [...TERMINAL] },
];

const STATE_WORDS = {
  COMMIT: "sealed bids are taken", REVEAL: "bids are opened", ASSIGNED: "with a prover",
  OPEN: "open to anyone", PAID: "delivered in time",
  INSURED: "delivered by another, in time", RESCUED: "rescued after a default",
  OPENPAID: "delivered from the open", CANCELLED: "cancelled", EXPIRED: "expired without a proof",
};
export const stateWords = (state) => STATE_WORDS[state] || String(state);

const TONES = { RESCUED: "warn", OPEN: "warn", EXPIRED: "bad", CANCELLED: "bad", PAID: "good", INSURED: "good", OPENPAID: "good" };
export const state = (request) =>
  h("span", { class: `state ${TONES[request.state] || "busy"}` }, stateWords(request.state));

// Colours in the order in which addresses are seen: the first eight differ.
const tones = new Map();
function toneOf(address) {
  if (tones.size > 1000) tones.clear();
  if (!tones.has(address)) tones.set(address, tones.size % 8);
  return tones.get(address);
}

/** An address as a link to its prover's place, with a colour of its own beside the digits. */
export function address(of, names) {
  if (!of) return "–";
  const tone = `tone${toneOf(of.toLowerCase())}`;
  const known = names && names.get(of.toLowerCase());
  return h("a", { href: `#/provers/${of}`, class: `address ${tone}`, title: of }, known || short(of));
}

export const requestLink = (request) =>
  h("a", { href: `#/requests/${request.id}`, title: request.id }, requestName(request));
export const requestName = (request) =>
  request.batch !== null && request.batch !== undefined ? `batch ${request.batch}` : `request ${short(request.id)}`;

/** Bids so far: sealed ones while they are sealed, opened ones after. */
export const bidsOf = (r) => (r.state === "COMMIT" || r.state === "REVEAL" ? Math.max(r.commits || 0, r.bids || 0) : r.bids || 0);

/** One sentence of where a request stands and who must do what by when. left: ms to its deadline. */
export function standing(request, left, names) {
  const until = left === null ? "" : left >= 0 ? ` for ${span(left)} more` : ` (${span(-left)} over its time)`;
  switch (request.state) {
    case "COMMIT": return [`Provers are sealing bids${until}.`];
    case "REVEAL": return [`Provers are opening their bids${until}; then one of the cheapest is drawn.`];
    case "ASSIGNED": return ["Prover ", address(request.primary, names), ` was drawn and has ${left === null ? "a deadline" : left >= 0 ? span(left) : "no time"} left to deliver`,
      request.proven ? `. Another has already brought ${proof().a}, so it is safe.` : "; a default costs its stake and opens the batch to anyone."];
    case "OPEN": return [request.defaults
      ? "The drawn prover missed its deadline and lost its stake. Anyone may deliver now and is paid a bounty on top."
      : `Anyone may deliver now: the first ${proof().noun} that is accepted is paid.`];
    case "RESCUED": return ["The drawn prover failed; ", address(request.payee, names), ` brought ${proof().the} and was paid ${wei(request.paid)}.`];
    case "PAID": return ["Delivered in time by ", address(request.payee, names), `, paid ${wei(request.paid)}.`];
    case "INSURED": return ["Another prover delivered before the deadline: ", address(request.payee, names), ` was paid ${wei(request.paid)}.`];
    case "OPENPAID": return ["Delivered from the open by ", address(request.payee, names), `, paid ${wei(request.paid)}.`];
    case "CANCELLED": return ["Cancelled before anybody bid."];
    case "EXPIRED": return ["Nobody delivered in its time; the money went back."];
    default: return [stateWords(request.state)];
  }
}

/** One event of a request's story as a sentence. */
export function eventWords(event, names) {
  const who = event.account ? address(event.account, names) : "somebody", amount = wei(event.amount);
  if (event.refused) return [who, `: ${event.event} refused: ${event.text} (${event.reason})`];
  switch (event.event) {
    case "POSTED": return [`posted, ${amount} set aside for it`];
    case "COMMITTED": return [who, " sealed a bid"];
    case "REVEALED": return [who, ` opened its bid: ${amount}`];
    case "ASSIGNED": return [who, ` was drawn to deliver, for ${amount}`];
    case "DECLINED": return [who, " declined in time"];
    case "DEFAULTED": return [who, ` missed its deadline and lost ${amount} of its stake`];
    case "OPENED": return [`open to anyone, from ${amount}`];
    case "PROVEN": return [`${proof().a} by `, who, " was accepted"];
    case "OWED": return [`the fund was short: ${amount} is owed to `, who];
    case "REPAID": return [`the fund repaid ${amount} to `, who];
    case "CLOSED": return event.account && !/^0x0+$/.test(event.account) ? ["closed: ", who, ` was paid ${amount}`] : ["closed"];
    default: return [String(event.event)];
  }
}
export const eventTone = (event) =>
  event.refused ? "warn" : { DEFAULTED: "bad", OPENED: "warn", PROVEN: "good", CLOSED: "good" }[event.event] || "";

export const time = (ms) => h("time", { datetime: Number.isFinite(ms) ? new Date(ms).toISOString() : null }, clock(ms));

/** A table: columns [{title, right}], rows of cells. Scrolls by itself where it is too wide. */
export const table = (caption, columns, rows, empty) =>
  h("div", { class: "scroll", role: "region", "aria-label": `table of ${caption}`, tabindex: "0" },
    h("table", null, h("caption", { class: "sr" }, caption),
      h("thead", null, h("tr", null, columns.map((c) => h("th", { scope: "col", class: c.right && "right" }, c.title)))),
      h("tbody", null, rows.length
        ? rows.map((cells) => h("tr", null, cells.map((cell, i) => h("td", { class: columns[i].right && "right" }, cell))))
        : h("tr", null, h("td", { colspan: columns.length, class: "empty" }, empty)))));

export const panel = (title, ...content) => {
  const id = `p-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), content);
};

export const facts = (pairs) =>
  h("dl", { class: "facts" }, pairs.filter(Boolean).map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));

/** Links to the pages of a list. */
export const pager = (base, before, next) =>
  h("nav", { class: "pager", "aria-label": "pages of the list" },
    before !== null ? h("a", { href: base }, "newest") : h("span", { class: "muted" }, "newest"),
    next !== null && next !== undefined ? h("a", { href: `${base}?before=${next}`, rel: "next" }, "older") : h("span", { class: "muted" }, "oldest"));
