// SPDX-License-Identifier: MIT OR Apache-2.0
// web/src to web/dist: node web/build.mjs [--check]. With --check nothing is written: exit code 1
// where web/dist is not what web/src makes. verifier.wasm comes from tools/build_wasm.sh.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url)), check = process.argv.includes("--check");
const made = await build({
  entryPoints: { app: join(here, "src/main.js"), style: join(here, "src/app.css") },
  entryNames: "app", absWorkingDir: here, outdir: join(here, "dist"), write: false, bundle: true,
  minify: true, format: "esm", target: ["es2022"], charset: "utf8", legalComments: "inline", logLevel: "warning",
});
const files = made.outputFiles.map((f) => [f.path, Buffer.from(f.contents)]);
for (const name of ["index.html", "icon.svg"]) files.push([join(here, "dist", name), readFileSync(join(here, "src", name))]);

let wrong = 0;
for (const [path, bytes] of files) {
  if (!check) {
    writeFileSync(path, bytes);
    console.log(`${path}: ${bytes.length} bytes`);
    continue;
  }
  let have = null;
  try { have = readFileSync(path); } catch { /* missing */ }
  if (have === null || !have.equals(bytes)) {
    console.error(`${path} is not what web/src makes: node web/build.mjs`);
    wrong++;
  }
}
if (check && wrong === 0) console.log(`web/dist: ${files.length} files, the same from their sources`);
process.exit(wrong ? 1 : 0);
