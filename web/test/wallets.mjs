// SPDX-License-Identifier: MIT OR Apache-2.0
// cast, viem and ethers from the npm registry, as they come, against a network of ours: the examples
// of docs/wallets.md. Usage: node wallets.mjs POLYPOLY [--proof]
// Without --proof batches are run again instead of proven, where nothing is ever final.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Network, WALLET_KEY } from "./network.mjs";

const [polypoly, option] = process.argv.slice(2), real = option === "--proof", last = real ? [] : ["--no-final"];
const web = join(dirname(fileURLToPath(import.meta.url)), "..");
// What npm links is a script around the program itself, which a package for each system has.
const scope = join(web, "node_modules/@foundry-rs"), system = readdirSync(scope).find((name) => name.startsWith("cast-"));
const cast = join(scope, system, "bin/cast");
const network = new Network(polypoly, { provers: 1, ...(real ? { check: "proof", window: 3000, work: 180000 } : {}) });
const run = (program, ...words) => execFileSync(program, [...words, network.url, WALLET_KEY, ...last],
  { stdio: "inherit", timeout: real ? 900_000 : 90_000, env: { ...process.env, CAST: cast } });
try {
  await network.start();
  if (real) network.startProver(0);
  // Every metric that dashboard and alerts name is one that a node tells.
  const told = await (await fetch(`${network.url}/metrics`)).text(), named = new Set();
  for (const name of ["dashboard.json", "alerts.yml"])
    for (const [metric] of readFileSync(join(web, "../docs/prometheus", name), "utf8").matchAll(/polypoly_[a-z_]+/g)) named.add(metric);
  for (const metric of named) if (!told.includes(`\n# TYPE ${metric} `)) throw new Error(`/metrics has no ${metric}`);
  console.log(`prometheus: ${named.size} metrics named, all told`);
  run(process.execPath, join(web, "wallets/viem.mjs"));
  run(process.execPath, join(web, "wallets/ethers.mjs"));
  run("bash", join(web, "wallets/cast.sh"));
} finally {
  network.stop();
}
