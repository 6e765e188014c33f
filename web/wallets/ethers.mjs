// SPDX-License-Identifier: MIT OR Apache-2.0
// A transfer with ethers: send, wait for the receipt, wait until it is final, read back.
// Usage: node ethers.mjs URL PRIVATE-KEY [--no-final]
import { JsonRpcProvider, Wallet, formatEther, parseEther } from "ethers";

const [url, key, option] = process.argv.slice(2);
// ethers repeats an answer that is younger than a quarter of a second; blocks may be faster here.
const provider = new JsonRpcProvider(url, undefined, { pollingInterval: 500, cacheTimeout: -1 });
const wallet = new Wallet(key, provider);

const to = "0x00000000000000000000000000000000000e7e45", before = await provider.getBalance(to);
const sent = await wallet.sendTransaction({ to, value: parseEther("0.5") });
const receipt = await sent.wait(1, 60_000);
console.log(`ethers: ${sent.hash} is ordered in block ${receipt.blockNumber}: status ${receipt.status}`);

const transaction = await provider.getTransaction(sent.hash);
const block = await provider.getBlock(receipt.blockNumber);
const gained = (await provider.getBalance(to)) - before;
if (receipt.status !== 1 || transaction.value !== parseEther("0.5") || !block.transactions.includes(sent.hash) || gained !== parseEther("0.5"))
  throw new Error("what was read back is not what was sent");
console.log(`ethers: ${to} has ${formatEther(gained)} ETH more`);

if (option !== "--no-final") {
  // "finalized" is proven here: a verified proof covers the block.
  while ((await provider.getBlock("finalized")).number < receipt.blockNumber) await new Promise((f) => setTimeout(f, 1000));
  console.log(`ethers: block ${receipt.blockNumber} is final`);
}
provider.destroy();
