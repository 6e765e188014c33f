// SPDX-License-Identifier: MIT OR Apache-2.0
// A network of processes for tests: a node, provers, a wallet that signs; small windows, so that a
// batch is auctioned, lost and rescued within seconds.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { privateKeyToAccount } from "viem/accounts";

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const key = (n) => "0x" + (0xa11ce000 + n).toString(16).padStart(64, "0");
export const WALLET_KEY = key(99);
const CHAIN = 412346;

/** Waits until what() gives something true, and gives that. */
export async function until(what, seconds, name) {
  for (const end = Date.now() + seconds * 1000; ;) {
    const got = await what();
    if (got) return got;
    if (Date.now() > end) throw new Error(`${name}: not within ${seconds} s`);
    await sleep(50);
  }
}

export class Network {
  /** options: name, lane, provers (number), window and work (ms), check ("re-execute" or "proof"). */
  constructor(polypoly, options) {
    this.polypoly = polypoly;
    this.o = { provers: 2, window: 1500, work: 4000, check: "re-execute", ...options };
    this.dir = mkdtempSync(join(tmpdir(), "pp-web-"));
    this.wallet = privateKeyToAccount(WALLET_KEY);
    this.nonce = 0;
    this.provers = Array.from({ length: this.o.provers }, (_, i) => ({ address: privateKeyToAccount(key(i)).address.toLowerCase(), child: null }));
    this.init();
  }

  init() {
    const words = ["node", "init", join(this.dir, "net"), "--chain-id", String(CHAIN), "--interval", "200", "--blocks", "100000",
      "--allocate", `${this.wallet.address}=1000`];
    for (const p of this.provers) words.push("--prover", `${p.address}=5`, "--account", `${p.address}=1`);
    if (this.o.check === "re-execute") words.push("--check", "re-execute");
    execFileSync(this.polypoly, words);
    const path = join(this.dir, "net/genesis.json"), genesis = JSON.parse(readFileSync(path)), { window, work } = this.o;
    if (this.o.name) genesis.name = this.o.name;
    const rollup = genesis.rollups[0];
    if (this.o.lane) rollup.name = this.o.lane;
    Object.assign(rollup.batch, { transactions: 2, blocks: 5 });
    Object.assign(rollup.request, { commit_window: window, reveal_window: window, decline_window: Math.min(Math.floor(work / 4), 60000), work_window: work, bounty_window: Math.floor(work / 2), expiry: 40 * work });
    genesis.exit.blocks = 10 ** 6; // requests have long windows here, and blocks are short
    rollup.fund.reserve_rate = String(10 ** 15);
    Object.assign(genesis.market, { rate_min: 10 ** 12, inclusion_bound: 500 });
    writeFileSync(path, JSON.stringify(genesis, null, 1));
  }

  async start() {
    this.node = spawn(this.polypoly, ["node", join(this.dir, "net"), "--listen", "127.0.0.1:0", "--quiet"], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: this.node.stdout })) { this.url = line.trim(); break; }
    if (!this.url?.startsWith("http://")) throw new Error("the node did not start");
    this.genesis = (await this.get("/v1/status")).genesis;
  }

  get = async (path) => {
    const answer = await fetch(this.url + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };

  async rpc(method, ...params) {
    const answer = await (await fetch(this.url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) })).json();
    if (answer.error) throw new Error(answer.error.message);
    return answer.result;
  }

  startProver(i) {
    const p = this.provers[i], folder = join(this.dir, `p${i}`);
    if (!p.made) {
      writeFileSync(`${folder}.key`, key(i).slice(2) + "\n", { mode: 0o600 });
      execFileSync(this.polypoly, ["prover", "init", folder, "--node", this.url, "--genesis", this.genesis, "--key-file", `${folder}.key`, "--stake", "2", "--threads", "2"]);
      p.made = true;
    }
    p.child = spawn(this.polypoly, ["prover", folder], { stdio: "ignore" });
  }

  kill(i) {
    this.provers[i].child?.kill("SIGKILL");
    this.provers[i].child = null;
  }

  /** Signed transfers, accepted by the node; gives their hashes. */
  async transfer(count) {
    const hashes = [], maxFeePerGas = 4n * BigInt(await this.rpc("eth_gasPrice"));
    for (let i = 0; i < count; i++) {
      const raw = await this.wallet.signTransaction({ chainId: CHAIN, type: "eip1559", nonce: this.nonce++, to: "0x" + "33".repeat(20), value: 10n ** 15n, gas: 21000n, maxFeePerGas, maxPriorityFeePerGas: 10n ** 9n });
      hashes.push(await this.rpc("eth_sendRawTransaction", raw));
    }
    return hashes;
  }

  requests = async () => (await this.get("/v1/requests")).items;

  stop() {
    for (let i = 0; i < this.provers.length; i++) this.kill(i);
    this.node?.kill("SIGKILL");
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
