// SPDX-License-Identifier: MIT OR Apache-2.0
// The verifier for browsers on a real proof: yes, and no to every copy with a bit changed, cut off
// or grown; and it says of another binding that it is another.
// Usage: node verifier.mjs POLYPOLY GUEST.elf
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { strict as assert } from "node:assert";

// The same bits for the same seed (splitmix64, as src/base/rng.c); a failing run has printed it.
let state = BigInt(process.env.PP_SEED || 1);
console.log(`PP_SEED=${state}`);
function below(bound) {
  let z = state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
  z = BigInt.asUintN(64, (z ^ z >> 30n) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ z >> 27n) * 0x94d049bb133111ebn);
  return Number((z ^ z >> 31n) % BigInt(bound));
}
const [polypoly, guest] = process.argv.slice(2), FLIPS = 150;
const work = mkdtempSync(join(tmpdir(), "pp-verifier-")), file = join(work, "a.proof");
const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist/verifier.wasm");
try {
  const bind = "0x" + "5a".repeat(32);
  execFileSync(polypoly, ["prove", guest, "--input-u64", "10", "--bind", bind, "-o", file], { stdio: "ignore" });
  const told = JSON.parse(execFileSync(polypoly, ["verify", file, "--json"]));
  const proof = readFileSync(file);

  const module = await WebAssembly.compile(readFileSync(dist));
  assert.deepEqual(WebAssembly.Module.imports(module), [], "it imports nothing");
  const v = (await WebAssembly.instantiate(module, {})).exports;
  const memory = () => new Uint8Array(v.memory.buffer);
  const hex = (at, size) => "0x" + Buffer.from(memory().subarray(at, at + size)).toString("hex");
  const verify = (bytes) => {
    const at = v.polypoly_room(bytes.length) >>> 0;
    assert(at > 0);
    memory().set(bytes, at);
    return v.polypoly_verify(at, bytes.length);
  };

  const begin = performance.now();
  assert.equal(verify(proof), 0);
  const first = performance.now() - begin, claim = v.polypoly_claim() >>> 0;
  const output = new DataView(v.memory.buffer).getUint32(claim + 128, true);
  assert.deepEqual([hex(claim, 32), hex(claim + 32, 32), hex(claim + 64, 32), hex(claim + 96, 32), hex(claim + 132, output)],
    [told.vm_id, told.program_id, told.input_id, bind, told.output]);

  for (let i = 0; i < FLIPS; i++) {
    const other = Buffer.from(proof), part = Math.floor(proof.length / FLIPS), at = i * part + below(part), bit = below(8);
    other[at] ^= 1 << bit;
    assert.notEqual(verify(other), 0, `bit ${bit} of byte ${at} may be changed`);
  }
  assert.notEqual(verify(proof.subarray(0, proof.length - 1)), 0);
  assert.notEqual(verify(Buffer.concat([proof, Buffer.alloc(1)])), 0);
  assert.notEqual(verify(Buffer.alloc(0)), 0);
  assert.equal(v.polypoly_room(0x7fffffff), 0, "a size that no proof has");
  assert.equal(verify(proof), 0);

  const names = v.polypoly_room(52) >>> 0;
  memory().set(Buffer.alloc(52, 7), names);
  v.polypoly_bind(names);
  assert.equal(verify(proof), 100, "bound to another request");
  console.log(`verifier.wasm: ${proof.length} bytes verified in ${first.toFixed(0)} ms; ${FLIPS} copies with one bit changed refused`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
