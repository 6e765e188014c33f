// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs one of these tests, or says what it lacks: exit code 77. Usage: node run.mjs SCRIPT [arguments]
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url)), [script, ...rest] = process.argv.slice(2);
const lacks = [
  [script !== "verifier.mjs" && !existsSync(join(here, "../node_modules/viem")), "the packages of web/package-lock.json"],
  [["page.mjs", "demo.mjs"].includes(script) && !existsSync(process.env.CHROMIUM || "/usr/bin/chromium"), "chromium"],
  [process.env.PP_SANITIZED === "1", "the speed of a build without sanitizers"],
].filter(([missing]) => missing).map(([, what]) => what);
if (lacks.length) {
  console.log(`SKIPPED: ${script} needs ${lacks.join(" and ")} (tools/npm.sh)`);
  process.exit(77);
}
process.argv = [process.argv[0], join(here, script), ...rest];
await import(pathToFileURL(join(here, script)));
