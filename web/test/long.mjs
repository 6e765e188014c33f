// SPDX-License-Identifier: MIT OR Apache-2.0
// A node with a long past: every list is paged by the server to its very end, the first request's
// story is told like the last one's, memory stays where it is. With a browser, how long until
// something is to be seen. Usage: node long.mjs POLYPOLY BENCH_EXPLORER [REQUESTS TRANSACTIONS [DIR]]
// DIR: kept, and taken up again where it is there.
import { strict as assert } from "node:assert";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [polypoly, bench, requests = "400", transactions = "2000", kept] = process.argv.slice(2), large = Number(requests) >= 10000 || Boolean(process.env.PP_VIEWS);
const work = mkdtempSync(join(tmpdir(), "pp-long-")), dir = kept || join(work, "net");
if (!existsSync(join(dir, "checked"))) execFileSync(bench, [dir, requests, transactions], { stdio: ["ignore", large ? "inherit" : "ignore", "inherit"] });

const begin = performance.now();
const node = spawn(polypoly, ["node", dir, "--listen", "127.0.0.1:0", "--quiet"], { stdio: ["ignore", "pipe", "inherit"] });
let browser = null, url = null;
/** Kilobytes: of the program's own memory, and of mapped files, which the system may take back. */
const memory = () => Object.fromEntries([...readFileSync(`/proc/${node.pid}/status`, "utf8").matchAll(/^(VmRSS|RssAnon|RssFile|RssShmem):\s+(\d+)/gm)].map(([, name, kb]) => [name, Number(kb)]));
const told = (what) => { const m = memory(); console.log(`${what}: ${Math.round(m.RssAnon / 1024)} MiB of its own, ${Math.round((m.RssFile + m.RssShmem) / 1024)} MiB of files`); };
const get = async (path) => {
  const answer = await fetch(url + path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

/** All items of a list, page by page; how long the slowest page took. */
async function all(path, number) {
  let before = null, seen = 0, last = Infinity, slowest = 0;
  do {
    const at = performance.now();
    const page = await get(`${path}?limit=100${before === null ? "" : `&before=${before}`}`);
    slowest = Math.max(slowest, performance.now() - at);
    assert(page.items.length <= 100);
    for (const item of page.items) {
      assert(item[number] < last, `${path}: ${item[number]} behind ${last}`);
      last = item[number];
      seen++;
    }
    before = page.next;
  } while (before !== null);
  if (large) console.log(`${path}: ${seen} items; slowest page of 100: ${slowest.toFixed(1)} ms`);
  return { seen, last };
}

async function views(story, transaction) {
  const { open } = await import("./browser.mjs");
  browser = await open();
  const page = await browser.page();
  for (const [place, ready] of [["#/", "[data-request]"], ["#/requests", "tbody a"], [`#/requests/${story}`, ".story li"], ["#/blocks", "tbody a"],
    ["#/transactions", "tbody a"], [`#/tx/${transaction}`, ".facts"], ["#/prices", ".chart canvas"], ["#/incidents", ".incident"], ["#/provers", "tbody a"], ["#/power", ".lorenz"]]) {
    let best = Infinity;
    for (let i = 0; i < 3; i++) {
      await page.goto("about:blank");
      const at = performance.now();
      await page.goto(`${url}/${place}`);
      await page.waitForSelector(ready);
      best = Math.min(best, performance.now() - at);
    }
    console.log(`${place.length > 20 ? `${place.slice(0, 16)}…` : place}: seen after ${best.toFixed(0)} ms (best of three)`);
  }
  assert.deepEqual(browser.faults, []);
}

try {
  for await (const line of createInterface({ input: node.stdout })) { url = line.trim(); break; }
  assert(url?.startsWith("http://"), "the node did not start");
  if (large) console.log(`opened in ${((performance.now() - begin) / 1000).toFixed(1)} s, log ${(statSync(join(dir, "chain.log")).size / 1e6).toFixed(0)} MB`);
  if (large) told("opened");
  const first = await all("/v1/requests", "number");
  assert(first.seen >= Number(requests) && first.last === 0, `${first.seen} requests, down to ${first.last}`);
  const batches = await all("/v1/batches", "sequence");
  assert(batches.last === 0);
  assert.equal((await get("/v1/batches?lane=0&number=0")).items[0]?.sequence, batches.seen > 8192 ? undefined : 0); // by number, the newest only
  const newest = (await get("/v1/batches?limit=1")).items[0];
  assert.deepEqual(await get(`/v1/batches?lane=0&number=${newest.number}`), { items: [newest], next: null });
  assert.deepEqual(await get("/v1/batches?lane=1&number=0"), { items: [], next: null });
  // Of a lane that has none: a page ends when it has passed over 10,000 of others.
  let pages = 0, at = "";
  for (let page = {}; page.next !== null; at = `&before=${page.next}`, pages++) {
    page = await get(`/v1/batches?lane=1${at}`);
    assert.deepEqual(page.items, []);
  }
  assert.equal(pages, Math.ceil(batches.seen / 10000));
  assert((await all("/v1/prices", "sequence")).last === 0);
  assert((await all("/v1/incidents", "sequence")).last === 0);
  assert((await all("/v1/headers", "height")).last === 0);
  if (!large || kept) assert((await all("/v1/transactions", "number")).seen >= Number(transactions) - Number(transactions) % Number(requests));
  if (large) told("every list read to its end");
  const oldest = (await get("/v1/requests?before=1")).items[0], whole = await get(`/v1/requests/${oldest.id}`);
  assert.equal(whole.story[0].event, "POSTED");
  assert.equal(whole.story.at(-1).event, "CLOSED");
  assert(whole.match.right && whole.match.bids.length === 2, "the first auction can be recomputed");
  const transaction = (await get("/v1/transactions?before=1")).items[0];
  const answer = await (await fetch(url, { method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getTransactionReceipt", params: [transaction.hash] }) })).json();
  assert.equal(answer.result.transactionHash, transaction.hash);
  if (large) await views(oldest.id, transaction.hash);
  if (large) told("looked at");
  console.log(`long: ${first.seen} requests paged to the first; its story and the first transaction's receipt are there`);
} finally {
  await browser?.close();
  node.kill("SIGKILL");
  rmSync(work, { recursive: true, force: true });
}
