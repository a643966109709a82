/** Real-looking values for the tests and the dev page: models, knobs, rows, files. Whole states are in traits.ts. */

import type { StepId } from "../src/store";
import type {
  Badge,
  Card,
  ConfigStep,
  CostsView,
  DatasetStep,
  FactInt,
  FactStr,
  Finding,
  KnobView,
  LengthsView,
  ModelStep,
  Option,
  SeenRow,
} from "../src/wire";

export const GIB = 2 ** 30;

const int = (value: number | null, source: string): FactInt => ({ value, source });
const unknown: FactStr = { value: null, source: "not asked" };
export const option = (value: string, label: string, hint = ""): Option => ({ value, label, hint });
const badge = (text: string, tone: Badge["tone"] = "plain", why = "from config.json"): Badge => ({ text, tone, why });

const chat = badge("Chat template", "good", "chat_template in tokenizer_config.json");
const lora = badge("LoRA", "plain", "q_proj, k_proj, v_proj, o_proj: from the architecture");
const apache = badge("Apache 2.0", "plain", "license in the model card");
const gated = badge("Gated", "warn", "gated: auto, from the Hub");

function card(id: string, parameters: number | null, bytes: number | null, downloads: number, badges: Badge[]): Card {
  const [author = "", name = id] = id.split("/");
  return {
    id,
    author,
    name,
    parameters: int(parameters, "safetensors header"),
    weight_bytes: int(bytes, bytes == null ? "no weight file that is known" : "sum of the safetensors files"),
    downloads: int(downloads, "the Hub, last 30 days"),
    badges,
    origin: "hub",
    as_of: new Date().toISOString(),
    note: "",
  };
}

export const cards: Card[] = [
  card("Qwen/Qwen2.5-1.5B-Instruct", 1_543_714_304, 2.9 * GIB, 8_100_000, [chat, badge("Instruct"), lora, apache]),
  card("Qwen/Qwen2.5-7B", 7_615_616_512, 14.2 * GIB, 1_200_000, [badge("Base"), lora, apache]),
  card("Qwen/Qwen2.5-0.5B-Instruct-GGUF", 494_032_768, null, 310_000, [badge("Not trainable: GGUF", "bad"), apache]),
  card("meta-llama/Llama-3.2-3B-Instruct", 3_212_749_824, 6 * GIB, 2_400_000, [chat, lora, gated, badge("Llama 3.2")]),
  card("google/gemma-3-1b-it", 999_885_952, 1.9 * GIB, 2_000_000, [chat, lora, gated, badge("Gemma")]),
  card("HuggingFaceTB/SmolLM3-3B", 3_075_098_624, 5.7 * GIB, 190_000, [chat, badge("LoRA: name the modules"), apache]),
  card("Qwen/Qwen2.5-72B-Instruct", 72_706_203_648, 135.4 * GIB, 640_000, [chat, badge("Too large: 145 GB", "bad")]),
  card("mistralai/Mistral-7B-v0.3", 7_248_023_552, 13.5 * GIB, 880_000, [badge("No template found"), lora, apache]),
  card(
    "an-author-with-a-long-name/a-model-whose-name-was-given-by-a-script-2025-11-20-checkpoint-12000",
    null,
    null,
    12,
    [badge("Chat unknown"), badge("LoRA unknown"), badge("Licence unknown")],
  ),
];

export const fact = <T>(value: T, source = "config.json") => ({ value, source });

export const model: ModelStep = {
  repo_id: "Qwen/Qwen2.5-1.5B-Instruct",
  revision: "989aa7980e4cf806f80c7fef2b1adb7bc71aa306",
  access: fact("open" as const, "the Hub answered 200"),
  size_confirmed: false,
  use: "unstated",
  info: {
    id: "Qwen/Qwen2.5-1.5B-Instruct",
    origin: "hub",
    as_of: "2026-11-24T06:00:00Z",
    author: "Qwen",
    parameters: int(1_543_714_304, "safetensors header"),
    active_parameters: { value: null, source: "not a mixture of experts" },
    parameters_by_dtype: { BF16: 1_543_714_304 },
    weight_bytes: int(2.9 * GIB, "sum of the safetensors files"),
    download_bytes: int(2.91 * GIB, "weights and 7 files read beside them"),
    repository_bytes: int(3 * GIB, "sum of all files"),
    weight_format: fact("safetensors" as const),
    quantised: unknown,
    model_type: fact("qwen2"),
    architectures: { value: ["Qwen2ForCausalLM"], source: "config.json" },
    architecture: { value: null, source: "not asked" },
    context_length: int(32_768, "config.json"),
    chat: fact("template" as const),
    chat_template: unknown,
    instruct: fact(true),
    lora_targets: { value: null, source: "not asked" },
    licence: fact("apache-2.0"),
    licence_class: fact("open" as const),
    licence_link: unknown,
    gate: fact("open" as const),
    remote_code: fact(false),
    pipeline_tag: fact("text-generation"),
    base_model: unknown,
    base_relation: { value: null, source: "not asked" },
    instruct_version: unknown,
    downloads: int(8_100_000, "the Hub"),
    likes: int(900, "the Hub"),
    created: unknown,
    last_modified: unknown,
    revision: fact("989aa7980e4cf806f80c7fef2b1adb7bc71aa306"),
    disabled: false,
    note: "",
    problems: [],
  },
};

export const config: ConfigStep = {
  method: "sft",
  tuning: "lora",
  preset: "small_gpu",
  learning_rate: 0.0002,
  epochs: 2,
  max_steps: null,
  max_length: 2048,
  batch_size: 2,
  accumulation: 8,
  train_on: "answers",
  packing: false,
  lora_rank: 16,
  lora_alpha: 32,
  lora_dropout: 0.05,
  lora_targets: ["all-linear"],
  precision: "bf16",
  gradient_checkpointing: true,
  optimizer: "adamw_torch_fused",
  scheduler: "cosine",
  warmup_share: 0.03,
  weight_decay: 0,
  seed: 42,
  logging_steps: 10,
  quantisation_bits: 4,
  lora_variant: "plain",
  lora_modules_to_save: [],
  packing_strategy: "bfd",
  padding_free: false,
  attention: "auto",
  liger: false,
  max_grad_norm: 1,
  neftune_alpha: null,
  beta: 0.1,
  dpo_loss: "sigmoid",
  label_smoothing: 0,
  precompute_reference: false,
  kto_loss: "kto",
  desirable_weight: 1,
  undesirable_weight: 1,
  grpo_loss: "dapo",
  num_generations: 8,
  max_completion_length: 512,
  temperature: 1,
  reward_functions: [],
  eval_strategy: "epoch",
  eval_steps: null,
  save_strategy: "epoch",
  save_steps: null,
  save_limit: null,
  keep_best: false,
  report_to: "none",
  gpus: 1,
  sharding: "none",
  trainer_keys: {},
};

function knob(name: string, label: string, hint: string, rest: Partial<KnobView> = {}): KnobView {
  const blank = {
    unit: "",
    minimum: null,
    maximum: null,
    choices: [],
    main: true,
    group: "",
    trainer_names: { trl: name },
  };
  return { name, label, hint, kind: "number", ...blank, ...rest };
}

export const knobs: KnobView[] = [
  knob("method", "Method", "What the model learns from.", {
    kind: "choice",
    choices: [["sft", "Supervised fine-tuning (SFT)"]],
  }),
  knob("tuning", "Tuning", "Train every weight, or a small adapter beside frozen weights.", {
    kind: "choice",
    choices: [
      ["full", "Full"],
      ["lora", "LoRA"],
      ["qlora", "QLoRA"],
    ],
  }),
  knob("learning_rate", "Learning rate", "How big a step each update takes; too high forgets what the model knew.", {
    minimum: 0,
    maximum: 0.1,
  }),
  knob("epochs", "Epochs", "How many times the run goes over your rows.", { unit: "passes", minimum: 0, maximum: 100 }),
  knob("max_length", "Longest row", "Rows with more tokens than this are cut at their end, and memory grows with it.", {
    kind: "integer",
    unit: "tokens",
    minimum: 16,
    maximum: 1_048_576,
  }),
  knob("batch_size", "Batch size", "How many rows are on the card at once.", {
    kind: "integer",
    unit: "rows",
    minimum: 1,
    maximum: 1024,
  }),
  knob("accumulation", "Accumulation", "How many batches make one update.", {
    kind: "integer",
    unit: "batches",
    minimum: 1,
    maximum: 4096,
  }),
  knob("train_on", "Train on", "Learn to write the answers only, or the questions as well.", {
    kind: "choice",
    choices: [
      ["answers", "Answers only"],
      ["everything", "Everything"],
    ],
  }),
  knob("packing", "Packing", "Put several short rows into one sequence, so that no time goes into padding.", {
    kind: "switch",
  }),
  knob("lora_rank", "LoRA rank", "The size of the adapter; a higher rank can learn more and costs more memory.", {
    kind: "integer",
    minimum: 1,
    maximum: 1024,
  }),
  knob("precision", "Precision", "The numbers that training computes with.", {
    kind: "choice",
    choices: [
      ["bf16", "bf16"],
      ["fp16", "fp16"],
      ["fp32", "fp32"],
    ],
  }),
  knob("gradient_checkpointing", "Checkpointing", "Compute parts of each step twice instead of keeping them.", {
    kind: "switch",
  }),
  knob("lora_targets", "LoRA targets", "The layers that get an adapter, by name.", {
    kind: "text",
    main: false,
    group: "adapter",
  }),
  knob("optimizer", "Optimizer", "How updates are made.", {
    kind: "choice",
    main: false,
    group: "updates",
    choices: [
      ["adamw_torch_fused", "AdamW (fused)"],
      ["adamw_torch", "AdamW"],
      ["adamw_8bit", "AdamW 8-bit"],
      ["adafactor", "Adafactor"],
    ],
  }),
  knob("max_steps", "Stop after", "End the run after this many updates; empty runs all epochs.", {
    kind: "integer",
    main: false,
    group: "updates",
    unit: "steps",
    minimum: 1,
    maximum: 10_000_000,
  }),
  knob("seed", "Seed", "The same seed gives the same shuffling.", {
    kind: "integer",
    main: false,
    group: "updates",
    minimum: 0,
    maximum: 4_294_967_295,
  }),
];

export const costs: CostsView = {
  parts: [
    {
      name: "weights",
      label: "Weights",
      bytes: 2.9 * GIB,
      why: "1.54 B parameters × 2 bytes (bf16), from the safetensors header.",
    },
    {
      name: "adapters",
      label: "Adapters, optimizer",
      bytes: 0.7 * GIB,
      why: "18.5 M adapter weights × 16 bytes: fp32 copy, gradient, two AdamW moments.",
    },
    {
      name: "activations",
      label: "Kept activations",
      bytes: 1.9 * GIB,
      why: "One hidden state of 2 × 2048 × 1536 a layer, kept by checkpointing, over 28 layers.",
    },
    {
      name: "loss",
      label: "Loss over 151,936 words",
      bytes: 4.3 * GIB,
      why: "Logits of 2 × 2048 rows × 151,936 words in fp32, with their gradient.",
    },
    {
      name: "overhead",
      label: "Allocator, context",
      bytes: 1.5 * GIB,
      why: "CUDA context and what the allocator holds back: measured 0.6 to 2.1 GiB.",
    },
  ],
  total_bytes: 11.3 * GIB,
  low_bytes: 10.2 * GIB,
  high_bytes: 12.6 * GIB,
  capacity_bytes: 14.7 * GIB,
  gpu: "T4",
  verdict: "fits",
  verdict_why: "12.6 GiB at most, 14.7 GiB usable of a T4’s 15.0 GiB.",
  steps: 1125,
  steps_why: "18,002 rows × 1 epoch ÷ 16 examples a step.",
  effective_batch: 16,
  tokens_per_step: 32_768,
  warmup_steps: 34,
  fit: null,
  unproven: [],
  gpus: 1,
  tokens: 18_400_000,
  at_most: false,
  flops: 1.3e17,
  seconds_low: 5760,
  seconds_high: 12_240,
  seconds_why: "1.3e+17 operations at 10% to 20% of the peak of T4, 65 TFLOPS each: what published runs reach.",
  measured_bytes: null,
  after_bytes: 3.4 * GIB,
  after_why: "one answer of 1,024 tokens to a question of as many, in half precision",
  download_bytes: 3.1 * GIB,
};

export const noCosts: CostsView = {
  ...costs,
  parts: [],
  total_bytes: null,
  low_bytes: null,
  high_bytes: null,
  verdict: "unknown",
  verdict_why: "The architecture of this model is not known here, so its memory can’t be told before it is opened.",
  steps: null,
  steps_why: "Known once a dataset is chosen.",
  warmup_steps: null,
  tokens: null,
  at_most: true,
  flops: null,
  seconds_low: null,
  seconds_high: null,
  seconds_why: "The number of steps is not known yet.",
  after_bytes: null,
  after_why: "",
};

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

export const files = [
  { path: "package.yaml", bytes: 4812, about: "every choice" },
  { path: "sft.yaml", bytes: 934, about: "TRL config" },
  { path: "data/train.jsonl", bytes: 5_890_000, about: "17,102 rows" },
  { path: "data/eval.jsonl", bytes: 310_000, about: "900 rows" },
  { path: "requirements.txt", bytes: 312, about: "pinned" },
  { path: "README.md", bytes: 2210, about: "one command" },
];

export const fileText: Record<string, string> = {
  "package.yaml": `version: 1
name: support-bot-v1
model:
  repo_id: Qwen/Qwen2.5-1.5B-Instruct
  revision: 989aa7980e4cf806f80c7fef2b1adb7bc71aa306
  parameters: {value: 1543714304, source: safetensors header}
config:
  method: sft
  tuning: lora
  learning_rate: 0.0002
  max_length: 2048
dataset:
  rows: 18002
  format: {value: messages, source: every row has a list of turns}
target: {name: trl, version: 1.16.0}
`,
  "sft.yaml": `model_name_or_path: Qwen/Qwen2.5-1.5B-Instruct
datasets:
  - {path: json, data_files: data/train.jsonl}
learning_rate: 0.0002
max_length: 2048
`,
};

export function finding(
  step: StepId,
  severity: Finding["severity"],
  message: string,
  rest: Partial<Finding> = {},
): Finding {
  return { severity, step, field: `${step}.x`, code: message.slice(0, 20), message, evidence: "", fix: null, ...rest };
}

export const act = (label: string, verb: NonNullable<Finding["fix"]>["verb"], given: Record<string, unknown>) => ({
  label,
  verb,
  arguments: given,
  link: "",
});
export const link = (label: string, address: string) => ({ label, verb: "" as const, arguments: {}, link: address });
