// SPDX-License-Identifier: MIT OR Apache-2.0
// "Is anything late?", sentence by sentence: a node's answers with another state put into them, and
// what the page says of it; no line more, no line less. The batch that is spoken of stands in no
// page of the latest requests: the page has to ask for it.
import { strict as assert } from "node:assert";

const ID = `0x${"5".repeat(64)}`, WHO = `0x${"77".repeat(20)}`, NOW = 10 ** 9;

// What stands, and the lines that are to be read then.
const CASES = [
  [{ lane: { batches: 2 } }, []],
  [{ request: { state: "COMMIT" } }, [], /^Is anything late\?Nothing\. The oldest batch on its way, batch 2, is 3\d s old\.$/],
  [{ request: { state: "ASSIGNED", deadline: NOW + 5000 }, lane: { accepted: 2 } }, []],
  [{ request: { state: "ASSIGNED", deadline: NOW - 7000 }, lane: { accepted: 1 } },
    [/^batch 2: 0x7777…7777 was to deliver (\d|1\d) s ago; it defaults with the next block\.$/, /^1 batch behind it is (re-executed|proven) already: roots advance in order\.$/]],
  [{ request: { state: "OPEN", defaults: 2, commits: 3, bids: 2 }, lane: { accepted: 3 }, full: true },
    [/^batch 2 has waited for 3\d s: 2 drawn provers missed the deadline\. Anyone may bring the (result|proof) now, for 0\.5 ETH; at most 1\.5 ETH later\. Every registered prover has all its slots taken\.$/,
      /^3 batches behind it are .* already/]],
  [{ request: { state: "OPEN" }, lane: { batches: 18, room: 0, debt: "2000000000" } },
    [/nobody bid for it: no prover runs, or it pays none of them enough\. .* later\.$/, /takes no transactions: 16 batches wait for a proof or to be settled, the most there may be\.$/, /^The proof fund of lane .* is short and owes 2 gwei: provers are paid once it is filled\.$/]],
  [{ request: { state: "OPEN", commits: 2 }, lane: { incident: "its root differs", exit: "open" } },
    [/^Lane .* stands still: its root differs\.$/, /no root has advanced for so long that everybody may leave\.$/, /bids were sealed and none was opened: those provers are gone/]],
  [{ request: { state: "OPEN", commits: 2, bids: 2 }, silent: 60000 },
    [/^No block for 6\d s: the host that makes them stands still/, /everybody who was drawn declined it/]],
];

/** Opens the page anew for each case. */
export async function late(page, url) {
  let it = null, asked = 0;
  const json = (route, answer) => route.fulfill({ json: answer });
  await page.route("**/v1/status", async (route) => {
    const status = await (await route.fetch()).json();
    Object.assign(status.lanes[0], { batches: 3, checked: 2, accepted: 0, backlog: 16, room: 15, debt: "0", exit: "closed", ...it.lane });
    status.lanes.length = 1;
    return json(route, { ...status, market_time: NOW, time: Date.now() - (it.silent || 0) });
  });
  await page.route(/\/v1\/requests\?/, (route) => json(route, { items: [], next: null }));
  await page.route("**/v1/batches?lane=0&number=2", (route) => { asked++; return json(route, { items: [{ request: ID }], next: null }); });
  await page.route(`**/v1/requests/${ID}`, (route) => json(route, { id: ID, number: 2, lane: 0, batch: 2, posted: NOW - 30000, due: null, closed: null, deadline: null,
    defaults: 0, commits: 0, bids: 0, primary: WHO, payee: null, price: `${5n * 10n ** 17n}`, cap: `${15n * 10n ** 17n}`, ...it.request }));
  await page.route("**/v1/provers?*", (route) => json(route, { items: [{ address: WHO, slots: 2, slots_used: it.full ? 2 : 1, paid_work: 0 }], next: null }));
  for (const [state, lines, whole] of CASES) {
    it = state;
    await page.goto("about:blank");
    await page.goto(url);
    await page.waitForSelector("[data-late]");
    const box = page.locator("section, div", { has: page.locator("[data-late]") }).last();
    const said = await page.locator("[data-late] li").allTextContents(), what = JSON.stringify([state, said]);
    assert.equal(said.length, lines.length, what);
    lines.forEach((line, i) => assert.match(said[i], line, what));
    assert.equal(await page.getAttribute("[data-late]", "data-late"), String(lines.length));
    if (whole) assert.match(await box.textContent(), whole);
  }
  assert(asked >= CASES.length - 1, "the batch is asked for where one waits");
  await page.close();
}
