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
  deploy_menus: DeployMenus;
  intent: Intent;
  package: PackageView;
  payload:
    | SearchIntent
    | LoadMoreIntent
    | SelectModelIntent
    | ConfigureIntent
    | UseDatasetIntent
    | ListSourcesIntent
    | PreviewRowsIntent
    | ChooseGpuIntent
    | DeployToIntent
    | PreviewFileIntent
    | WritePackageIntent
    | GoToIntent
    | ResumeIntent
    | UndoIntent
    | CancelIntent
    | PollIntent;
  results: ResultsView;
  rows: RowsView;
  session: SessionView;
  source: SourceChoice;
  ui: UiView;
}
/**
 * The knobs of a run. Ranges, defaults, units and the words that explain them are in `config/step2_config.yaml`.
 */
export interface ConfigStep {
  accumulation: number;
  batch_size: number;
  epochs: number;
  gradient_checkpointing: boolean;
  learning_rate: number;
  logging_steps: number;
  lora_alpha: number;
  lora_dropout: number;
  lora_rank: number;
  lora_targets: string[];
  max_length: number;
  max_steps: number | null;
  method: "sft";
  optimizer: string;
  packing: boolean;
  precision: "bf16" | "fp16" | "fp32";
  preset: string;
  scheduler: string;
  seed: number;
  train_on: "answers" | "everything";
  tuning: "full" | "lora" | "qlora";
  warmup_share: number;
  weight_decay: number;
}
/**
 * The chosen rows and what was found in them. The rows themselves stay with the session.
 *
 * `columns` maps what the format needs to the column that holds it. `sha256` is of the file's bytes, or of
 * the rows as JSON lines for a variable. `excluded_rows` are zero-based and left out of the package: those with
 * one of `exclude_problems`. `recognised` names rows that are of no format here; `columns` are then those that
 * could be trained on all the same. `turns` is None for plain text.
 */
export interface DatasetStep {
  bytes: number;
  columns: {
    [k: string]: string;
  };
  eval_share: number;
  exclude_problems: string[];
  excluded_rows: number[];
  features: {
    [k: string]: string;
  };
  format: FormatFact;
  problems: RowProblem[];
  recognised: ("preference" | "kto" | "tokens" | "media") | null;
  rows: number;
  sha256: string;
  source: DatasetSource;
  turns: TurnCounts | null;
}
export interface FormatFact {
  source: string;
  value: ("messages" | "sharegpt" | "instruction" | "prompt_completion" | "text") | null;
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
 * Where rows come from: a file on this disk (`path`), or a variable of the notebook (`name`).
 */
export interface DatasetSource {
  container: string;
  kind: "file" | "variable";
  name: string;
  path: string | null;
}
/**
 * What the rows that are kept hold: answers that can be learnt, and how many rows are of some kind.
 *
 * `conversations` have turns that only a chat template can print; an instruction and its answer are also plain text.
 */
export interface TurnCounts {
  answers: number;
  conversations: number;
  with_system: number;
  with_tools: number;
}
/**
 * What the package is called, the trainer it is written for, and where it runs.
 */
export interface DeployStep {
  launcher: "local";
  name: string;
  target: "trl";
  written_to: string | null;
}
/**
 * The chosen base model, with every fact that was known when it was chosen.
 *
 * `revision` is the commit the package pins (a local folder has none). `access` is what the Hub said to
 * this token, unknown when nobody asked. `size_confirmed` records that a person accepted a large model.
 */
export interface ModelStep {
  access: AccessFact;
  info: ModelInfo;
  repo_id: string;
  revision: string | null;
  size_confirmed: boolean;
}
export interface AccessFact {
  source: string;
  value: ("open" | "granted" | "no_token" | "bad_token" | "not_accepted" | "pending" | "disabled") | null;
}
/**
 * One model. `id` is `author/name` on the Hub, or the path of a local folder.
 *
 * Units: parameters and downloads are counts, `*_bytes` are bytes, dates are ISO 8601 (UTC).
 * `weight_bytes` is what loading reads; `download_bytes` what fetching the repository costs: two different numbers.
 * `problems` are sentences on what in the model's own files would stop a run.
 */
export interface ModelInfo {
  architecture: FactArchitecture;
  architectures: FactTupleStr;
  as_of: string;
  author: string;
  base_model: FactStr;
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
  last_modified: FactStr;
  licence: FactStr;
  licence_class: LicenceClassFact;
  likes: FactInt;
  lora_targets: FactTupleStr;
  model_type: FactStr;
  note: string;
  origin: "hub" | "catalogue" | "folder" | "popular";
  parameters: FactInt;
  parameters_by_dtype: {
    [k: string]: number;
  };
  pipeline_tag: FactStr;
  problems: string[];
  quantised: FactStr;
  remote_code: FactBool;
  revision: FactStr;
  weight_bytes: FactInt;
  weight_format: WeightFormatFact;
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
export interface ChatFact {
  source: string;
  value: ("template" | "likely" | "none_found") | null;
}
export interface FactInt {
  source: string;
  value: number | null;
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
  verb: "" | "select_model" | "configure" | "use_dataset" | "deploy_to" | "choose_gpu" | "go_to" | "resume";
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
 * The knobs of the config step, and where they differ from the chosen preset.
 */
export interface ConfigView {
  changed: PresetChange[];
  knobs: KnobView[];
}
/**
 * A knob that differs from the chosen preset, both values as text.
 */
export interface PresetChange {
  knob: string;
  label: string;
  now: string;
  preset: string;
}
/**
 * How one knob is drawn: the words of `config/step2_config.yaml` beside what the current choice makes of them.
 */
export interface KnobView {
  applies: boolean;
  choices: [string, string][];
  hint: string;
  kind: "number" | "integer" | "choice" | "switch" | "text";
  label: string;
  main: boolean;
  maximum: number | null;
  minimum: number | null;
  name: string;
  trainer_name: string;
  unit: string;
}
/**
 * The menus of the config step. They do not change while a session lives.
 */
export interface ConfigMenus {
  gpus: Option[];
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
 * What a run costs: memory in bytes against a card, steps, tokens. None where it can't be told yet.
 */
export interface CostsView {
  capacity_bytes: number | null;
  effective_batch: number | null;
  gpu: string;
  high_bytes: number | null;
  low_bytes: number | null;
  parts: MemoryPart[];
  steps: number | null;
  steps_why: string;
  tokens_per_step: number | null;
  total_bytes: number | null;
  verdict: "fits" | "tight" | "no" | "unknown";
  verdict_why: string;
  warmup_steps: number | null;
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
 * The menus of the deploy step. They do not change while a session lives.
 */
export interface DeployMenus {
  targets: Option[];
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
 * The package as it stands: files, the folder the settings write to, and where it was last written.
 */
export interface PackageView {
  command: string;
  files: FileView[];
  folder: string;
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
  sort?: "trending" | "downloads" | "likes" | "recent";
}
/**
 * What a search keeps. None or False keeps everything.
 */
export interface SearchFilters {
  author?: string | null;
  chat?: boolean;
  lora?: boolean;
  not_gated?: boolean;
  open_licence?: boolean;
  size?: ("small" | "medium" | "large") | null;
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
export interface ConfigureIntent {
  changes: {
    [k: string]: unknown;
  };
  kind: "configure";
}
/**
 * A file by `path` or a variable by `variable`; `format` and `columns` overrule what was detected.
 */
export interface UseDatasetIntent {
  columns?: {
    [k: string]: string;
  } | null;
  eval_share?: number | null;
  exclude_problems?: string[] | null;
  format?: string | null;
  kind: "use_dataset";
  path?: string | null;
  variable?: string | null;
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
 * The card that memory is held against: a name of the list, or None for the one that is here.
 */
export interface ChooseGpuIntent {
  kind: "choose_gpu";
  name?: string | null;
}
export interface DeployToIntent {
  kind: "deploy_to";
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
 * A page of search results. `stale_seconds` is the age of an answer shown because the Hub gave none.
 */
export interface ResultsView {
  cards: Card[];
  catalogue_date: string;
  from_catalogue: number;
  from_hub: number;
  looked_at: number;
  more: boolean;
  notice: Finding | null;
  query: string;
  searching: boolean;
  stale_seconds: number | null;
}
/**
 * What a model card shows. Counts and bytes, each with its source; formatting is the browser's.
 */
export interface Card {
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
 * Some rows of the dataset, cells as text cut to a readable length.
 */
export interface RowsView {
  columns: string[];
  offset: number;
  rows: string[][];
  total: number;
}
/**
 * The stepper, whether there is something to undo, and when the session was last saved (ISO 8601, UTC).
 */
export interface SessionView {
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
 * A file or a variable that could be the dataset.
 */
export interface SourceChoice {
  detail: string;
  kind: "file" | "variable";
  name: string;
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
