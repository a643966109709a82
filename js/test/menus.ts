/** The menus and timings that a kernel sends once, for the tests and the dev page. */

import type { Traits } from "../src/store";
import { knobs } from "./config-samples";
import { option } from "./samples";

export const ui: Traits["_ui"] = {
  debounce_ms: 500,
  min_characters: 2,
  poll_after_ms: 1500,
  sort_options: [
    option("trending", "Trending"),
    option("downloads", "Most downloaded"),
    option("likes", "Most liked"),
    option("recent", "Newest"),
  ],
  size_options: [option("small", "Up to 5 GB"), option("medium", "5 to 15 GB"), option("large", "15 to 100 GB")],
  show_filters: true,
};

export const configMenus: Traits["_config_menus"] = {
  knobs,
  groups: [option("updates", "Updates"), option("adapter", "Adapter"), option("saving", "Checking and saving")],
  presets: [
    option("balanced", "Balanced", "Sound defaults for a first run."),
    option("small_gpu", "Small GPU", "One short row on the card at a time; the same effective batch, slower."),
  ],
  gpus: [
    option("T4", "T4", "15 GiB"),
    option("RTX 4090", "RTX 4090", "24 GiB"),
    option("A100 80GB", "A100 80GB", "80 GiB"),
  ],
};

export const datasetMenus: Traits["_dataset_menus"] = {
  formats: [
    option("messages", "Conversations"),
    option("instruction", "Instruction and answer"),
    option("prompt_completion", "Prompt and completion"),
    option("text", "Plain text"),
  ],
  file_types: [".jsonl", ".json", ".csv", ".parquet"],
};

export const deployMenus: Traits["_deploy_menus"] = {
  targets: [option("trl", "TRL 1.16.0")],
  launchers: [
    { value: "local", label: "This machine", hint: "Nothing more." },
    { value: "hf_jobs", label: "HF Jobs", hint: "A Hub token that may write." },
  ],
};
