/** Ranges as a person reads them. */

import { plain, whole } from "./format";

const UNITS = [
  ["days", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

const short = (value: number) => (value < 10 ? plain(Math.round(10 * value) / 10) : whole(value));

/** 5760, 12240 → 1.6 – 3.4 h */
export function span(low: number, high: number): string {
  const [unit, seconds] = UNITS.find(([, size]) => high >= 1.5 * size) ?? ["s", 1];
  const [from, to] = [short(low / seconds), short(high / seconds)];
  return from === to ? `${to} ${unit}` : `${from} – ${to} ${unit}`;
}

const money = (value: number) => `$${value < 100 ? value.toFixed(2) : whole(value)}`;

/** 0.6, 1.4 → $0.60 – $1.40 */
export const dollars = (low: number, high: number) => `${money(low)} – ${money(high)}`;
