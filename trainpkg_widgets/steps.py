"""Step data: what each of the four steps holds once a choice is made. JSON in, JSON out; no rules, no I/O."""

from __future__ import annotations

from typing import Any, Literal

from .facts import STEP_IDS, Fact, Frozen, StepId, StepStatus, unknown
from .model_info import ModelInfo

__all__ = ["STEP_IDS", "ConfigStep", "DatasetStep", "DeployStep", "ModelStep", "SessionState", "StepId", "StepStatus"]

Tuning = Literal["full", "lora", "qlora"]
Precision = Literal["bf16", "fp16", "fp32"]
Access = Literal["open", "granted", "no_token", "bad_token", "not_accepted", "pending", "disabled"]


class ModelStep(Frozen):
    """The chosen base model, with every fact that was known when it was chosen.

    `revision` is the commit the package pins (a local folder has none). `access` is what the Hub said to
    this token, unknown when nobody asked. `size_confirmed` records that a person accepted a large model.
    """

    repo_id: str
    revision: str | None = None
    info: ModelInfo
    access: Fact[Access] = unknown("the Hub was not asked")
    size_confirmed: bool = False


class ConfigStep(Frozen):
    """The knobs of a run. Ranges, defaults, units and the words that explain them are in `config/step2_config.yaml`."""

    method: Literal["sft"]
    tuning: Tuning
    preset: str
    learning_rate: float
    epochs: float
    max_steps: int | None
    max_length: int
    batch_size: int
    accumulation: int
    train_on: Literal["answers", "everything"]
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


RowFormat = Literal["messages", "sharegpt", "instruction", "prompt_completion", "text"]

FORMAT_LABELS: dict[RowFormat, str] = {
    "messages": "Conversations (role, content)",
    "sharegpt": "Conversations (from, value)",
    "instruction": "Instruction and answer",
    "prompt_completion": "Prompt and completion",
    "text": "Plain text",
}

# The source of a format that a person gave.
CHOSEN = "chosen by you"

# Rows that are recognised but that this version does not train on.
OtherKind = Literal["preference", "kto", "tokens", "media"]

# How rows are written for the trainer: whole conversations, one answer of a conversation a row, plain text.
RowShape = Literal["conversations", "chat_answers", "plain_answers", "plain_text"]


class DatasetSource(Frozen):
    """Where rows come from: a file on this disk (`path`), or a variable of the notebook (`name`)."""

    kind: Literal["file", "variable"]
    name: str
    path: str | None = None
    container: str = ""


class TurnCounts(Frozen):
    """What the rows that are kept hold: answers that can be learnt, and how many rows are of some kind.

    `conversations` have turns that only a chat template can print; an instruction and its answer are also plain text.
    """

    answers: int
    conversations: int
    with_system: int
    with_tools: int


class RowProblem(Frozen):
    """Something wrong with some rows: how many, and the first few (zero-based), of severity error or warning."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    count: int
    rows: tuple[int, ...]
    evidence: str = ""


class DatasetStep(Frozen):
    """The chosen rows and what was found in them. The rows themselves stay with the session.

    `columns` maps what the format needs to the column that holds it. `sha256` is of the file's bytes, or of
    the rows as JSON lines for a variable. `excluded_rows` are zero-based and left out of the package: those with
    one of `exclude_problems`. `recognised` names rows that are of no format here; `columns` are then those that
    could be trained on all the same. `turns` is None for plain text.
    """

    source: DatasetSource
    rows: int
    format: Fact[RowFormat]
    columns: dict[str, str]
    features: dict[str, str]
    sha256: str
    bytes: int
    excluded_rows: tuple[int, ...] = ()
    eval_share: float = 0.0
    problems: tuple[RowProblem, ...] = ()
    exclude_problems: tuple[str, ...] = ()
    recognised: OtherKind | None = None
    turns: TurnCounts | None = None


class DeployStep(Frozen):
    """What the package is called, the trainer it is written for, and where it runs."""

    name: str
    target: Literal["trl"]
    launcher: Literal["local"]
    written_to: str | None = None


class SessionState(Frozen):
    """Everything a session knows, as JSON: what `wizard.state` gives and takes back."""

    version: Literal[1] = 1
    step: StepId = "model"
    model: ModelStep | None = None
    config: ConfigStep | None = None
    dataset: DatasetStep | None = None
    deploy: DeployStep | None = None

    @property
    def choices(self) -> SessionState:
        """The choices alone, which a package is made of: neither the step on screen nor where it was last written."""
        deploy = self.deploy.model_copy(update={"written_to": None}) if self.deploy else None
        return self.model_copy(update={"step": "model", "deploy": deploy})

    def of(self, step: StepId) -> ModelStep | ConfigStep | DatasetStep | DeployStep | None:
        """The step data of one step, None until it is chosen."""
        data: Any = getattr(self, step)
        return data  # type: ignore[no-any-return]
