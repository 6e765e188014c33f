// SPDX-License-Identifier: MIT OR Apache-2.0
// A headless Chromium with an empty profile that can reach nothing but this machine, and what all
// tests of the page want to know of it: errors, and requests that went elsewhere.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/** {page(options), faults, close()}: faults gathers console errors and requests that left. */
export async function open() {
  const profile = mkdtempSync(join(tmpdir(), "pp-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS, headless: true, viewport: { width: 1440, height: 900 },
  });
  const faults = [];
  const watch = (page) => {
    page.on("console", (message) => { if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`); });
    page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
    page.on("request", (request) => {
      const host = new URL(request.url()).hostname;
      if (host !== "127.0.0.1" && !request.url().startsWith("data:") && !request.url().startsWith("blob:")) faults.push(`outside: ${request.url()}`);
    });
    return page;
  };
  context.setDefaultTimeout(20000);
  return {
    faults,
    page: async () => watch(await context.newPage()),
    close: async () => { await context.close(); rmSync(profile, { recursive: true, force: true }); },
  };
}

/** Whether anything is wider than the window: the elements that are, by name. */
export const overflow = (page) => page.evaluate(() => {
  const width = document.documentElement.clientWidth, wide = [];
  if (document.documentElement.scrollWidth <= width) return wide;
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest(".scroll") && !node.classList.contains("scroll")) continue;
    if (node.getBoundingClientRect().right > width + 0.5 && node.tagName !== "A") wide.push(`${node.tagName}.${node.className} "${node.textContent.slice(0, 30)}"`);
  }
  return wide.length ? wide.slice(0, 5) : ["the document"];
});
