/** What a kernel would have written: one state for each thing a screen can show. The values are in samples.ts. */

import type { StepId, Traits } from "../src/store";
import type { DeployStep, Finding, SessionView, StepView } from "../src/wire";
import { config, costs, knobs, noCosts } from "./config-samples";
import { dataset, fileSource, rows, tokens } from "./dataset-samples";
import { configMenus, datasetMenus, deployMenus, ui } from "./menus";
import { failed, starting, training } from "./runs";
import { act, cards, fact, files, finding, GIB, link, model } from "./samples";

type SomeTraits = Partial<Traits>;

const IDS = ["model", "config", "dataset", "deploy"] as const;

const WORDS: Record<StepId, [string, string]> = {
  model: ["Choose what to start from", "Qwen2.5-1.5B-Instruct · 1.54 B"],
  config: ["Method, knobs, memory", "SFT · LoRA r16 · 11.3 GiB"],
  dataset: ["What it is trained on", "support_chats · 18,002 rows"],
  deploy: ["Write the package", "support-bot-v1"],
};

/** The stepper with the first `done` steps completed. */
export function session(done: number, undo = ""): SessionView {
  const steps = IDS.map((id, index): StepView => {
    const before = IDS[index - 1];
    return {
      id,
      status: index < done ? "completed" : index === done ? "in_progress" : "not_started",
      title: `${id[0]?.toUpperCase()}${id.slice(1)}`,
      summary: WORDS[id][index < done ? 1 : 0],
      blocked: index > done ? `Complete the step “${before}” first.` : "",
    };
  });
  return { steps, row_changes: [], undo, saved_at: "2026-11-24T06:00:00Z", saved_to: "" };
}

const statuses = (done: number) =>
  Object.fromEntries(session(done).steps.map(({ id, status }) => [id, status])) as Traits["statuses"];

const results: Traits["results"] = {
  query: "",
  cards: cards.slice(0, 6),
  from_catalogue: 0,
  from_seen: 0,
  from_hub: 0,
  from_disk: 0,
  looked_at: 0,
  bounded: false,
  hidden: 0,
  corrected: "",
  catalogue_date: "",
  searching: false,
  more: false,
  stale_seconds: null,
  notice: null,
};

const noRows = { columns: [], rows: [], offset: 0, total: 0 };
const noFiles = { files: [], folder: "packages", command: "", written_to: "", proven: "" };

/** A session as it begins: nothing chosen, the popular models shown. */
export const fresh: SomeTraits = {
  step: "model",
  query: "",
  filters: {},
  sort: "downloads",
  results,
  busy: [],
  model: null,
  config: null,
  dataset: null,
  deploy: null,
  statuses: statuses(0),
  findings: [],
  _session: session(0),
  _config: { applies: [], layers: [], changed: [], here: "", gpus_here: 0 },
  _costs: noCosts,
  _rows: noRows,
  _package: noFiles,
  _ui: ui,
  _config_menus: configMenus,
  _dataset_menus: datasetMenus,
  _deploy_menus: deployMenus,
  _protocol: 1,
};

const searched: SomeTraits = {
  ...fresh,
  query: "qwen2.5",
  filters: { chat: true, size: "small" },
  model,
  statuses: statuses(1),
  _session: session(1, "model Qwen/Qwen2.5-1.5B-Instruct"),
  results: {
    ...results,
    query: "qwen2.5",
    cards,
    from_catalogue: 3,
    from_hub: 6,
    looked_at: 60,
    catalogue_date: "2026-11-20",
    more: true,
  },
};

const refused = (message: string, rest: Partial<Finding>): SomeTraits => ({
  ...searched,
  model: null,
  statuses: { ...statuses(0), model: "error" },
  _session: session(0),
  findings: [finding("model", "error", message, rest)],
});

const noticed = (
  code: string,
  message: string,
  evidence: string,
  rest: Partial<Traits["results"]> = {},
): SomeTraits => ({
  ...searched,
  results: {
    ...results,
    query: "qwen2.5",
    cards,
    from_catalogue: 9,
    catalogue_date: "2026-11-20",
    notice: finding("model", "warning", message, { code, evidence, field: "model.search" }),
    ...rest,
  },
});

const configured: SomeTraits = {
  ...searched,
  step: "config",
  config,
  statuses: statuses(2),
  _session: session(2),
  _costs: costs,
  _config: {
    applies: knobs.map(({ name }) => name),
    layers: ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj", "embed_tokens", "lm_head"],
    changed: [
      { knob: "learning_rate", preset: "0.0001", now: "0.0002", back_to: 0.0001 },
      { knob: "batch_size", preset: "1", now: "2", back_to: 1 },
    ],
    here: "RTX A6000",
    gpus_here: 3,
  },
  findings: [
    finding("config", "warning", "A T4 has no bf16. Training would stop at its first step.", {
      field: "config.precision",
      evidence: "Compute capability 7.5 (bf16 needs 8.0).",
      fix: act("Use fp16", "configure", { precision: "fp16" }),
    }),
  ],
};

const chosenRows: SomeTraits = {
  ...configured,
  step: "dataset",
  dataset,
  statuses: statuses(3),
  _session: session(3),
  _rows: rows,
  _reading: { name: "", says: "", share: 0, words: "", first: { columns: [], rows: [], offset: 0, total: 0 } },
  _tokens: tokens,
  findings: [
    finding("dataset", "warning", "41 conversations end with a user turn. They would teach nothing.", {
      code: "ends-with-user",
      evidence: "Rows 118, 402, 977 …",
      fix: act("Leave them out", "use_dataset", { exclude_problems: ["ends-with-user"] }),
    }),
  ],
};

const launch: DeployStep["launch"] = {
  processes: null,
  flavor: "",
  timeout_hours: null,
  hub_repo: "",
  private: true,
  accelerators: "",
  gpus: 1,
  kind: "job",
};

const packaged: SomeTraits = {
  ...chosenRows,
  step: "deploy",
  findings: [],
  deploy: { name: "support-bot-v1", target: "trl", launcher: "local", launch, run: null, written_to: null },
  statuses: statuses(4),
  _session: session(4, "dataset support_chats"),
  _package: {
    files,
    folder: "packages",
    command: "",
    written_to: "",
    proven:
      "Proven of TRL 1.16.0 for supervised fine-tuning, LoRA: a small model was trained from such a package, on a processor.",
  },
};

/** Every state a screen can be in, by name. */
export const STATES = {
  "model-first": fresh,
  "model-searched": searched,
  "model-loading": {
    ...fresh,
    query: "phi",
    busy: ["search"],
    results: { ...results, query: "phi", cards: [], searching: true },
  },
  "model-searching": {
    ...searched,
    busy: ["search"],
    results: {
      ...results,
      query: "qwen2.5",
      cards: cards.slice(0, 4),
      from_catalogue: 4,
      catalogue_date: "2026-11-20",
      searching: true,
    },
  },
  "model-empty": {
    ...fresh,
    query: "nothing like it",
    filters: { chat: true },
    results: { ...results, query: "nothing like it", cards: [] },
  },
  "model-offline": noticed(
    "hub-unreachable",
    "The Hub can’t be reached.",
    "What is shown is from the built-in catalogue. Check the connection and press Enter in the search box.",
  ),
  "model-stale": noticed(
    "hub-unreachable",
    "The Hub can’t be reached, so an earlier answer is shown.",
    "It is 3 h old.",
    { from_catalogue: 3, from_hub: 6, stale_seconds: 10_800 },
  ),
  "model-limited": noticed(
    "rate-limited",
    "The Hub allows no more calls for 2 min 10 s.",
    "Many people share this address. Set HF_TOKEN to have a quota of your own.",
  ),
  "model-gated": refused(
    "meta-llama/Llama-3.2-3B-Instruct is gated and there is no token to open it with. Accept its terms on its page and set HF_TOKEN.",
    {
      evidence: "The Hub answered 401.",
      fix: link("Open your tokens", "https://huggingface.co/settings/tokens"),
    },
  ),
  "model-confirm": refused("This model weighs 42 GB. Is that meant?", {
    evidence: "More than 30 GB of weights.",
    fix: act("Yes, use it", "select_model", { repo_id: "big/model", confirmed: true }),
  }),
  "config-fits": configured,
  "config-tight": {
    ...configured,
    _costs: {
      ...costs,
      high_bytes: 15.3 * GIB,
      verdict: "tight",
      verdict_why: "15.3 GiB at most, 14.7 GiB usable: it may stop with an out-of-memory error.",
    },
  },
  "config-no": {
    ...configured,
    statuses: { ...statuses(2), config: "error" },
    _costs: {
      ...costs,
      parts: costs.parts.map((part) => ({ ...part, bytes: part.bytes * 2.1 })),
      total_bytes: 23.7 * GIB,
      low_bytes: 21.4 * GIB,
      high_bytes: 26.5 * GIB,
      verdict: "no",
      verdict_why: "21.4 GiB at least, 14.7 GiB usable.",
      unproven: ["No published run of this method backs this; its parts were counted on a small model."],
      fit: {
        changes: [
          { knob: "tuning", now: "LoRA", proposed: "QLoRA" },
          { knob: "batch_size", now: "2", proposed: "1" },
        ],
        arguments: { tuning: "qlora", batch_size: 1, accumulation: 16 },
        before_bytes: 23.7 * GIB,
        after_bytes: 9.8 * GIB,
      },
    },
    findings: [
      finding("config", "error", "This run does not fit a T4.", {
        evidence: "It needs 21.4 GiB at least; 14.7 are usable.",
        fix: act("Use QLoRA", "configure", { tuning: "qlora" }),
      }),
    ],
  },
  "config-unknown": { ...configured, _costs: noCosts, findings: [] },
  "config-refused": {
    ...configured,
    findings: [
      finding("config", "error", "A learning rate of 3 is out of range: 0 to 0.1.", {
        field: "config.learning_rate",
        evidence: "Given: 3.",
      }),
    ],
  },
  "dataset-first": { ...configured, step: "dataset", findings: [] },
  "dataset-variable": chosenRows,
  "dataset-file": {
    ...chosenRows,
    statuses: { ...statuses(3), dataset: "error" },
    dataset: {
      ...dataset,
      source: { ...fileSource, path: "support_chats.jsonl" },
      format: fact("instruction" as const, "columns named instruction and output"),
      columns: { instruction: "ticket", output: "messages" },
      excluded_rows: [2],
    },
    findings: [
      finding("dataset", "error", "3 lines are no JSON, and training would stop there.", {
        evidence: "Lines 12, 40 and 41: Expecting ',' delimiter.",
        fix: act("Leave them out", "use_dataset", { exclude_problems: ["broken-line"] }),
      }),
      finding("dataset", "info", "120 rows appear twice.", { evidence: "They are kept." }),
    ],
  },
  "dataset-missing": {
    ...configured,
    step: "dataset",
    findings: [
      finding("dataset", "error", "There is no file “missing.jsonl”.", {
        field: "dataset.source",
        evidence: "Looked in /home/anna/notebooks.",
      }),
    ],
  },
  "deploy-ready": packaged,
  "deploy-running": { ...packaged, _run: training },
  "deploy-starting": { ...packaged, _run: starting },
  "deploy-failed": { ...packaged, _run: failed },
  "deploy-blocked": {
    ...packaged,
    statuses: { ...statuses(4), dataset: "error" },
    _package: noFiles,
    findings: [
      finding("dataset", "error", "The rows of “support_chats” are not in this kernel.", {
        evidence: "They were chosen in an earlier session.",
        fix: act("Read them again", "use_dataset", { variable: "support_chats" }),
      }),
    ],
  },
  "deploy-written": {
    ...packaged,
    _package: {
      files,
      folder: "packages",
      command: "cd packages/support-bot-v1 && sh run.sh",
      written_to: "/home/anna/notebooks/packages/support-bot-v1",
      proven: "",
    },
  },
  "other-version": { ...fresh, _protocol: 2 },
} satisfies Record<string, SomeTraits>;

export type StateName = keyof typeof STATES;
