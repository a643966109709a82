/** Real-looking values for the tests and the dev page: models, files, findings. Whole states are in traits.ts. */

import type { StepId } from "../src/store";
import type { Badge, Card, FactInt, FactStr, Finding, ModelStep, Option } from "../src/wire";

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
