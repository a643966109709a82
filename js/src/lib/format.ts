/** Numbers as a person reads them. What a number means is said where it is drawn. */

const GIB = 2 ** 30;

// toLocaleString makes a formatter at each call: 0.05 ms a number and 0.2 ms a day, half of what drawing a card took.
const formatters = new Map<number, Intl.NumberFormat>();

function formatter(least: number, most: number): Intl.NumberFormat {
  const key = least * 100 + most;
  const known =
    formatters.get(key) ?? new Intl.NumberFormat("en", { minimumFractionDigits: least, maximumFractionDigits: most });
  formatters.set(key, known);
  return known;
}

const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

const grouped = (value: number, digits = 0) => formatter(0, digits).format(value);

const fixed = (value: number, digits: number) => formatter(digits, digits).format(value);

/** A number as it is, grouped: 0.0002, 1,048,576 */
export const plain = (value: number) => grouped(value, 8);

/** 18002 → 18,002 */
export const whole = (value: number) => grouped(Math.round(value));

/** 1543714304 → 1.54 B */
export function parameters(value: number): string {
  // 999,885,952 is 1.00 B and not 1,000 M.
  if (value >= 999.5e6) return `${fixed(value / 1e9, value >= 1e11 ? 0 : value >= 1e10 ? 1 : 2)} B`;
  if (value >= 1e6) return `${grouped(value / 1e6)} M`;
  return `${grouped(value / 1e3, 1)} k`;
}

/** 8100000 → 8.1 M */
export function compact(value: number): string {
  if (value >= 999.5e3) return `${fixed(value / 1e6, 1)} M`;
  if (value >= 1e3) return `${grouped(value / 1e3, value >= 1e4 ? 0 : 1)} k`;
  return grouped(value);
}

/** Bytes as GiB without the unit: 12133000000 → 11.3; what is there is never 0.00 */
export const gib = (bytes: number) =>
  fixed(bytes / GIB, bytes > 0 && bytes < GIB / 10 ? (bytes < GIB / 200 ? 4 : 2) : 1);

/** Bytes of a file: 6200000 → 6.2 MB */
export function fileSize(bytes: number): string {
  if (bytes >= 1e9) return `${grouped(bytes / 1e9, 1)} GB`;
  if (bytes >= 1e6) return `${grouped(bytes / 1e6, 1)} MB`;
  if (bytes >= 1e3) return `${grouped(bytes / 1e3, 1)} kB`;
  return `${grouped(bytes)} B`;
}

/** Seconds as an age: 10800 → 3 h */
export function age(seconds: number): string {
  if (seconds < 60) return "less than a minute";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** How long ago a moment was: “just now”, “3 h ago”, and from a month on the day itself. Empty for what is no date. */
export function since(iso: string): string {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 60) return "just now";
  return seconds < 2_592_000 ? `${age(seconds)} ago` : day(iso);
}

/** Seconds as what is left: 45 → 45 s, 3480 → 58 min, 5760 → 1 h 36 min */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** 2026-11-20 → 20 Nov 2026; what is no date stays as it is. */
export function day(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return days.format(date);
}

/** 1 model, 24 models */
export const counted = (count: number, noun: string) => `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
