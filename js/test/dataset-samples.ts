/** Real-looking values of the dataset step, for the tests and the dev page: rows, what the model sees, lengths. */

import type { DatasetStep, LengthsView, SeenRow } from "../src/wire";
import { fact } from "./samples";

/** What no kind of source but one has. */
const nowhere = { path: null, revision: null, config: null, split: null, splits: [], licence: null, broken_lines: [] };

export const fileSource = { ...nowhere, kind: "file" as const, name: "support_chats.jsonl", container: "" };

export const dataset: DatasetStep = {
  source: { ...nowhere, kind: "variable", name: "support_chats", container: "DataFrame" },
  roles: {},
  eval_split: null,
  eval_rows: 0,
  limit: null,
  seed: null,
  candidates: [],
  checked_rows: null,
  first_row: { messages: "turns" },
  role_names: [],
  template: null,
  parts: [],
  rows: 18_002,
  format: fact("messages" as const, "every row has a list of turns with role and content in “messages”"),
  columns: { messages: "messages" },
  features: { messages: "list of turns", ticket: "text", opened: "date" },
  sha256: "9f2c",
  bytes: 6_200_000,
  excluded_rows: [],
  eval_share: 0.05,
  exclude_problems: [],
  recognised: null,
  turns: { answers: 41_000, conversations: 18_002, with_system: 18_002, with_tools: 0, good: 0 },
  problems: [
    {
      code: "ends-with-user",
      severity: "warning",
      message: "41 conversations end with a user turn.",
      count: 41,
      rows: [117, 401],
      evidence: "",
    },
  ],
};

const read = (text: string, role = "", special = false) => ({ text, state: "read" as const, special, ends: [], role });

export const seen: SeenRow = {
  row: 2,
  part: 0,
  parts: 2,
  total: 18_002,
  sequences: [
    {
      name: "",
      runs: [
        read("<|im_start|>", "user", true),
        read("user\nMy invoice shows last month twice."),
        read("<|im_end|>", "", true),
        read("\n"),
        read("<|im_start|>", "assistant", true),
        read("assistant\n"),
        { text: "Sorry about that. 😀", state: "trained", special: false, ends: [5, 16, 17, 19, 19], role: "" },
        { text: "<|im_end|>", state: "trained", special: true, ends: [10], role: "" },
        { text: "\n", state: "cut", special: false, ends: [1], role: "" },
      ],
      ids: [],
      trained: 6,
      read: 31,
      cut: 1,
      scored: 0,
      left: "",
      stop: "trained",
      stop_token: "<|im_end|>",
      more: false,
    },
  ],
  says: ["The answers are learnt; what comes before each is read, not learnt."],
  with_what: "transformers 5.23.0, as TRL 1.16.0 tokenises",
  problem: null,
};

export const tokens: LengthsView = {
  rows: 41_000,
  counted: 1040,
  exact: false,
  bars: [
    { above: 0, up_to: 1000, rows: 700 },
    { above: 1000, up_to: 2000, rows: 300 },
    { above: 2000, up_to: 3000, rows: 40 },
  ],
  ladder: [
    [100, 0.9],
    [1500, 0.2],
    [2047, 0.038],
    [2700, 0],
  ],
  longest: 2700,
  mean: [820, 790, 850],
  longer: [0.038, 0.028, 0.052],
  left_with_nothing: 0,
  max_length: 2048,
  least: 64,
  most: 131_072,
  does: "TRL cuts off the end of longer rows.",
  packed: [17_000, 0.97],
  tokens: [33_000_000, 31_800_000, 34_200_000],
  progress: null,
  problem: null,
};

export const rows = {
  columns: ["messages", "ticket", "opened"],
  rows: [
    [
      "system: You are a support agent.\nuser: My invoice shows last month twice.\nassistant: Sorry about that. I can see two charges for May; the second one is reversed within three days.",
      "T-20114",
      "2026-05-02",
    ],
    [
      "user: How do I change the billing address?\nassistant: Open Settings, then Billing, then Address.",
      "T-20115",
      "2026-05-02",
    ],
    ["user: Cancel my plan please\nassistant: Done. You keep access until 30 May.", "T-20117", "2026-05-03"],
    [
      "user: The export is empty since yesterday.\nassistant: Thank you for telling us. Exports were delayed and have been started again.",
      "T-20121",
      "2026-05-03",
    ],
    ["user: ¿Puedo pagar con transferencia?\nassistant: Sí, con un pedido anual.", "T-20122", "2026-05-03"],
  ],
  offset: 0,
  total: 18_002,
};

export const sources = [
  { kind: "file" as const, name: "support_chats.jsonl", detail: "6.2 MB" },
  { kind: "file" as const, name: "data/faq.csv", detail: "84.1 kB" },
  { kind: "file" as const, name: "data/old/tickets-2024.parquet", detail: "212.9 MB" },
  { kind: "variable" as const, name: "support_chats", detail: "DataFrame · 18,002 rows" },
  { kind: "variable" as const, name: "rows", detail: "list · 120 rows" },
];
