// SPDX-License-Identifier: MIT OR Apache-2.0
// A transfer with viem: send, wait for the receipt, wait until it is final, read back.
// Usage: node viem.mjs URL PRIVATE-KEY [--no-final]
import { createPublicClient, createWalletClient, defineChain, formatEther, http, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [url, key, option] = process.argv.slice(2);
const transport = http(url);
const id = await createPublicClient({ transport }).getChainId();
const chain = defineChain({
  id, name: "polypoly", nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const client = createPublicClient({ chain, transport, pollingInterval: 500 });
const wallet = createWalletClient({ chain, transport, account: privateKeyToAccount(key) });

const to = "0x00000000000000000000000000000000000e1e0a", before = await client.getBalance({ address: to });
const hash = await wallet.sendTransaction({ to, value: parseEther("0.25") });
const receipt = await client.waitForTransactionReceipt({ hash, timeout: 60_000 });
console.log(`viem: ${hash} is ordered in block ${receipt.blockNumber}: ${receipt.status}`);

const transaction = await client.getTransaction({ hash });
const block = await client.getBlock({ blockNumber: receipt.blockNumber });
const gained = (await client.getBalance({ address: to })) - before;
if (receipt.status !== "success" || transaction.value !== parseEther("0.25") || !block.transactions.includes(hash) || gained !== parseEther("0.25"))
  throw new Error("what was read back is not what was sent");
console.log(`viem: ${to} has ${formatEther(gained)} ETH more`);

if (option !== "--no-final") {
  // "finalized" is proven here: a verified proof covers the block.
  while ((await client.getBlock({ blockTag: "finalized" })).number < receipt.blockNumber) await new Promise((f) => setTimeout(f, 1000));
  console.log(`viem: block ${receipt.blockNumber} is final`);
}
