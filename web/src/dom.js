// SPDX-License-Identifier: MIT OR Apache-2.0
// Elements from plain values. Whatever a stranger wrote comes in as a string and goes out as text:
// nothing here, or anywhere on the page, reads markup from data.

const SVG = "http://www.w3.org/2000/svg";

function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node[name] = value;
    else if (name === "keep") node.keep = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  return node;
}

/** h("a", {href: "#/"}, "text", otherElement): an HTML element. */
export const h = (tag, attributes, ...children) =>
  add(set(document.createElement(tag), attributes), children);

/** The same for SVG. */
export const s = (tag, attributes, ...children) =>
  add(set(document.createElementNS(SVG, tag), attributes), children);

const LISTENERS = ["onclick", "onchange", "onsubmit"];

/**
 * Makes `old` look like `fresh` and touches only what differs, so that focus, scroll and selection
 * stay where they are. An element with `keep` is its owner's: it is replaced only by one with another
 * `keep.kind`; else keep.update(fresh's data) is called.
 */
export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName ||
      (old.keep && old.keep.kind) !== (fresh.keep && fresh.keep.kind)) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  if (old.keep) {
    old.keep.update(fresh.keep.data);
    return old;
  }
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const name of LISTENERS) if (old[name] !== fresh[name]) old[name] = fresh[name];
  const before = [...old.childNodes], after = [...fresh.childNodes];
  after.forEach((child, i) => (i < before.length ? morph(before[i], child) : old.append(child)));
  for (const child of before.slice(after.length)) child.remove();
  return old;
}
