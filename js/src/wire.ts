/* Generated from trainpkg_widgets/wire.py and steps.py by `npm run types`. */

export interface Wire {
  ConfigStep: ConfigStep;
  DatasetStep: DatasetStep;
  DeployStep: DeployStep;
  ModelStep: ModelStep;
  answer: Answer;
  config: ConfigView;
  config_menus: ConfigMenus;
  costs: CostsView;
  dataset_menus: DatasetMenus;
  datasets: DatasetResults;
  deploy_menus: DeployMenus;
  details: DetailsView;
  intent: Intent;
  needs: NeedsView;
  package: PackageView;
  payload:
    | SearchIntent
    | LoadMoreIntent
    | SelectModelIntent
    | LookUpIntent
    | DetailsIntent
    | StateUseIntent
    | WithdrawIntent
    | ConfigureIntent
    | ImportConfigIntent
    | UseDatasetIntent
    | SearchDatasetsIntent
    | LoadScreensIntent
    | ListSourcesIntent
    | PreviewRowsIntent
    | SeeRowIntent
    | CountTokensIntent
    | UseTemplateIntent
    | ChooseGpuIntent
    | WhatNeededIntent
    | AskPricesIntent
    | DeployToIntent
    | PreviewFileIntent
    | WritePackageIntent
    | LaunchIntent
    | PushPackageIntent
    | PlanLaunchIntent
    | StopRunIntent
    | ResumeRunIntent
    | ReadLogIntent
    | GoToIntent
    | ResumeIntent
    | UndoIntent
    | CancelIntent
    | PollIntent;
  prices: PricesView;
  reading: RowsBeingRead;
  results: ResultsView;
  rows: RowsView;
  run: RunView;
  seen: SeenRow;
  session: SessionView;
  source: SourceChoice;
  template: TemplateOption;
  tokens: LengthsView;
  ui: UiView;
}
/**
 * The knobs of a run. Ranges, defaults, units and the words that explain them are in `config/step2_config.yaml`.
 *
 * `trainer_keys` are keys of the trainer that no knob stands for: they are written into its config as they are.
 * A knob that an earlier version did not have stands at what that version did.
 */
export interface ConfigStep {
  accumulation: number;
  attention: "auto" | "sdpa" | "eager" | "flash_attention_2";
  batch_size: number;
  beta: number;
  desirable_weight: number;
  dpo_loss: string;
  epochs: number;
  eval_steps: number | null;
  eval_strategy: "no" | "epoch" | "steps";
  gpus: number;
  gradient_checkpointing: boolean;
  grpo_loss: string;
  keep_best: boolean;
  kto_loss: string;
  label_smoothing: number;
  learning_rate: number;
  liger: boolean;
  logging_steps: number;
  lora_alpha: number;
  lora_dropout: number;
  lora_modules_to_save: string[];
  lora_rank: number;
  lora_targets: string[];
  lora_variant: "plain" | "rslora" | "dora";
  max_completion_length: number;
  max_grad_norm: number;
  max_length: number;
  max_steps: number | null;
  method: "sft" | "cpt" | "dpo" | "kto" | "orpo" | "reward" | "grpo";
  neftune_alpha: number | null;
  num_generations: number;
  optimizer: string;
  packing: boolean;
  packing_strategy: "bfd" | "bfd_split" | "wrapped";
  padding_free: boolean;
  precision: "bf16" | "fp16" | "fp32";
  precompute_reference: boolean;
  preset: string;
  quantisation_bits: 4 | 8;
  report_to: "none" | "tensorboard" | "wandb" | "trackio" | "mlflow";
  reward_functions: string[];
  save_limit: number | null;
  save_steps: number | null;
  save_strategy: "no" | "epoch" | "steps";
  scheduler: string;
  seed: number;
  sharding: "none" | "ddp" | "zero2" | "zero3" | "fsdp";
  temperature: number;
  train_on: "answers" | "everything" | "marked";
  trainer_keys: {
    [k: string]: unknown;
  };
  tuning: "full" | "lora" | "qlora";
  undesirable_weight: number;
  warmup_share: number;
  weight_decay: number;
}
/**
 * The chosen rows and what was found in them. The rows themselves stay with the session.
 *
 * `columns` maps what the format needs to the column that holds it; `roles` what a role is called in the rows to
 * what chat templates call it, where that was said. `sha256` is of the file's bytes, or of the rows as JSON lines
 * for a variable. `excluded_rows` are zero-based and left out of the package: those with one of `exclude_problems`.
 * `recognised` names rows that are of no format here. `turns` is None for plain text and tokens. The last
 * `eval_rows` of the rows are those of `eval_split`, which are held back whole. `limit` is the most rows trained on;
 * `seed` picks them and those held back (the run's own seed where None). `checked_rows` were looked at: fewer than
 * `rows` where the rows are a sample. `first_row` and `role_names` say what a trainer would find unprepared.
 */
export interface DatasetStep {
  bytes: number;
  candidates: FormatCandidate[];
  checked_rows: number | null;
  columns: {
    [k: string]: string;
  };
  eval_rows: number;
  eval_share: number;
  eval_split: string | null;
  exclude_problems: string[];
  excluded_rows: number[];
  features: {
    [k: string]: string;
  };
  first_row: {
    [k: string]:
      | "turns"
      | "from_value"
      | "turn"
      | "no_turns"
      | "text"
      | "text_of_turns"
      | "texts"
      | "numbers"
      | "number"
      | "switch"
      | "null"
      | "list"
      | "object"
      | "other";
  };
  format: FormatFact;
  limit: number | null;
  parts: MixturePart[];
  problems: RowProblem[];
  recognised: "media" | null;
  role_names: string[];
  roles: {
    [k: string]: string;
  };
  rows: number;
  seed: number | null;
  sha256: string;
  source: DatasetSource;
  template: TemplateChoice | null;
  turns: TurnCounts | null;
}
/**
 * A format that rows may be in, or a kind that is not trained on (`format` is then None).
 *
 * `confidence` is from 0 to 1, `columns` maps what the format needs to the column that has it.
 */
export interface FormatCandidate {
  columns: {
    [k: string]: string;
  };
  confidence: number;
  evidence: string;
  format:
    | (
        | "messages"
        | "sharegpt"
        | "instruction"
        | "prompt_completion"
        | "text"
        | "preference"
        | "kto"
        | "prompts"
        | "tokens"
      )
    | null;
  recognised: "media" | null;
}
export interface FormatFact {
  source: string;
  value:
    | (
        | "messages"
        | "sharegpt"
        | "instruction"
        | "prompt_completion"
        | "text"
        | "preference"
        | "kto"
        | "prompts"
        | "tokens"
      )
    | null;
}
/**
 * One of the datasets that are mixed. With a `weight` of 2 each row is there twice, with 0.5 every second one.
 *
 * `used_rows` is how many that makes, repeats counted; rows with one of `exclude_problems` are none of them.
 */
export interface MixturePart {
  columns: {
    [k: string]: string;
  };
  exclude_problems: string[];
  format:
    | "messages"
    | "sharegpt"
    | "instruction"
    | "prompt_completion"
    | "text"
    | "preference"
    | "kto"
    | "prompts"
    | "tokens";
  roles: {
    [k: string]: string;
  };
  rows: number;
  sha256: string;
  source: DatasetSource;
  used_rows: number;
  weight: number;
}
/**
 * Where rows come from.
 *
 * A file or a folder on this disk (`path`), a variable of the notebook (`name`), a dataset of the Hub (`name` is its
 * id, `revision` the commit it is pinned to, `config` its configuration), or a mixture of these. `split` is the one
 * that is trained on, where there are several (`splits`). `licence` is what the card of a Hub dataset names.
 * `broken_lines` of a file (the first is 1) can't be read and are left out, as if they were not there.
 */
export interface DatasetSource {
  broken_lines: number[];
  config: string | null;
  container: string;
  kind: "file" | "folder" | "variable" | "hub" | "mixture";
  licence: string | null;
  name: string;
  path: string | null;
  revision: string | null;
  split: string | null;
  splits: string[];
}
/**
 * Something wrong with some rows: how many, and the first few (zero-based), of severity error or warning.
 */
export interface RowProblem {
  code: string;
  count: number;
  evidence: string;
  message: string;
  rows: number[];
  severity: "error" | "warning";
}
/**
 * How conversations are printed for one model: a chat template for it that has none, the token it stops at.
 *
 * `text` is the Jinja template, empty where the model's own stands; `stop_token` is empty where its own stands.
 */
export interface TemplateChoice {
  model: string;
  name: string;
  stop_token: string;
  text: string;
}
/**
 * What the rows that are kept hold: answers that can be learnt, and how many rows are of some kind.
 *
 * `conversations` have turns that only a chat template can print; an instruction and its answer are also plain text.
 * `good` is how many rows are judged good (KTO).
 */
export interface TurnCounts {
  answers: number;
  conversations: number;
  good: number;
  with_system: number;
  with_tools: number;
}
/**
 * What the package is called, the trainer it is written for, and where it runs.
 *
 * `written_to` is where it was written last, and `run` the id of the run that was launched last: no choices.
 */
export interface DeployStep {
  launch: LaunchChoices;
  launcher: "local" | "hf_jobs" | "skypilot" | "kubernetes";
  name: string;
  run: string | null;
  target: "trl" | "axolotl" | "llamafactory" | "unsloth";
  written_to: string | null;
}
/**
 * How a package is launched. What a launcher does not use, it leaves alone; None and "" mean: as suggested.
 *
 * `processes` is how many GPUs train together on this machine; `flavor` is the hardware of HF Jobs; `hub_repo` is
 * where the package and what it trains are kept on the Hub; `accelerators` are SkyPilot's ("A100:1"); `gpus` and
 * `kind` are Kubernetes'.
 */
export interface LaunchChoices {
  accelerators: string;
  flavor: string;
  gpus: number;
  hub_repo: string;
  kind: "job" | "trainjob";
  private: boolean;
  processes: number | null;
  timeout_hours: number | null;
}
/**
 * The chosen base model, with every fact that was known when it was chosen.
 *
 * `revision` is the commit the package pins (a local folder has none). `access` is what the Hub said to
 * this token, unknown when nobody asked. `size_confirmed` records that a person accepted a large model, `use` what
 * that person said the tuned model is for.
 */
export interface ModelStep {
  access: AccessFact;
  info: ModelInfo;
  repo_id: string;
  revision: string | null;
  size_confirmed: boolean;
  use: "unstated" | "commercial" | "research";
}
export interface AccessFact {
  source: string;
  value: ("open" | "granted" | "no_token" | "bad_token" | "not_accepted" | "pending" | "disabled") | null;
}
/**
 * One model. `id` is `author/name` on the Hub, or the path of a local folder.
 *
 * Units: parameters and downloads are counts, `*_bytes` are bytes, dates are ISO 8601 (UTC).
 * Three sizes, three numbers: `weight_bytes` is what loading reads into memory, `download_bytes` what loading fetches
 * (weights, configuration, tokenizer), `repository_bytes` every file in every format at this revision.
 * `active_parameters` are those that a token uses of a mixture of experts.
 * `base_relation` says how the model was made from `base_model`; `instruct_version` names what is tuned beside it.
 * `problems` are sentences on what in the model's own files would stop a run.
 */
export interface ModelInfo {
  active_parameters: FactInt;
  architecture: FactArchitecture;
  architectures: FactTupleStr;
  as_of: string;
  author: string;
  base_model: FactStr;
  base_relation: BaseRelationFact;
  chat: ChatFact;
  chat_template: FactStr;
  context_length: FactInt;
  created: FactStr;
  disabled: boolean;
  download_bytes: FactInt;
  downloads: FactInt;
  gate: GateFact;
  id: string;
  instruct: FactBool;
  instruct_version: FactStr;
  last_modified: FactStr;
  licence: FactStr;
  licence_class: LicenceClassFact;
  licence_link: FactStr;
  likes: FactInt;
  lora_targets: FactTupleStr;
  model_type: FactStr;
  note: string;
  origin: "hub" | "seen" | "catalogue" | "popular" | "folder" | "cached";
  parameters: FactInt;
  parameters_by_dtype: {
    [k: string]: number;
  };
  pipeline_tag: FactStr;
  problems: string[];
  quantised: FactStr;
  remote_code: FactBool;
  repository_bytes: FactInt;
  revision: FactStr;
  weight_bytes: FactInt;
  weight_format: WeightFormatFact;
}
export interface FactInt {
  source: string;
  value: number | null;
}
export interface FactArchitecture {
  source: string;
  value: Architecture | null;
}
/**
 * Dimensions of a decoder, all counts; None where neither the config nor its library default says.
 *
 * Names follow Llama's `config.json`; other families are mapped onto them (`n_embd` → `hidden_size`).
 */
export interface Architecture {
  experts: Experts | null;
  gated_mlp: boolean | null;
  head_dim: number;
  heads: number;
  hidden_size: number;
  intermediate_size: number | null;
  kv_heads: number;
  layers: number;
  model_type: string;
  tied_embeddings: boolean | null;
  vocab_size: number;
}
/**
 * A mixture of experts: how many experts a layer holds, and how many of them each token uses.
 */
export interface Experts {
  active: number | null;
  intermediate_size: number | null;
  total: number;
}
export interface FactTupleStr {
  source: string;
  value: string[] | null;
}
export interface FactStr {
  source: string;
  value: string | null;
}
export interface BaseRelationFact {
  source: string;
  value: ("finetune" | "adapter" | "quantized" | "merge") | null;
}
export interface ChatFact {
  source: string;
  value: ("template" | "likely" | "none_found") | null;
}
export interface GateFact {
  source: string;
  value: ("open" | "auto" | "manual") | null;
}
export interface FactBool {
  source: string;
  value: boolean | null;
}
export interface LicenceClassFact {
  source: string;
  value: ("open" | "restricted" | "non_commercial") | null;
}
export interface WeightFormatFact {
  source: string;
  value: ("safetensors" | "pytorch" | "gguf" | "onnx" | "mlx" | "adapter" | "other") | null;
}
/**
 * Exactly one `result` or `error` ends an intent; `pending` says to a poll that it is still under way.
 */
export interface Answer {
  findings: Finding[];
  id: string;
  kind: "result" | "error" | "pending";
  payload: {
    [k: string]: unknown;
  };
  trouble: Trouble | null;
  v: 1;
}
/**
 * One thing the wizard knows about a choice.
 *
 * `code` is stable and made for programs (`gated-no-token`), `field` names the choice (`model.access`),
 * `message` is one sentence for a person, `evidence` is what was seen that says so.
 */
export interface Finding {
  code: string;
  evidence: string;
  field: string;
  fix: Fix | null;
  message: string;
  severity: "error" | "warning" | "info";
  step: "model" | "config" | "dataset" | "deploy";
}
/**
 * What can be done about a finding: a verb of the session with its arguments, or a page to open.
 *
 * Exactly one of `verb` and `link` is set. `label` is what the button or the link says.
 */
export interface Fix {
  arguments: {
    [k: string]: unknown;
  };
  label: string;
  link: string;
  verb:
    | ""
    | "select_model"
    | "state_use"
    | "configure"
    | "use_dataset"
    | "use_template"
    | "deploy_to"
    | "launch"
    | "resume_run"
    | "choose_gpu"
    | "go_to"
    | "resume";
}
/**
 * Why an intent could not be carried out: a stable code, a sentence, and what to do next.
 */
export interface Trouble {
  code: string;
  hint: string;
  message: string;
}
/**
 * The names of the knobs that mean something to the config, and where it differs from its preset.
 *
 * `layers` are the names of the model's layers that LoRA can be put on, none where they are not known. `here` is the
 * card in this machine, and `gpus_here` how many of it a run would see.
 */
export interface ConfigView {
  applies: string[];
  changed: PresetChange[];
  gpus_here: number;
  here: string;
  layers: string[];
}
/**
 * A knob that differs from the chosen preset, both values as text; `back_to` is the preset's own.
 */
export interface PresetChange {
  back_to: unknown;
  knob: string;
  now: string;
  preset: string;
}
/**
 * The menus of the config step, and the words of every knob. They do not change while a session lives.
 */
export interface ConfigMenus {
  gpus: Option[];
  groups: Option[];
  knobs: KnobView[];
  presets: Option[];
}
/**
 * One entry of a menu.
 */
export interface Option {
  hint: string;
  label: string;
  value: string;
}
/**
 * One knob in the words of `config/step2_config.yaml`; `trainer_names` are what each target calls it.
 */
export interface KnobView {
  choices: [string, string][];
  group: string;
  hint: string;
  kind: "number" | "integer" | "choice" | "switch" | "text";
  label: string;
  main: boolean;
  maximum: number | null;
  minimum: number | null;
  name: string;
  trainer_names: {
    [k: string]: string;
  };
  unit: string;
}
/**
 * What a run costs: memory in bytes on each of its GPUs against a card, steps, tokens, operations, time in seconds.
 *
 * None where it can't be told yet. `at_most` says that tokens are counted as if every row were the longest allowed.
 * `unproven` is what no measurement backs. `measured_bytes` is what a run of these choices took of a card.
 * `after_bytes` is what it takes to run the trained model, `download_bytes` what is fetched first. `fit` makes the run
 * fit where it does not.
 */
export interface CostsView {
  after_bytes: number | null;
  after_why: string;
  at_most: boolean;
  capacity_bytes: number | null;
  download_bytes: number | null;
  effective_batch: number | null;
  fit: Proposal | null;
  flops: number | null;
  gpu: string;
  gpus: number;
  high_bytes: number | null;
  low_bytes: number | null;
  measured_bytes: number | null;
  parts: MemoryPart[];
  seconds_high: number | null;
  seconds_low: number | null;
  seconds_why: string;
  steps: number | null;
  steps_why: string;
  tokens: number | null;
  tokens_per_step: number | null;
  total_bytes: number | null;
  unproven: string[];
  verdict: "fits" | "tight" | "no" | "unknown";
  verdict_why: string;
  warmup_steps: number | null;
}
/**
 * A change that makes a run fit its card: what `configure` is given, and the memory before and after in bytes.
 */
export interface Proposal {
  after_bytes: number;
  arguments: {
    [k: string]: unknown;
  };
  before_bytes: number;
  changes: ProposedChange[];
}
/**
 * One knob of a proposal: its name, and both values as text.
 */
export interface ProposedChange {
  knob: string;
  now: string;
  proposed: string;
}
/**
 * One part of the memory bar, in bytes; `why` says how it was computed.
 */
export interface MemoryPart {
  bytes: number;
  label: string;
  name: string;
  why: string;
}
/**
 * The menus of the dataset step. They do not change while a session lives.
 */
export interface DatasetMenus {
  file_types: string[];
  formats: Option[];
}
/**
 * Datasets that were found. `notice` says why there are none, or that an old answer is shown.
 */
export interface DatasetResults {
  cards: DatasetCard[];
  notice: Finding | null;
  query: string;
}
/**
 * A dataset of the Hub in a list of results. Counts are None where the Hub does not say.
 */
export interface DatasetCard {
  about: string;
  downloads: number | null;
  gated: boolean;
  id: string;
  likes: number | null;
  updated: string;
}
/**
 * The menus of the deploy step. They do not change while a session lives.
 */
export interface DeployMenus {
  launchers: Option[];
  targets: Option[];
}
/**
 * An opened model: what is known of it, what is not and why, its files, and where to read more.
 */
export interface DetailsView {
  facts: FactLine[];
  files: FileLine[];
  id: string;
  licence_link: string;
  more_files: number;
  name: string;
  page: string;
  unknown: FactLine[];
}
/**
 * One fact of an opened model in words; `text` is empty where it is unknown, and `source` then says why.
 */
export interface FactLine {
  group: string;
  label: string;
  source: string;
  text: string;
}
/**
 * One file of a model's repository; None where nobody said its bytes.
 */
export interface FileLine {
  bytes: number | null;
  path: string;
  role: "weights" | "read" | "other";
}
/**
 * One message from a browser. `id` is a string: ipykernel itself routes replies by `content["id"]`.
 *
 * A `poll` repeats the id of the intent it asks about.
 */
export interface Intent {
  id: string;
  kind: string;
  payload?: {
    [k: string]: unknown;
  };
  v: 1;
}
/**
 * Cards that a run fits, or why none can be named.
 */
export interface NeedsView {
  needs: Need[];
  why: string;
}
/**
 * Cards that a run fits: `count` of one kind, `each_bytes` on each of them, and the knobs to set for it.
 */
export interface Need {
  changes: {
    [k: string]: unknown;
  };
  count: number;
  each_bytes: number;
  gpu: string;
  memory_mib: number;
}
/**
 * The package as it stands: files, the folder the settings write to, where it was last written.
 *
 * `proven` says what is known of this method and tuning with this trainer, from runs of it.
 */
export interface PackageView {
  command: string;
  files: FileView[];
  folder: string;
  proven: string;
  written_to: string;
}
/**
 * One file of the package as it will be written.
 */
export interface FileView {
  about: string;
  bytes: number;
  path: string;
}
export interface SearchIntent {
  filters?: SearchFilters;
  kind: "search";
  query: string;
  sort?: "trending" | "downloads" | "likes" | "recent" | "parameters";
}
/**
 * What a search keeps. None, False and an empty list keep everything; several filters keep what passes them all.
 *
 * `task` is a pipeline tag of the Hub, such as `text-generation`. Parameters are counts, weights are bytes as they
 * are loaded; both bounds are kept too. `size` is a category of the settings. `gate` "open" keeps what anybody may
 * download. `fits_gpu` keeps what can be trained on the card of the session, `on_disk` what is on this machine.
 */
export interface SearchFilters {
  author?: string | null;
  chat?: boolean;
  fits_gpu?: boolean;
  formats?: ("safetensors" | "pytorch" | "gguf" | "onnx" | "mlx" | "adapter" | "other")[];
  gate?: ("open" | "gated") | null;
  licences?: ("open" | "restricted" | "non_commercial" | "unknown")[];
  lora?: boolean;
  on_disk?: boolean;
  parameters_from?: number | null;
  parameters_to?: number | null;
  size?: ("small" | "medium" | "large") | null;
  task?: string | null;
  weight_bytes_from?: number | null;
  weight_bytes_to?: number | null;
}
export interface LoadMoreIntent {
  kind: "load_more";
}
export interface SelectModelIntent {
  confirmed?: boolean;
  kind: "select_model";
  repo_id: string;
  revision?: string | null;
}
/**
 * What the catalogue answers to a search, while it is typed; the Hub is not asked.
 */
export interface LookUpIntent {
  filters?: SearchFilters;
  kind: "look_up";
  query: string;
  sort?: "trending" | "downloads" | "likes" | "recent" | "parameters";
}
export interface DetailsIntent {
  kind: "details";
  repo_id: string;
}
/**
 * What the tuned model is for.
 */
export interface StateUseIntent {
  kind: "state_use";
  use: "unstated" | "commercial" | "research";
}
/**
 * Forget the attempt of a step that was refused.
 */
export interface WithdrawIntent {
  kind: "withdraw";
  step: "model" | "config" | "dataset" | "deploy";
}
export interface ConfigureIntent {
  changes: {
    [k: string]: unknown;
  };
  kind: "configure";
}
/**
 * A trainer's own config, by the path of the file or as its text; see `Session.import_config`.
 */
export interface ImportConfigIntent {
  kind: "import_config";
  method?: string | null;
  path?: string | null;
  text?: string | null;
}
/**
 * A file or folder by `path`, a variable, a dataset of the Hub, or a mix; see `Session.use_dataset`.
 */
export interface UseDatasetIntent {
  columns?: {
    [k: string]: string;
  } | null;
  config?: string | null;
  eval_share?: number | null;
  eval_split?: string | null;
  exclude_problems?: string[] | null;
  format?: string | null;
  hub?: string | null;
  kind: "use_dataset";
  limit?: number | null;
  mix?:
    | {
        [k: string]: unknown;
      }[]
    | null;
  path?: string | null;
  revision?: string | null;
  roles?: {
    [k: string]: string;
  } | null;
  seed?: number | null;
  split?: string | null;
  variable?: string | null;
}
/**
 * Datasets of the Hub whose id holds every word of `query`.
 */
export interface SearchDatasetsIntent {
  kind: "search_datasets";
  query: string;
}
/**
 * The steps after the first, as the text of a module.
 */
export interface LoadScreensIntent {
  kind: "load_screens";
}
export interface ListSourcesIntent {
  kind: "list_sources";
}
export interface PreviewRowsIntent {
  kind: "preview_rows";
  limit?: number;
  offset?: number;
}
/**
 * A row (zero-based) as the model sees it; `part` is which of the training rows that it makes.
 */
export interface SeeRowIntent {
  kind: "see_row";
  part?: number;
  row?: number;
}
/**
 * Count the tokens of a sample of the rows, or of all.
 */
export interface CountTokensIntent {
  exact?: boolean;
  kind: "count_tokens";
}
/**
 * A chat template for a model without one, by the name of one on offer; the token that answers end in.
 */
export interface UseTemplateIntent {
  kind: "use_template";
  stop_token?: string | null;
  template?: string | null;
}
/**
 * The card that memory is held against: a name of the list, or None for the one that is here; `count` of them.
 */
export interface ChooseGpuIntent {
  count?: number | null;
  kind: "choose_gpu";
  name?: string | null;
}
/**
 * Which cards the run fits as it stands.
 */
export interface WhatNeededIntent {
  kind: "what_needed";
}
/**
 * What the run would cost where machines are let.
 */
export interface AskPricesIntent {
  kind: "ask_prices";
}
/**
 * `launch` are fields of `LaunchChoices`.
 */
export interface DeployToIntent {
  kind: "deploy_to";
  launch?: {
    [k: string]: unknown;
  };
  launcher?: string | null;
  name?: string | null;
  target?: string | null;
}
export interface PreviewFileIntent {
  kind: "preview_file";
  path: string;
}
export interface WritePackageIntent {
  archive?: boolean;
  folder: string;
  kind: "write_package";
}
/**
 * Write the package into `folder` where it is not written yet, and launch it.
 */
export interface LaunchIntent {
  folder?: string | null;
  kind: "launch";
}
/**
 * Write the package into `folder` where it is not written yet, and put it into its repository on the Hub.
 */
export interface PushPackageIntent {
  folder?: string | null;
  kind: "push_package";
}
/**
 * What a launch on HF Jobs would take today: hardware, hours, price.
 */
export interface PlanLaunchIntent {
  kind: "plan_launch";
}
/**
 * Save a checkpoint and end; with `now`, end at once.
 */
export interface StopRunIntent {
  kind: "stop_run";
  now?: boolean;
}
export interface ResumeRunIntent {
  id?: string | null;
  kind: "resume_run";
}
/**
 * The last lines of the log of the run.
 */
export interface ReadLogIntent {
  kind: "read_log";
}
export interface GoToIntent {
  kind: "go_to";
  step: "model" | "config" | "dataset" | "deploy";
}
/**
 * Take up the session that an earlier kernel saved.
 */
export interface ResumeIntent {
  kind: "resume";
}
export interface UndoIntent {
  kind: "undo";
}
export interface CancelIntent {
  kind: "cancel";
  target: string;
}
export interface PollIntent {
  kind: "poll";
}
/**
 * Prices of a run, and when they were read (ISO 8601); `why` says where they are from, or why there are none.
 */
export interface PricesView {
  as_of: string;
  prices: Price[];
  why: string;
}
/**
 * What a run would cost in US dollars, from `low` to `high`, by the list of `source`, which was read at `as_of`.
 *
 * `listed` is the day of that list, where it names one. Both are ISO 8601.
 */
export interface Price {
  as_of: string;
  high: number | null;
  listed: string;
  low: number | null;
  offer: string;
  per_hour: number;
  source: string;
}
/**
 * A dataset that is still being read: its first rows, what they seem to be, and how far it is (0 to 1).
 */
export interface RowsBeingRead {
  first: RowsView;
  name: string;
  says: string;
  share: number;
  words: string;
}
/**
 * Some rows of the dataset, cells as text cut to a readable length.
 */
export interface RowsView {
  columns: string[];
  offset: number;
  rows: string[][];
  total: number;
}
/**
 * A page of search results. `stale_seconds` is the age of an answer shown because the Hub gave none.
 *
 * `from_…` count the cards by where they are from, `looked_at` the rows of the Hub that were looked at to find them;
 * `bounded` says that no more were looked at because the settings' bound was reached. `hidden` models were found and
 * are kept back by the organisation's rules. `corrected` is the word that was looked for beside one mistyped.
 */
export interface ResultsView {
  bounded: boolean;
  cards: Card[];
  catalogue_date: string;
  corrected: string;
  from_catalogue: number;
  from_disk: number;
  from_hub: number;
  from_seen: number;
  hidden: number;
  looked_at: number;
  more: boolean;
  notice: Finding | null;
  query: string;
  searching: boolean;
  stale_seconds: number | null;
}
/**
 * What a model card shows. Counts and bytes, each with its source; formatting is the browser's.
 *
 * `as_of` (ISO 8601) is when what it shows was true, by its `origin`.
 */
export interface Card {
  as_of: string;
  author: string;
  badges: Badge[];
  downloads: FactInt;
  id: string;
  name: string;
  note: string;
  origin: string;
  parameters: FactInt;
  weight_bytes: FactInt;
}
/**
 * A word or two on a card; `why` is the evidence shown on hover.
 */
export interface Badge {
  text: string;
  tone: "plain" | "good" | "warn" | "bad";
  why: string;
}
/**
 * The run that is followed: seconds, bytes and counts, None where not known. Without an id there is none.
 *
 * `words` says how it stands; `can_resume` where it can be taken up; `estimate_bytes` is what had been estimated for
 * the card; `progress` and `progress_words` are of an upload that is under way, as a share.
 */
export interface RunView {
  attempt: number;
  can_resume: boolean;
  checkpoint: string;
  curve: CurvePoint[];
  epoch: number | null;
  estimate_bytes: number | null;
  eval_loss: number | null;
  findings: Finding[];
  gpu_peak_bytes: number | null;
  id: string;
  launcher: string;
  learning_rate: number | null;
  log_path: string;
  loss: number | null;
  name: string;
  note: string;
  output: string;
  over: boolean;
  progress: number | null;
  progress_words: string;
  ram_peak_bytes: number | null;
  seconds_left: number | null;
  seconds_per_step: number | null;
  status: string;
  step: number | null;
  tokens_per_second: number | null;
  total: number | null;
  url: string;
  words: string;
}
/**
 * A point of the loss curve.
 */
export interface CurvePoint {
  eval_loss: number | null;
  loss: number | null;
  step: number;
}
/**
 * A row as the model sees it: `part` of the `parts` training rows that it makes (zero-based), and what happens.
 *
 * `says` are sentences on what the trainer does with it. `problem` is why there is nothing to show.
 */
export interface SeenRow {
  part: number;
  parts: number;
  problem: Finding | null;
  row: number;
  says: string[];
  sequences: SeenSequence[];
  total: number;
  with_what: string;
}
/**
 * One sequence of tokens that the model is given; `name` is set where a row makes two: chosen and rejected.
 *
 * `left` is the end of the prompt that the whole conversation does not have there. `stop` says whether the last thing
 * that is learnt is to stop, `stop_token` what stands there. `more` says that runs beyond these are not shown.
 */
export interface SeenSequence {
  cut: number;
  ids: number[];
  left: string;
  more: boolean;
  name: string;
  read: number;
  runs: SeenRun[];
  scored: number;
  stop: "" | "trained" | "cut" | "other" | "untrained" | "missing";
  stop_token: string;
  trained: number;
}
/**
 * Neighbouring tokens of one kind: their exact text, what becomes of them, and where each token ends in the text.
 *
 * `ends` count characters (code points) of `text`; tokens that share a character share an end. `role` is set where a
 * turn begins. A `special` token is one that no plain text makes.
 */
export interface SeenRun {
  ends: number[];
  role: string;
  special: boolean;
  state: "trained" | "read" | "cut" | "scored";
  text: string;
}
/**
 * The stepper, whether there is something to undo, and when the session was last saved (ISO 8601, UTC).
 *
 * `row_changes` is what is done to the rows so that the model and the method can take them, told at the dataset step.
 */
export interface SessionView {
  row_changes: string[];
  saved_at: string;
  saved_to: string;
  steps: StepView[];
  undo: string;
}
/**
 * One entry of the stepper: its summary line, and why it can't be entered yet.
 */
export interface StepView {
  blocked: string;
  id: "model" | "config" | "dataset" | "deploy";
  status: "not_started" | "in_progress" | "completed" | "error";
  summary: string;
  title: string;
}
/**
 * A file, a folder or a variable that could be the dataset.
 */
export interface SourceChoice {
  detail: string;
  kind: "file" | "folder" | "variable";
  name: string;
}
/**
 * A chat template that is offered to a model without one; `fits` says whether its tokens are known to the model.
 */
export interface TemplateOption {
  chosen: boolean;
  hint: string;
  label: string;
  name: string;
}
/**
 * Lengths of the training rows against the longest length of the run.
 *
 * Shares are 0 to 1. `ladder` is (length, share of rows that are longer), ascending, for a line that is dragged.
 * `progress` is how much of a count is done, None where none is under way.
 */
export interface LengthsView {
  bars: LengthBar[];
  counted: number;
  does: string;
  exact: boolean;
  ladder: [number, number][];
  least: number;
  left_with_nothing: number;
  longer: [number, number, number] | null;
  longest: number;
  max_length: number;
  mean: [number, number, number] | null;
  most: number;
  packed: [number, number] | null;
  problem: Finding | null;
  progress: number | null;
  rows: number;
  tokens: [number, number, number] | null;
}
/**
 * One bar of the histogram: rows longer than `above` tokens and not longer than `up_to`.
 */
export interface LengthBar {
  above: number;
  rows: number;
  up_to: number;
}
/**
 * What the settings say about the frame and the model step. It does not change while a session lives.
 */
export interface UiView {
  debounce_ms: number;
  min_characters: number;
  poll_after_ms: number;
  show_filters: boolean;
  size_options: Option[];
  sort_options: Option[];
}
