import { rows, seen, sources } from "./dataset-samples";
import { fileText } from "./samples";

/** What a kernel would answer to what a step asks for by itself. */
export function payloadFor(kind: string, payload: Record<string, unknown>): Record<string, unknown> {
  switch (kind) {
    case "list_sources":
      return { sources };
    case "preview_rows":
      return { rows: { ...rows, offset: payload.offset } };
    case "see_row":
      return { seen: { ...seen, row: payload.row, part: payload.part }, templates: [] };
    case "preview_file":
      return {
        path: payload.path,
        text: fileText[String(payload.path)] ?? "…",
        truncated: String(payload.path).startsWith("data/"),
      };
    case "what_needed":
      return { needs: { needs: [needed(1, "A100 80GB", 81_920), needed(2, "RTX 4090", 24_564)], why: "" } };
    case "ask_prices":
      return {
        prices: { prices: [price], as_of: "2026-11-24T10:00:00+00:00", why: "HF Jobs, by the Hub's own list." },
      };
    default:
      return {};
  }
}

const price = {
  offer: "Nvidia T4 - small",
  source: "HF Jobs",
  as_of: "2026-11-24T10:00:00+00:00",
  listed: "",
  per_hour: 0.4,
  low: 0.64,
  high: 1.36,
};

const needed = (count: number, gpu: string, memory_mib: number) => ({
  gpu,
  count,
  memory_mib,
  each_bytes: (0.8 * memory_mib * 2 ** 20) / count,
  changes: { gpus: count, sharding: count > 1 ? "zero3" : "none", accumulation: 8 / count },
});
