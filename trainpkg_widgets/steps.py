"""Step data: what each of the four steps holds once a choice is made. JSON in, JSON out; no rules, no I/O."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Any, Literal

from .facts import STEP_IDS, Fact, Frozen, StepId, StepStatus, unknown
from .imported_run import ImportedRun
from .model_info import ModelInfo

__all__ = [
    "NOTHING_CHOSEN",
    "STEP_IDS",
    "ConfigStep",
    "DatasetStep",
    "DeployStep",
    "ModelStep",
    "SessionState",
    "StepId",
    "StepStatus",
]

Method = Literal["sft", "cpt", "dpo", "kto", "orpo", "reward", "grpo"]
Tuning = Literal["full", "lora", "qlora"]
Precision = Literal["bf16", "fp16", "fp32"]
# What a person says the tuned model is for: it decides what a licence against commercial use means.
Use = Literal["unstated", "commercial", "research"]
Target = Literal["trl", "axolotl", "llamafactory", "unsloth"]
Access = Literal["open", "granted", "no_token", "bad_token", "not_accepted", "pending", "disabled"]


class ModelStep(Frozen):
    """The chosen base model, with every fact that was known when it was chosen.

    `revision` is the commit the package pins (a local folder has none). `access` is what the Hub said to
    this token, unknown when nobody asked. `size_confirmed` records that a person accepted a large model, `use` what
    that person said the tuned model is for.
    """

    repo_id: str
    revision: str | None = None
    info: ModelInfo
    access: Fact[Access] = unknown("the Hub was not asked")
    size_confirmed: bool = False
    use: Use = "unstated"


class ConfigStep(Frozen):
    """The knobs of a run. Ranges, defaults, units and the words that explain them are in `config/step2_config.yaml`.

    `trainer_keys` are keys of the trainer that no knob stands for: they are written into its config as they are.
    A knob that an earlier version did not have stands at what that version did.
    """

    method: Method
    tuning: Tuning
    preset: str
    learning_rate: float
    epochs: float
    max_steps: int | None
    max_length: int
    batch_size: int
    accumulation: int
    train_on: Literal["answers", "everything", "marked"]
    packing: bool
    lora_rank: int
    lora_alpha: int
    lora_dropout: float
    lora_targets: tuple[str, ...]
    precision: Precision
    gradient_checkpointing: bool
    optimizer: str
    scheduler: str
    warmup_share: float
    weight_decay: float
    seed: int
    logging_steps: int
    quantisation_bits: Literal[4, 8] = 4
    lora_variant: Literal["plain", "rslora", "dora"] = "plain"
    lora_modules_to_save: tuple[str, ...] = ()
    packing_strategy: Literal["bfd", "bfd_split", "wrapped"] = "bfd"
    padding_free: bool = False
    attention: Literal["auto", "sdpa", "eager", "flash_attention_2"] = "auto"
    liger: bool = False
    max_grad_norm: float = 1.0
    neftune_alpha: float | None = None
    beta: float = 0.1
    dpo_loss: str = "sigmoid"
    label_smoothing: float = 0.0
    precompute_reference: bool = False
    kto_loss: str = "kto"
    desirable_weight: float = 1.0
    undesirable_weight: float = 1.0
    grpo_loss: str = "dapo"
    num_generations: int = 8
    max_completion_length: int = 512
    temperature: float = 1.0
    reward_functions: tuple[str, ...] = ()
    eval_strategy: Literal["no", "epoch", "steps"] = "epoch"
    eval_steps: int | None = None
    save_strategy: Literal["no", "epoch", "steps"] = "epoch"
    save_steps: int | None = None
    save_limit: int | None = 1
    keep_best: bool = False
    report_to: Literal["none", "tensorboard", "wandb", "trackio", "mlflow"] = "none"
    gpus: int = 1
    sharding: Literal["none", "ddp", "zero2", "zero3", "fsdp"] = "none"
    trainer_keys: dict[str, Any] = {}


RowFormat = Literal[
    "messages", "sharegpt", "instruction", "prompt_completion", "text", "preference", "kto", "prompts", "tokens"
]

FORMAT_LABELS: dict[RowFormat, str] = {
    "messages": "Conversations (role, content)",
    "sharegpt": "Conversations (from, value)",
    "instruction": "Instruction and answer",
    "prompt_completion": "Prompt and completion",
    "text": "Plain text",
    "preference": "A better and a worse answer",
    "kto": "Answers judged good or bad",
    "prompts": "Prompts alone",
    "tokens": "Token numbers",
}

# The source of a format that a person gave.
CHOSEN = "chosen by you"

# Rows that are recognised but that this version does not train on.
OtherKind = Literal["media"]

# How rows are written for the trainer: whole conversations, one answer of a conversation a row, plain text.
# `preference` rows have a prompt, a chosen and a rejected answer, `judged` ones a prompt, an answer and a label, and
# `prompts` only what is to be answered; `chat` rows are turns for a chat template, `plain` ones are text.
RowShape = Literal[
    "conversations",
    "chat_answers",
    "plain_answers",
    "plain_text",
    "preference_chat",
    "preference_plain",
    "judged_chat",
    "judged_plain",
    "prompts_chat",
    "prompts_plain",
    "tokens",
]


class DatasetSource(Frozen):
    """Where rows come from.

    A file or a folder on this disk (`path`), a variable of the notebook (`name`), a dataset of the Hub (`name` is its
    id, `revision` the commit it is pinned to, `config` its configuration), or a mixture of these. `split` is the one
    that is trained on, where there are several (`splits`). `licence` is what the card of a Hub dataset names.
    `broken_lines` of a file (the first is 1) can't be read and are left out, as if they were not there.
    """

    kind: Literal["file", "folder", "variable", "hub", "mixture"]
    name: str
    path: str | None = None
    container: str = ""
    revision: str | None = None
    config: str | None = None
    split: str | None = None
    splits: tuple[str, ...] = ()
    licence: str | None = None
    broken_lines: tuple[int, ...] = ()


class MixturePart(Frozen):
    """One of the datasets that are mixed. With a `weight` of 2 each row is there twice, with 0.5 every second one.

    `used_rows` is how many that makes, repeats counted; rows with one of `exclude_problems` are none of them.
    """

    source: DatasetSource
    weight: float
    rows: int
    used_rows: int
    format: RowFormat
    columns: dict[str, str]
    roles: dict[str, str] = {}
    exclude_problems: tuple[str, ...] = ()
    sha256: str


class FormatCandidate(Frozen):
    """A format that rows may be in, or a kind that is not trained on (`format` is then None).

    `confidence` is from 0 to 1, `columns` maps what the format needs to the column that has it.
    """

    format: RowFormat | None = None
    recognised: OtherKind | None = None
    confidence: float
    evidence: str
    columns: dict[str, str] = {}


class TurnCounts(Frozen):
    """What the rows that are kept hold: answers that can be learnt, and how many rows are of some kind.

    `conversations` have turns that only a chat template can print; an instruction and its answer are also plain text.
    `good` is how many rows are judged good (KTO).
    """

    answers: int
    conversations: int
    with_system: int
    with_tools: int
    good: int = 0


class RowProblem(Frozen):
    """Something wrong with some rows: how many, and the first few (zero-based), of severity error or warning."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    count: int
    rows: tuple[int, ...]
    evidence: str = ""


# What the first row holds in a column, as far as a trainer looks: turns with a role, turns with from and value, …
CellKind = Literal[
    "turns",
    "from_value",
    "turn",
    "no_turns",
    "text",
    "text_of_turns",
    "texts",
    "numbers",
    "number",
    "switch",
    "null",
    "list",
    "object",
    "other",
]


class TemplateChoice(Frozen):
    """How conversations are printed for one model: a chat template for it that has none, the token it stops at.

    `text` is the Jinja template, empty where the model's own stands; `stop_token` is empty where its own stands.
    """

    model: str
    name: str = ""
    text: str = ""
    stop_token: str = ""


class DatasetStep(Frozen):
    """The chosen rows and what was found in them. The rows themselves stay with the session.

    `columns` maps what the format needs to the column that holds it; `roles` what a role is called in the rows to
    what chat templates call it, where that was said. `sha256` is of the file's bytes, or of the rows as JSON lines
    for a variable. `excluded_rows` are zero-based and left out of the package: those with one of `exclude_problems`.
    `recognised` names rows that are of no format here. `turns` is None for plain text and tokens. The last
    `eval_rows` of the rows are those of `eval_split`, which are held back whole. `limit` is the most rows trained on;
    `seed` picks them and those held back (the run's own seed where None). `checked_rows` were looked at: fewer than
    `rows` where the rows are a sample. `first_row` and `role_names` say what a trainer would find unprepared.
    """

    source: DatasetSource
    rows: int
    format: Fact[RowFormat]
    columns: dict[str, str]
    features: dict[str, str]
    sha256: str
    bytes: int
    roles: dict[str, str] = {}
    excluded_rows: tuple[int, ...] = ()
    eval_share: float = 0.0
    eval_split: str | None = None
    eval_rows: int = 0
    limit: int | None = None
    seed: int | None = None
    problems: tuple[RowProblem, ...] = ()
    exclude_problems: tuple[str, ...] = ()
    recognised: OtherKind | None = None
    candidates: tuple[FormatCandidate, ...] = ()
    turns: TurnCounts | None = None
    checked_rows: int | None = None
    first_row: dict[str, CellKind] = {}
    role_names: tuple[str, ...] = ()
    template: TemplateChoice | None = None
    parts: tuple[MixturePart, ...] = ()

    @property
    def on_hub(self) -> tuple[DatasetSource, ...]:
        """The datasets of the Hub among the sources: their rows are fetched where the package runs."""
        every = (self.source, *(part.source for part in self.parts))
        return tuple(source for source in every if source.kind == "hub")


Launcher = Literal["local", "hf_jobs", "skypilot", "kubernetes"]


class LaunchChoices(Frozen):
    """How a package is launched. What a launcher does not use, it leaves alone; None and "" mean: as suggested.

    `processes` is how many GPUs train together on this machine; `flavor` is the hardware of HF Jobs; `hub_repo` is
    where the package and what it trains are kept on the Hub; `accelerators` are SkyPilot's ("A100:1"); `gpus` and
    `kind` are Kubernetes'.
    """

    processes: int | None = None
    flavor: str = ""
    timeout_hours: float | None = None
    hub_repo: str = ""
    private: bool = True
    accelerators: str = ""
    gpus: int = 1
    kind: Literal["job", "trainjob"] = "job"


class DeployStep(Frozen):
    """What the package is called, the trainer it is written for, and where it runs.

    `written_to` is where it was written last, and `run` the id of the run that was launched last: no choices.
    """

    name: str
    target: Target
    launcher: Launcher
    launch: LaunchChoices = LaunchChoices()
    written_to: str | None = None
    run: str | None = None


class Measured(Frozen):
    """What a run of these choices measured. `peak_bytes` is of the card's memory where it ran on one, else of RAM."""

    seconds_per_step: float | None
    tokens_per_second: float | None
    peak_bytes: int | None
    on: Literal["gpu", "ram"]
    steps: int
    source: str


class SessionState(Frozen):
    """Everything a session knows, as JSON: what `wizard.state` gives and takes back.

    `imported` is the run that a trainer's own config described, for as long as its rows are used as they stand.
    """

    version: Literal[1] = 1
    step: StepId = "model"
    model: ModelStep | None = None
    config: ConfigStep | None = None
    dataset: DatasetStep | None = None
    deploy: DeployStep | None = None
    imported: ImportedRun | None = None

    @property
    def choices(self) -> "SessionState":
        """The choices alone, which a package is made of: neither the step on screen nor where it was last written."""
        deploy = self.deploy.model_copy(update={"written_to": None, "run": None}) if self.deploy else None
        return self.model_copy(update={"step": "model", "deploy": deploy, "imported": None})

    def of(self, step: StepId) -> ModelStep | ConfigStep | DatasetStep | DeployStep | None:
        """The step data of one step, None until it is chosen."""
        data: Any = getattr(self, step)
        return data  # type: ignore[no-any-return]  # `getattr` by a name has no type; the fields' are those promised


# Made without validation, which would build the schema of every step's data before the first paint.
NOTHING_CHOSEN = SessionState.model_construct()
