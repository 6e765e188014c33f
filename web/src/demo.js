// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly up --demo: stop and start provers from the page. The node cannot do that; the command
// that started them can, on a port and with a token of its own, which its address carries
// (…/#demo=PORT.TOKEN). Without them nothing of this is shown.
import { h } from "./dom.js";
import * as w from "./words.js";

let supervisor = null, provers = null, failed = null;

/** Takes the token out of the address, so that it is not copied along with it. */
export function begin() {
  const found = /^#demo=(\d{1,5})\.([0-9a-f]{32})$/.exec(location.hash);
  if (found) {
    supervisor = { url: `http://127.0.0.1:${found[1]}`, token: found[2] };
    try { sessionStorage.setItem("demo", JSON.stringify(supervisor)); } catch { /* only for this view then */ }
    history.replaceState(null, "", "#/");
  } else {
    try { supervisor = JSON.parse(sessionStorage.getItem("demo")); } catch { supervisor = null; }
  }
}

async function ask(path, body) {
  const response = await fetch(supervisor.url + path, {
    method: body ? "POST" : "GET", body: body && JSON.stringify(body),
    headers: { "X-Polypoly-Token": supervisor.token, ...(body ? { "content-type": "application/json" } : {}) },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || String(response.status));
  return answer;
}

export async function refresh() {
  if (!supervisor) return;
  try {
    provers = (await ask("/demo")).provers;
    failed = null;
  } catch (error) {
    provers = null;
    failed = error.message;
  }
}

/** The panel, or null where this is no demo. */
export function part(redraw) {
  if (!supervisor) return null;
  const press = (number, what) => async () => {
    try { await ask(`/demo/${what}`, { prover: number }); } catch (error) { failed = error.message; }
    await refresh();
    redraw();
  };
  return w.panel("Try it: stop a prover", h("p", null, "Stop one while it has a batch, and watch: after the deadline its stake pays whoever delivers instead. Stop all three, and see above what is late and why."),
    provers ? h("ul", { class: "demo" }, provers.map((p, i) => h("li", null, h("strong", null, p.name), " ", w.address(p.address), " ",
      h("span", { class: `state ${p.running ? "good" : "bad"}` }, p.running ? "runs" : "stopped"), " ",
      h("button", { type: "button", "data-demo": `${p.running ? "stop" : "start"}-${i + 1}`, onclick: press(i + 1, p.running ? "stop" : "start") }, p.running ? `Stop ${p.name}` : `Start ${p.name}`))))
      : h("p", null, failed ? `The demo's supervisor does not answer: ${failed}` : "Asking the demo's supervisor …"));
}
