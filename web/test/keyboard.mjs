// SPDX-License-Identifier: MIT OR Apache-2.0
// The page without a mouse and without eyes: every control is reached by Tab, in order, and is seen
// to be; Enter uses it; Chromium's accessibility tree has the parts, by role and name.
import { strict as assert } from "node:assert";

// Where the focus is among everything that takes it, and whether a person can see it.
const focus = (page) => page.evaluate(() => {
  const all = [...document.querySelectorAll("a[href], button, [tabindex='0']")].filter((e) => !e.closest("[hidden]"));
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  return { at: all.indexOf(e), of: all.length, what: `${e.tagName} ${e.textContent.slice(0, 30)}`,
    seen: box.width > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
});

/** Tab from the skip link to the end of the page. */
export async function walk(page, place) {
  await page.locator(".skip").focus();
  let last = await focus(page);
  assert.equal(last.at, 0, `${place}: the skip link stands first`);
  for (let i = 1; ; i++) {
    await page.keyboard.press("Tab");
    const now = await focus(page);
    if (last.at === last.of - 1 && now.at <= 0) return i;
    assert.equal(now.at, last.at + 1, `${place}: ${last.what} is followed by ${now.what}`);
    assert(now.seen, `${place}: nobody sees that ${now.what} has the focus`);
    last = now;
  }
}

/** The skip link, the places, the colours. */
export async function use(page) {
  const tag = () => page.evaluate(() => document.activeElement.tagName), at = () => page.evaluate(() => location.hash);
  await page.evaluate(() => { location.hash = "#/prices"; });
  await page.waitForFunction(() => document.querySelector("main").dataset.at === "#/prices");
  await page.locator(".skip").focus();
  await page.keyboard.press("Enter");
  assert.deepEqual([await tag(), await at()], ["MAIN", "#/prices"], "the skip link leads into the place, not to another");
  await page.keyboard.press("Tab");
  assert(await page.evaluate(() => document.querySelector("main").contains(document.activeElement) || document.querySelectorAll("main a[href], main button, main [tabindex='0']").length === 0));
  await page.locator('nav.top a[href="#/power"]').focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("main").dataset.at === "#/power");
  assert.deepEqual([await tag(), await page.title()], ["H1", "Who is in charge \u00b7 local"], "a new place begins at its heading, and is said");
  assert.equal(await page.getAttribute('nav.top a[href="#/power"]', "aria-current"), "page");
  await page.keyboard.press("Escape"); // there is nothing to close, and nothing is lost
  assert.deepEqual([await tag(), await at()], ["H1", "#/power"]);
  await page.locator("#theme").focus();
  for (const [key, colours] of [["Enter", "light"], ["Space", "dark"], ["Enter", "auto"]]) {
    await page.keyboard.press(key);
    assert.equal(await page.textContent("#theme"), `Colours: ${colours}`);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme ?? "auto"), colours);
  }
  // A table that is wider than the window is moved by arrows.
  await page.setViewportSize({ width: 360, height: 900 });
  await page.locator(".wide .scroll").focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector(".wide .scroll").scrollLeft > 0);
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** [role, name, live] of all that assistive technology is told of, in reading order. */
export async function tree(page) {
  const session = await page.context().newCDPSession(page), { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const by = new Map(nodes.map((n) => [n.nodeId, n])), seen = [];
  const visit = (n) => {
    if (!n.ignored) seen.push([n.role?.value, n.name?.value ?? "", n.properties?.find((p) => p.name === "live")?.value.value ?? null]);
    for (const id of n.childIds ?? []) if (by.has(id)) visit(by.get(id));
  };
  visit(nodes.find((n) => !n.parentId));
  return seen;
}

/** Every wanted [role, name] stands in the tree, in this order. */
export async function told(page, wanted) {
  const nodes = await tree(page);
  let from = 0;
  for (const [role, name] of wanted) {
    const at = nodes.findIndex(([r, n], i) => i >= from && r === role && (name instanceof RegExp ? name.test(n) : n === name));
    assert(at >= 0, `no ${role} "${name}" behind ${nodes[from - 1]}: ${JSON.stringify(nodes.slice(from).filter(([r]) => r === role).slice(0, 8))}`);
    from = at + 1;
  }
  return nodes;
}
