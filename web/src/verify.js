// SPDX-License-Identifier: MIT OR Apache-2.0
// The verifier in this browser: the project's own C source as WebAssembly (web/verify/verifier.c).
// Of the node it takes the proof's bytes, and nothing else on trust.
import { getBytes } from "./api.js";
import { h } from "./dom.js";
import { bytes } from "./format.js";
import { proof } from "./model.js";

let verifier = null;
async function load() {
  verifier ||= (await WebAssembly.instantiateStreaming(fetch("/verifier.wasm"), {})).instance.exports;
  return verifier;
}

const fromHex = (hex) => Uint8Array.from(hex.slice(2).match(/../g), (pair) => parseInt(pair, 16));
const toHex = (data) => "0x" + [...data].map((b) => b.toString(16).padStart(2, "0")).join("");
const SET = 101; // STATUS_SET

// Tells the verifier the names of request and prover, 52 bytes at `at`; gives what binds a proof to them.
function bind(v, at, request, prover) {
  const memory = new Uint8Array(v.memory.buffer);
  memory.set(fromHex(request), at);
  memory.set(fromHex(prover), at + 32);
  const bound = v.polypoly_bind(at) >>> 0;
  return toHex(memory.subarray(bound, bound + 32));
}

/** What a proof by this prover for this request is bound to: hex of 32 bytes. */
export async function context(request, prover) {
  const v = await load();
  return bind(v, v.polypoly_room(64) >>> 0, request, prover);
}

/** What a proven run must be: why this one is not what was asked for, or null. */
function differs(request, claim) {
  if (claim.program !== request.program_id) return "it is of another program than this request asks for";
  if (claim.input !== request.input_id) return "it is of another input than this request asks for";
  const fits = { any: true, prefix: claim.output.startsWith(request.output), exact: claim.output === request.output }[request.output_match];
  return fits ? null : "its output is not what this request asks for";
}

/** {proven, weak, text, ms, claim}: what the verifier says of these bytes, brought by this prover for this request. */
export async function verify(data, request, prover) {
  const v = await load(), begin = performance.now();
  const at = v.polypoly_room(data.length + 64) >>> 0;
  if (at === 0) return { proven: false, text: "this proof is larger than the page verifies", ms: 0 };
  new Uint8Array(v.memory.buffer).set(data, at);
  bind(v, at + data.length, request.id, prover);
  const status = v.polypoly_verify(at, data.length), memory = new Uint8Array(v.memory.buffer);
  const from = v.polypoly_text() >>> 0, text = new TextDecoder().decode(memory.subarray(from, memory.indexOf(0, from)));
  const c = v.polypoly_claim() >>> 0, view = new DataView(v.memory.buffer);
  const claim = status === 0 || status === SET ? {
    machine: toHex(memory.subarray(c, c + 32)), program: toHex(memory.subarray(c + 32, c + 64)),
    input: toHex(memory.subarray(c + 64, c + 96)), "bound to": toHex(memory.subarray(c + 96, c + 128)),
    output: toHex(memory.subarray(c + 132, c + 132 + view.getUint32(c + 128, true))),
  } : null;
  const other = claim && differs(request, claim);
  return { proven: status === 0 && !other, weak: status === SET && !other, text: other || text, ms: performance.now() - begin, claim };
}

/** Whose proof of a request was accepted: the first valid one's maker. */
export const proverOf = (request) => request.insurer || request.payee || request.primary;

// What was verified on this visit, by request: it stays on show while the page goes on.
const results = new Map();
const kept = new Map(); // the last proof's bytes

async function run(request, flip, redraw) {
  results.set(request.id, { text: "the proof is being fetched" });
  redraw();
  try {
    if (!kept.has(request.id)) {
      kept.clear();
      kept.set(request.id, await getBytes(`/v1/requests/${request.id}/proof`));
    }
    const copy = kept.get(request.id).slice();
    const where = flip ? Math.floor(Math.random() * copy.length) : null;
    if (flip) copy[where] ^= 1 << Math.floor(Math.random() * 8);
    results.set(request.id, { ...(await verify(copy, request, proverOf(request))), where, size: copy.length });
  } catch (error) {
    results.set(request.id, { text: error.message, proven: false });
  }
  redraw();
}

function verdict(r) {
  if (r.proven === undefined) return h("p", { role: "status" }, r.text, " …");
  const flipped = r.where !== null && r.where !== undefined ? `byte ${r.where} was changed: ` : "";
  const sentence = r.proven ? `proven: this browser has verified all ${bytes(r.size)} in ${Math.round(r.ms)} ms`
    : r.weak ? `the proof holds (${Math.round(r.ms)} ms), but its parameters are for tests only and prove nothing to anybody`
    : `not proven: ${r.text}`;
  return [h("p", { role: "status", class: r.proven ? "verdict good" : r.weak ? "verdict warn" : "verdict bad", "data-verdict": r.proven ? "proven" : r.weak ? "weak" : "refused" }, flipped + sentence, "."),
    r.claim && h("dl", { class: "facts mono" }, Object.entries(r.claim).map(([name, value]) => [h("dt", null, name), h("dd", null, value)]))];
}

/** The part of a request's page that is about its proof. */
export function proofPart(request, bound, redraw) {
  if (proof().done !== "proven") return h("p", null, "There is none: this network runs batches again instead of demanding proofs.");
  if (!request.proof_size) return h("p", null, request.proven ? "Its proof is no longer kept by this node." : "There is no proof yet.");
  const file = `${request.id.slice(2, 14)}.proof`;
  const result = results.get(request.id);
  return [
    h("p", null, h("a", { href: `/v1/requests/${request.id}/proof`, download: file, class: "button" }, `Download the proof (${bytes(request.proof_size)})`), " ",
      h("button", { type: "button", onclick: () => run(request, false, redraw), "data-do": "verify" }, "Verify it in this browser"), " ",
      h("button", { type: "button", onclick: () => run(request, true, redraw), "data-do": "flip", class: "quiet" }, "… with one bit changed")),
    result && verdict(result),
    h("p", { class: "muted" }, "The same on a machine of yours. It must be of the program and the input that were asked for, and bound to this request and this prover:"),
    h("pre", { tabindex: "0" }, `polypoly verify ${file} --program-id ${request.program_id} --input-id ${request.input_id}${bound ? ` --bind ${bound}` : ""}`)];
}
