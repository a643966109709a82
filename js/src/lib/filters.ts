/** What a search keeps, in words: the filters that are on, each with what takes it off. */

import type { SearchFilters } from "../wire";
import { parameters } from "./format";

export type Name = keyof SearchFilters;

export const TASKS = [
  ["text-generation", "Text generation"],
  ["image-text-to-text", "Images and text"],
  ["feature-extraction", "Embeddings"],
  ["text-classification", "Classification"],
] as const;

export const LICENCES = [
  ["open", "Open"],
  ["restricted", "With conditions"],
  ["non_commercial", "Non-commercial"],
  ["unknown", "Unknown"],
] as const;

export const FORMATS = ["safetensors", "pytorch", "gguf", "onnx", "mlx", "adapter", "other"] as const;

const isOn = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/** Whether a filter keeps anything out. */
export const isFiltered = (filters: SearchFilters) => Object.values(filters).some(isOn);

const between = (from: number | null | undefined, to: number | null | undefined, said: (value: number) => string) =>
  from && to ? `${said(from)} to ${said(to)}` : from ? `from ${said(from)}` : `up to ${said(to ?? 0)}`;

const gigabytes = (bytes: number) => `${+(bytes / 1e9).toFixed(2)} GB`;

/** The filters that are on and have no button of their own above the results: their words, and what they are made of. */
export function activeFilters(filters: SearchFilters): [string, Name[]][] {
  const { task, author, gate, licences = [], formats = [] } = filters;
  const found: [string, Name[]][] = [];
  if (task) found.push([TASKS.find(([value]) => value === task)?.[1] ?? task, ["task"]]);
  if (filters.parameters_from || filters.parameters_to) {
    const range = between(filters.parameters_from, filters.parameters_to, parameters);
    found.push([`${range} params`, ["parameters_from", "parameters_to"]]);
  }
  if (filters.weight_bytes_from || filters.weight_bytes_to) {
    const range = between(filters.weight_bytes_from, filters.weight_bytes_to, gigabytes);
    found.push([`Weights ${range}`, ["weight_bytes_from", "weight_bytes_to"]]);
  }
  if (gate === "gated") found.push(["Gated only", ["gate"]]);
  if (licences.length > 0 && licences.join() !== "open") {
    const words = LICENCES.filter(([value]) => licences.includes(value)).map(([, label]) => label.toLowerCase());
    found.push([`Licence ${words.join(" or ")}`, ["licences"]]);
  }
  if (formats.length > 0) found.push([formats.join(" or "), ["formats"]]);
  if (author) found.push([`By ${author}`, ["author"]]);
  return found;
}

/** Filters without some of them. */
export const without = (filters: SearchFilters, names: readonly Name[]): SearchFilters =>
  Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name as Name)));

export type Bound = "parameters_from" | "parameters_to" | "weight_bytes_from" | "weight_bytes_to";

/** Bounds that were typed and not taken, with why. */
export type RefusedBounds = Partial<Record<Bound, { value: number | null | undefined; words: string }>>;

/** What is wrong with the bounds of which `name` is one, empty where nothing is. */
export function upsideDown(filters: SearchFilters, name: Bound): string {
  const [from, to, said] = name.startsWith("parameters")
    ? [filters.parameters_from, filters.parameters_to, parameters]
    : [filters.weight_bytes_from, filters.weight_bytes_to, gigabytes];
  return from && to && from > to ? `Nothing is at least ${said(from)} and at most ${said(to)}.` : "";
}

/** The refusals that still hold: a bound may be right once the one beside it is another. */
export const standing = (refused: RefusedBounds, filters: SearchFilters): RefusedBounds =>
  Object.fromEntries(
    Object.entries(refused).filter(
      ([name, { value }]) => value === undefined || upsideDown({ ...filters, [name]: value }, name as Bound),
    ),
  );

const TIMES: Record<string, number> = { "": 1, k: 1e3, m: 1e6, b: 1e9, g: 1e9, t: 1e12 };

/** 1.5B → 1500000000; a bare number counts in `unit`. Null where it is empty, undefined where it is no number. */
export function quantity(text: string, unit: number): number | null | undefined {
  if (!text.trim()) return null;
  const [, digits, letter = ""] = text.trim().match(/^(\d+(?:\.\d+)?)\s*([kmbgt]?)b?$/i) ?? [];
  if (!digits) return undefined;
  return Math.round(Number(digits) * (letter ? (TIMES[letter.toLowerCase()] ?? 1) : unit));
}
