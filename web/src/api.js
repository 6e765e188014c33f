// SPDX-License-Identifier: MIT OR Apache-2.0
// What the page asks of the node that served it, and of nobody else.

async function answer(response) {
  if (response.ok) return response;
  let why = `${response.status} ${response.statusText}`;
  try { why = (await response.json()).error || why; } catch { /* the status says it */ }
  throw new Error(why);
}

export const get = async (path) => (await answer(await fetch(path))).json();
export const getBytes = async (path) => new Uint8Array(await (await answer(await fetch(path))).arrayBuffer());

/** One call of Ethereum's JSON-RPC. */
export async function rpc(method, ...params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const got = await (await answer(await fetch("/", {
    method: "POST", headers: { "content-type": "application/json" }, body,
  }))).json();
  if (got.error) throw new Error(got.error.message);
  return got.result;
}

/**
 * The node's events: on(kind, data) for each, live(true or false) when the line comes or goes.
 * The browser takes a lost line up again by itself.
 */
export function listen(on, live) {
  const source = new EventSource("/v1/events");
  source.onopen = () => live(true);
  source.onerror = () => live(false);
  for (const kind of ["block", "market"])
    source.addEventListener(kind, (event) => {
      live(true);
      try { on(kind, JSON.parse(event.data)); } catch { /* not ours to read */ }
    });
  return source;
}
