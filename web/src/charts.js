// SPDX-License-Identifier: MIT OR Apache-2.0
// Three pictures: prices over time (uPlot), the windows of a request, the Lorenz curve of work. Each
// has its words beside it for who cannot see it.
import uPlot from "uplot";
import { h, s } from "./dom.js";
import { clock, wei } from "./format.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** points: [[wall time ms, price, reserve]] oldest first, wei for a million of work. */
export function priceChart(points) {
  const box = h("div", { class: "chart", role: "img", "aria-label": priceText(points) });
  let plot = null, width = 0, dark = null;
  const above = (v) => (v > 0 ? v : null); // a logarithm has no zero
  const series = (list) => [list.map((p) => p[0] / 1000), list.map((p) => above(p[1])), list.map((p) => above(p[2]))];
  const draw = (list) => {
    const w = box.clientWidth, theme = colour("--text");
    box.setAttribute("aria-label", priceText(list));
    if (w === 0) return;
    if (plot && theme === dark) {
      if (w !== width) plot.setSize({ width: w, height: 240 });
      width = w;
      plot.setData(series(list));
      return;
    }
    if (plot) plot.destroy();
    width = w;
    dark = theme;
    const line = { stroke: colour("--line"), width: 1 }, axis = { stroke: theme, grid: line, ticks: line };
    // 1, 2 and 5 of each decade.
    const decades = (_, splits) => splits.map((v) => ([1, 2, 5].includes(Math.round(v / 10 ** Math.floor(Math.log10(v) + 1e-9))) ? v : null));
    const pad = (n) => String(n).padStart(2, "0");
    const times = (_, splits, index, space, step) => splits.map((v) => {
      const at = new Date(v * 1000);
      return step >= 86400 ? `${pad(at.getMonth() + 1)}-${pad(at.getDate())}` : `${pad(at.getHours())}:${pad(at.getMinutes())}${step < 60 ? `:${pad(at.getSeconds())}` : ""}`;
    });
    plot = new uPlot({
      width: w, height: 240, cursor: { drag: { x: false, y: false } },
      series: [{ value: (_, v) => (v === null ? "–" : clock(v * 1000)) },
        { label: "paid", stroke: colour("--accent"), width: 2, points: { show: list.length < 60 }, value: (_, v) => (v === null ? "–" : wei(Math.round(v))) },
        { label: "reserve", stroke: colour("--muted"), dash: [4, 4], value: (_, v) => (v === null ? "–" : wei(Math.round(v))) }],
      // Prices fall by orders of magnitude once provers compete.
      scales: { y: { distr: 3, log: 10 } },
      axes: [{ ...axis, values: times, space: 70 }, { ...axis, size: 96, filter: decades, grid: { ...line, filter: decades }, ticks: { ...line, filter: decades },
        values: (_, ticks) => ticks.map((v) => (v === null ? "" : wei(Math.round(v)))) }],
    }, series(list), box);
  };
  const keep = { kind: "price", data: points, update: (list) => { keep.data = list; draw(list); } };
  box.keep = keep;
  new ResizeObserver(() => draw(keep.data)).observe(box);
  return box;
}

function priceText(points) {
  const paid = points.map((p) => p[1]).filter((v) => v !== null);
  if (paid.length === 0) return "No price yet.";
  return `Prices of the last ${paid.length} proofs, for a million units of work: lowest ${wei(Math.round(Math.min(...paid)))}, ` +
    `highest ${wei(Math.round(Math.max(...paid)))}, last ${wei(Math.round(paid[paid.length - 1]))}.`;
}

/** parts: [{title, from, to, tone}], marks: [{at, title, tone}], now: all ms of one clock. */
export function windows(parts, marks, now) {
  const from = Math.min(...parts.map((p) => p.from)), ends = [...parts.map((p) => p.to), ...marks.map((m) => m.at)];
  const to = Math.max(...ends, from + 1), x = (t) => (100 * (Math.min(Math.max(t, from), to) - from)) / (to - from);
  const nowAt = now > from && now < to ? x(now) : null;
  return h("figure", { class: "windows" },
    s("svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", role: "img", "aria-label": parts.map((p) => p.title).join(", then ") },
      parts.map((p) => s("rect", { x: x(p.from), y: 3, width: Math.max(x(p.to) - x(p.from), 0.4), height: 6, class: `w-${p.tone}` }, s("title", null, p.title))),
      marks.map((m) => s("rect", { x: Math.max(x(m.at) - 0.25, 0), y: 1, width: 0.5, height: 10, class: `m-${m.tone || "plain"}` }, s("title", null, m.title))),
      nowAt !== null && s("rect", { x: nowAt - 0.2, y: 0, width: 0.4, height: 12, class: "m-now" }, s("title", null, "now"))),
    h("figcaption", null, parts.map((p) => h("span", { class: `key k-${p.tone}` }, p.title))));
}

/** points of [0, 1] × [0, 1], from (0, 0) to (1, 1). */
export function lorenz(points, words) {
  const at = ([x, y]) => `${10 + 180 * x},${190 - 180 * y}`;
  return h("figure", { class: "lorenz" },
    s("svg", { viewBox: "0 0 200 200", role: "img", "aria-label": words },
      s("rect", { x: 10, y: 10, width: 180, height: 180, class: "frame" }),
      s("polyline", { points: "10,190 190,10", class: "equal" }),
      points.length > 1 && s("polyline", { points: points.map(at).join(" "), class: "curve" })),
    h("figcaption", null, words));
}
