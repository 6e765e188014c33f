// SPDX-License-Identifier: MIT OR Apache-2.0
// The page: which view the address names, drawn again when the node says that something happened.
import { listen } from "./api.js";
import * as demo from "./demo.js";
import { h, morph } from "./dom.js";
import { grouped, span } from "./format.js";
import * as m from "./model.js";
import { overview } from "./overview.js";
import * as places from "./places.js";
import * as power from "./power.js";
import * as requests from "./requests.js";

const EVERY = 1000;  // ms between two drawings, at least
const FEED = 50;     // events kept

const NAV = [["#/", "Overview"], ["#/requests", "Batches"], ["#/provers", "Provers"], ["#/blocks", "Blocks"],
  ["#/prices", "Prices"], ["#/incidents", "Incidents"], ["#/power", "Who is in charge"]];

const HASH = /^0x[0-9a-f]{64}$/i, ADDRESS = /^0x[0-9a-f]{40}$/i;
function view() {
  const [path, query] = location.hash.slice(1).split("?"), args = new URLSearchParams(query);
  const [, name = "", what] = path.split("/");
  if (name === "requests") return HASH.test(what || "") ? () => requests.one(what, args, redraw) : () => requests.list(args);
  if (name === "provers") return () => places.provers(args, ADDRESS.test(what || "") ? what : null);
  if (name === "blocks") return /^\d{1,15}$/.test(what || "") ? () => places.block(what) : () => places.blocks(args);
  if (name === "transactions") return () => places.transactions(args);
  if (name === "tx" && HASH.test(what || "")) return () => places.transaction(what);
  if (name === "prices") return places.prices;
  if (name === "incidents") return () => places.incidents(args);
  if (name === "power") return power.page;
  return () => overview(redraw);
}

const main = document.querySelector("main"), live = document.querySelector("#live"), nav = document.querySelector("nav.top");
let drawn = null, drawing = false, again = false, last = 0, timer = null;

function head(node, ...content) {
  const fresh = node.cloneNode(false);
  fresh.append(...content);
  morph(node, fresh);
}

function showLive() {
  const s = m.model.status;
  const age = s ? Date.now() - s.time : 0, fine = m.model.live && age < 15000;
  head(live, h("span", { class: `dot ${fine ? "good" : "bad"}`, "aria-hidden": "true" }),
    s ? `block ${grouped(s.height)}${fine ? "" : m.model.live ? `, ${span(age)} ago` : "; the line is down, trying again"}` : "asking the node");
}

// No place is the first one: going there from it is no move.
const place = () => location.hash || "#/";

async function draw() {
  timer = null;
  if (drawing) { again = true; return; }
  drawing = true;
  last = Date.now();
  const at = place(), moved = drawn !== at;
  let content;
  try {
    await m.loadStatus();
    await demo.refresh();
    content = await view()();
  } catch (error) {
    content = { title: "This cannot be shown", body: [h("p", { class: "verdict bad" }, error.message)] };
  }
  try {
    if (at === place()) show(at, content, moved);
  } finally {
    drawing = false;
  }
  showLive();
  if (again) { again = false; redraw(); }
}

function show(at, content, moved) {
  const fresh = main.cloneNode(false);
  fresh.append(h("h1", { tabindex: "-1" }, content.title), ...[content.body].flat(9).filter(Boolean));
  if (moved) main.replaceChildren(...fresh.childNodes);
  else morph(main, fresh);
  document.title = `${content.title} · ${m.model.status?.network ?? "polypoly"}`;
  document.querySelector("#network").textContent = m.model.status?.network ?? "";
  if (moved && drawn !== null) main.querySelector("h1").focus();
  drawn = at;
  main.dataset.at = at;
  for (const link of nav.querySelectorAll("a")) {
    const href = link.getAttribute("href"), here = href === "#/" ? at.length < 3 : at.startsWith(href);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Soon, but not more often than once in EVERY. */
function redraw() {
  if (timer === null) timer = setTimeout(draw, Math.max(0, last + EVERY - Date.now()));
}

function onEvent(kind, data) {
  if (kind === "market") {
    m.model.feed.unshift({ ...data, event: data.event ?? data.kind });
    m.model.feed.length = Math.min(m.model.feed.length, FEED);
    // For who listens instead of looking: what matters, not every bid.
    const said = { DEFAULTED: "A prover missed its deadline; the batch is open to anyone.", PROVEN: `A batch is ${m.proof().done}.` }[data.kind];
    if (said) document.querySelector("#said").textContent = said;
  }
  if (!document.hidden) redraw();
}

function theme() {
  const button = document.querySelector("#theme"), root = document.documentElement;
  const order = ["auto", "light", "dark"];
  let now = "auto";
  try { now = localStorage.getItem("theme") || "auto"; } catch { /* not kept then */ }
  const show = () => {
    if (now === "auto") delete root.dataset.theme;
    else root.dataset.theme = now;
    button.textContent = `Colours: ${now}`;
  };
  button.onclick = () => {
    now = order[(order.indexOf(now) + 1) % order.length];
    try { localStorage.setItem("theme", now); } catch { /* not kept then */ }
    show();
    redraw();
  };
  show();
}

// The skip link moves the focus, not the address: that names a view.
document.querySelector(".skip").onclick = (event) => {
  event.preventDefault();
  main.focus();
};
nav.append(...NAV.map(([href, title]) => h("a", { href }, title)));
theme();
demo.begin();
listen(onEvent, (on) => {
  if (m.model.live && !on) document.querySelector("#said").textContent = "The line to the node is down.";
  m.model.live = on;
  showLive();
});
addEventListener("hashchange", () => { last = 0; if (timer !== null) clearTimeout(timer); draw(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) redraw(); });
setInterval(() => { showLive(); if (!document.hidden) redraw(); }, 5000);
draw();
