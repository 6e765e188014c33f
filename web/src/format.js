// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers and names as people read them.

const UNITS = [[10n ** 18n, "ETH"], [10n ** 9n, "gwei"]];

/** Wei (decimal string, number or bigint) with a unit that fits, four significant digits. */
export function wei(amount) {
  if (amount === null || amount === undefined) return "–";
  let value;
  try { value = BigInt(amount); } catch { return String(amount); }
  const minus = value < 0n ? "−" : "";
  if (value < 0n) value = -value;
  if (value === 0n) return "0 ETH";
  for (const [unit, name] of UNITS) {
    if (value * 1000n < unit) continue;
    const whole = value / unit, digits = Math.max(0, 5 - whole.toString().length);
    const rest = (value % unit).toString().padStart(unit.toString().length - 1, "0").slice(0, digits);
    return `${minus}${grouped(whole)}${rest.replace(/0+$/, "") && "." + rest.replace(/0+$/, "")} ${name}`;
  }
  return `${minus}${grouped(value)} wei`;
}

export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

/** 0x1234…cdef */
export const short = (hex) => (hex && hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : String(hex ?? "–"));

/** Milliseconds as a duration: "3 s", "2 min 5 s", "4 h 10 min". */
export function span(ms) {
  const sign = ms < 0 ? "−" : "", total = Math.abs(ms);
  if (total < 10000) return `${sign}${(total / 1000).toFixed(total < 1000 ? 1 : 0)} s`;
  const seconds = Math.round(total / 1000);
  if (seconds < 120) return `${sign}${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${sign}${minutes} min${seconds % 60 ? ` ${seconds % 60} s` : ""}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${sign}${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
  return `${sign}${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Wall-clock time of day, with the date where it is not today's. */
export function clock(ms) {
  if (!Number.isFinite(ms)) return "–";
  const at = new Date(ms), pad = (n) => String(n).padStart(2, "0");
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return at.toDateString() === new Date().toDateString() ? time
    : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${time}`;
}

export const bytes = (n) => (n < 2000 ? `${n} bytes` : n < 2e6 ? `${(n / 1000).toFixed(0)} kB` : `${(n / 1e6).toFixed(1)} MB`);

export const plural = (n, one, many = `${one}s`) => `${grouped(n)} ${n === 1 ? one : many}`;

export const hexNumber = (text) => (text ? Number(BigInt(text)) : 0);
