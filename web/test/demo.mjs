// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly up --demo: its page stops and starts provers by the supervisor, whose token leaves the
// address at once; without the token nothing of it is shown; three keys of `up` are one owner.
// Usage: node demo.mjs POLYPOLY
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { open } from "./browser.mjs";

const dir = mkdtempSync(join(tmpdir(), "pp-demo-"));
const up = spawn(process.argv[2], ["up", dir, "--demo", "--re-execute", "--port", "0", "--no-wallet"], { stdio: ["ignore", "pipe", "inherit"] });
const browser = await open();
try {
  let url = null;
  url = await new Promise((done) => createInterface({ input: up.stdout }).on("close", () => done(null))
    .on("line", (line) => { const found = /http:\S+#demo=\S+/.exec(line); if (found) done(found[0]); }));
  assert(url, "up said where its page is");
  const page = await browser.page();
  await page.goto(url);
  for (const [press, then, word] of [["stop-2", "start-2", "stopped"], ["start-2", "stop-2", "runs"]]) {
    await page.click(`[data-demo="${press}"]`);
    await page.waitForSelector(`[data-demo="${then}"]`);
    assert.equal(await page.textContent(".demo li:nth-child(2) .state"), word);
  }
  assert(!page.url().includes("demo="), "the token has left the address");
  await page.evaluate(() => { location.hash = "#/power"; });
  await page.waitForSelector("[data-power]");
  // Beside others the last of the three may not have entered yet.
  await page.waitForFunction(() => /owners1, holding 3 keys/.test(document.querySelector("main").textContent));
  assert.deepEqual(browser.faults, []);

  const other = await browser.page();
  await other.goto(new URL(url).origin);
  await other.waitForSelector(".stages");
  assert.equal(await other.locator(".demo").count(), 0, "no token, no buttons");
  const refused = await other.evaluate(async (to) => (await fetch(to, { headers: { "X-Polypoly-Token": "0".repeat(32) } })).status, `http://127.0.0.1:${/#demo=(\d+)/.exec(url)[1]}/demo`);
  assert.equal(refused, 401);
  console.log("demo: a prover was stopped and started from the page; three keys, one owner");
} finally {
  await browser.close();
  const ended = new Promise((done) => up.on("exit", done));
  up.kill("SIGTERM");
  await ended;
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
