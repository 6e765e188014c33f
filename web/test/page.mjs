// SPDX-License-Identifier: MIT OR Apache-2.0
// The page in a headless Chromium, beside a network whose first prover dies after its bid: batches
// are seen moving without a reload, the rescue can be read from the page alone, nothing is asked of
// anybody else, nothing breaks at 360 and 1,440 pixels, axe finds nothing, hostile names stay text.
// Usage: node page.mjs POLYPOLY [--proof] [--shots DIR]   (--proof: real proofs, verified on the page)
import { strict as assert } from "node:assert";
import { execSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { open, overflow } from "./browser.mjs";
import { told, use, walk } from "./keyboard.mjs";
import { late } from "./late.mjs";
import { Network, sleep, until } from "./network.mjs";

const [polypoly, ...options] = process.argv.slice(2), real = options.includes("--proof");
const shots = options.includes("--shots") ? options[options.indexOf("--shots") + 1] : null;
const HOSTILE = "<img src=x onerror=alert(1)>&amp;\"'";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const network = new Network(polypoly, { provers: shots ? 3 : 2, work: 3000, ...(real ? { check: "proof", window: 6000, work: 60000 } : {}) });
const browser = await open();

const violated = [];
async function clean(page, what, schemes) {
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    if (!(await page.evaluate(() => Boolean(globalThis.axe)))) await page.evaluate(`(() => { ${axe}; })()`);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const v of violations) violated.push(`${what}, ${scheme}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" | ")}`);
  }
}

async function everyPlace(page, request, transaction) {
  const places = ["#/", "#/requests", `#/requests/${request}`, "#/provers", `#/provers/${network.provers[0].address}`, "#/blocks", "#/blocks/1",
    "#/transactions", `#/tx/${transaction}`, "#/prices", "#/incidents", "#/power"];
  for (const place of places) {
    await page.evaluate((hash) => { location.hash = hash; }, place);
    await page.waitForFunction((hash) => document.querySelector("main").dataset.at === hash, place);
    assert(!(await page.textContent("h1")).includes("cannot"), `${place}: ${await page.textContent("main")}`);
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await overflow(page), [], `${place} at ${width} pixels`);
    }
    // Colours are the same everywhere: dark ones are looked at where most kinds of things are.
    await clean(page, place, ["#/", "#/power"].includes(place) || place.includes("requests/") ? ["light", "dark"] : ["light"]);
  }
  assert.deepEqual(violated, []);
  await page.setViewportSize({ width: 1440, height: 900 });
}

// A node that lies: every text it answers with, and then every address, number, name of a member,
// event and error too, is hostile.
async function hostile(page, request) {
  const places = ["#/", "#/requests", `#/requests/${request}`, "#/provers", "#/blocks", "#/blocks/1", "#/transactions", "#/prices", "#/incidents", "#/power"];
  const lie = { request: HOSTILE, kind: HOSTILE, account: HOSTILE, amount: HOSTILE, time: 1, height: 1 };
  for (const all of [false, true]) {
    const twist = (value) => (Array.isArray(value) ? value.map(twist)
      : value && typeof value === "object" ? Object.fromEntries([...Object.entries(value).map(([k, v]) => [k, twist(v)]), ...(all ? [[HOSTILE, HOSTILE]] : [])])
      : typeof value === "string" && (all || !/^(0x[0-9a-f]*|\d+)$/.test(value)) ? HOSTILE : value);
    await page.route(/\/v1\/(?!requests\/0x[0-9a-f]+\/proof)|\/$/, async (route) => {
      if (route.request().resourceType() === "document") return route.continue();
      if (route.request().url().includes("/v1/events")) return route.fulfill({ contentType: "text/event-stream", body: `event: market\ndata: ${JSON.stringify(lie)}\n\n` });
      try {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: twist(await answer.json()) });
      } catch { /* asked as the lies ended */ }
    });
    await page.goto("about:blank");
    await page.goto(network.url);
    for (const place of places.filter((p) => all || ["#/", "#/incidents"].includes(p) || p.includes("requests/"))) {
      await page.evaluate((hash) => { location.hash = hash; }, place);
      await page.waitForFunction((hash) => document.querySelector("main").dataset.at === hash, place);
      assert.equal(await page.locator('img[src="x"]').count(), 0, place);
      assert.equal(await page.textContent("#network"), HOSTILE, place);
      assert.deepEqual(await overflow(page), [], `${place}, hostile`);
    }
    await page.evaluate(() => { location.hash = "#/"; });
    await page.waitForFunction((text) => document.querySelector("[data-feed]")?.textContent.includes(text), HOSTILE);
    await page.unrouteAll({ behavior: "ignoreErrors" }); // a request may be on its way
  }
  await page.route(/\/v1\/status/, (route) => route.fulfill({ status: 500, json: { error: HOSTILE } }));
  await page.evaluate(() => { location.hash = "#/prices"; });
  await page.waitForFunction((text) => document.querySelector("main .verdict")?.textContent === text, HOSTILE);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  browser.faults.splice(0, Infinity, ...browser.faults.filter((f) => !f.includes("500")));
  await page.close();
}

const shot = async (page, name) => shots && page.screenshot({ path: join(shots, `${name}.png`), fullPage: name !== "explorer" });
const at = (page, stage) => page.locator(`[data-stage="${stage}"] [data-request]`).count();

try {
  await network.start();
  const page = await browser.page(), seen = new Set();
  await page.goto(network.url);
  await page.waitForFunction(() => document.title === "What happens here · local");
  await page.evaluate(() => { window.stayed = true; });

  const watch = async (stage, seconds) => { await until(async () => (await at(page, stage)) > 0, seconds, `the page shows ${stage}`); seen.add(stage); };
  // One prover bids and dies: it is drawn all the same, defaults, and another one rescues. On a slow
  // machine it may miss the windows, or be quicker than its killer: then the next batch is tried.
  let request = null, transaction = null;
  network.startProver(0);
  if (real) {
    await network.transfer(2);
    await until(async () => (await network.requests()).some((r) => r.closed), 400, "a first delivery");
  }
  for (let i = 0; request === null; i++) {
    assert(i < 10, "no prover could be caught between its bid and its delivery");
    if (network.provers[0].child === null) network.startProver(0);
    [transaction] = await network.transfer(2);
    const number = Math.max(-1, ...(await network.requests()).map((r) => r.number));
    const caught = await until(async () => (await network.requests()).find((r) => r.number > number && (r.bids > 0 || r.state === "OPEN" || r.closed)), 60, "a bid");
    if (caught.state !== "REVEAL") continue;
    network.kill(0);
    const drawn = await until(async () => (await network.get(`/v1/requests/${caught.id}`)).story.find((e) => ["ASSIGNED", "OPENED", "CLOSED"].includes(e.event)), 60, "the draw");
    if (drawn.event === "ASSIGNED" && !(await network.get(`/v1/requests/${caught.id}`)).proven) request = caught.id;
  }
  await watch("proving", 20);
  await shot(page, "explorer-waiting");
  // While its deadline passes, another page is told lies, and one of all that can be late.
  await Promise.all([watch("open", real ? 120 : 20), ...(real || shots ? [] : [browser.page().then((other) => hostile(other, request)), browser.page().then((other) => late(other, network.url))])]);
  // Late: the page says which batch and why, and says it aloud.
  await page.waitForFunction(() => document.querySelector("[data-late]")?.textContent.includes("missed the deadline"));
  assert.match(await page.textContent("#said"), /missed its deadline/);
  network.startProver(1);
  await until(async () => (await network.get(`/v1/requests/${request}`)).state === "RESCUED", real ? 240 : 30, "the rescue");
  await watch("done", 10);
  await page.waitForFunction((id) => document.querySelector(`.incident[data-request="${id}"]`)?.textContent.includes("instead and was paid"), request);
  assert.equal(await page.evaluate(() => window.stayed), true, "no reload");

  // The story, from the page alone.
  const incident = (await page.textContent(`.incident[data-request="${request}"]`)).replaceAll("\u202f", "");
  const short = (a) => `${a.slice(0, 6)}…${a.slice(-4)}`;
  assert.match(incident, new RegExp(`${short(network.provers[0].address)} was drawn to deliver and missed its deadline. It lost \\d.* ETH`));
  assert.match(incident, new RegExp(`${short(network.provers[1].address)} brought the (proof|result) instead and was paid \\d.*, and \\d.* of the lost stake on top\\.`));
  assert.match(incident, /The rollup's fund got \d.* for its waiting/);
  assert.match(incident, /The rollup lost \d/);
  assert.equal(await page.getAttribute("[data-balanced]", "data-balanced"), "true");
  assert.equal(await page.getAttribute('[data-power="sequencer"]', "data-owners"), "1");
  if (shots) { // something on its way in every stage
    network.startProver(2);
    await network.transfer(2);
    await sleep(3500);
    await network.transfer(2);
    await sleep(1500);
    await network.transfer(1);
    await sleep(1500);
  }
  await shot(page, "explorer");

  if (!shots) {
    await page.bringToFront();
    await page.reload();
    await page.waitForSelector("[data-balanced]");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip", "the first that Tab finds");
    const nodes = await told(page, [["link", "To the content"], ["banner", ""], ["link", "polypoly"], ["button", /^Colours: /], ["navigation", "main"], ["link", "Overview"], ["link", "Who is in charge"],
      ["main", ""], ["heading", "What happens here"], ["region", "Batches on their way"], ["list", "batches by stage"], ["heading", /^With a prover/], ["region", "Is anything late?"],
      ["region", "Just now"], ["region", "When somebody failed"], ["region", "Who is in charge"], ["region", "Every wei accounted for"], ["status", ""], ["contentinfo", ""]]);
    assert(nodes.some(([role, , live]) => role === "status" && live === "polite"), "what happens is said");
    for (const place of ["#/", "#/prices", `#/requests/${request}`]) {
      await page.evaluate((hash) => { location.hash = hash; }, place);
      await page.waitForFunction((hash) => document.querySelector("main").dataset.at === hash, place);
      await walk(page, place);
      if (place === "#/prices") await told(page, [["main", ""], ["heading", "Prices"], ["image", /^Prices of the last/]]);
      if (place.includes("0x")) await told(page, [["main", ""], ["heading", /^batch \d+$/], ["image", /auction, .* then with a prover/], ["region", "Who may act now"], ["table", "bids"], ["columnheader", "drawn"], ["region", "Story"]]);
    }
    await use(page);
    await page.evaluate(() => { location.hash = "#/"; });
  }
  // Into the story of the batch, by keyboard.
  await page.locator(`[data-stage="done"] a[href="#/requests/${request}"]`).focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-standing="RESCUED"]');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  const story = await page.textContent("main");
  for (const part of ["What went wrong, and who put it right", "missed its deadline and lost", "was accepted", "Recomputed from the bids", "Nobody: it is over"]) assert(story.includes(part), part);
  await shot(page, "explorer-request");

  if (real) {
    await page.click('[data-do="verify"]');
    await page.waitForSelector('[data-verdict="proven"]');
    const sentence = await page.textContent("[data-verdict]"), ms = Number(/in (\d+) ms/.exec(sentence)[1]);
    console.log(`page: ${sentence}`);
    assert(ms <= 1000, sentence);
    await shot(page, "explorer-verified");
    // A proof of something else, bound to this request all the same, is none of it.
    const other = await page.context().newPage();
    await other.route(/\/v1\/requests\/0x[0-9a-f]{64}$/, async (route) => {
      const answer = await route.fetch(), told = await answer.json();
      return route.fulfill({ response: answer, json: { ...told, program_id: `0x${"7".repeat(64)}` } });
    });
    await other.goto(page.url());
    await other.click('[data-do="verify"]');
    await other.waitForSelector('[data-verdict="refused"]');
    assert.match(await other.textContent("[data-verdict]"), /of another program than this request asks for/);
    await other.close();
    // As a user: the file that the browser saves, and the command below it, in an empty folder.
    const folder = join(network.dir, "user"), bin = join(network.dir, "bin");
    for (const made of [folder, bin]) mkdirSync(made);
    symlinkSync(resolve(polypoly), join(bin, "polypoly"));
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a[download]")]);
    await download.saveAs(join(folder, download.suggestedFilename()));
    const command = await page.textContent("main pre"), user = { cwd: folder, env: { PATH: `${bin}:/usr/bin:/bin` }, encoding: "utf8", stdio: "pipe" };
    console.log(`$ ${command}\n${execSync(command, user).trim()}`);
    assert.throws(() => execSync(command.replace(/--bind 0x../, (b) => `--bind 0x${b.endsWith("ff") ? "00" : "ff"}`), user), { status: 1 });
    for (let i = 0; i < 3; i++) {
      await page.click('[data-do="flip"]');
      await page.waitForSelector('[data-verdict="refused"]');
      assert.match(await page.textContent("[data-verdict]"), /^byte \d+ was changed: not proven: /);
      await page.click('[data-do="verify"]');
      await page.waitForSelector('[data-verdict="proven"]');
    }
  }

  if (!shots) await everyPlace(page, request, transaction);
  if (shots) { await page.goto(`${network.url}/#/power`); await page.waitForSelector(".lorenz"); await shot(page, "explorer-power"); }
  // No script from text, no style from text, nothing from elsewhere: the policy, asked.
  const faults = browser.faults.splice(0);
  assert.deepEqual(faults, []);
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.head.append(script);
    const outside = await fetch("https://example.invalid/").then(() => true, () => false);
    return Boolean(window.ran) || outside;
  });
  assert.equal(ran, false, "the policy holds");
  assert(browser.faults.every((f) => /Content Security Policy|violates/.test(f)), browser.faults.join("\n"));

  // The line goes down and comes back: the page says so.
  network.node.kill("SIGKILL");
  await page.waitForFunction(() => document.querySelector("#live").textContent.includes("trying again"), null, { timeout: 30000 });
  console.log(`page: seen ${[...seen].join(", ")}; rescued; 12 places at two widths in two colour schemes, clean`);
} finally {
  await browser.close();
  network.stop();
}
