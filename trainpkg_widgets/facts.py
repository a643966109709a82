"""The words everything else is written in: a fact with its source, a finding with its fix, the four steps."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

StepId = Literal["model", "config", "dataset", "deploy"]
STEP_IDS: tuple[StepId, ...] = ("model", "config", "dataset", "deploy")

StepStatus = Literal["not_started", "in_progress", "completed", "error"]

Severity = Literal["error", "warning", "info"]

T = TypeVar("T")


class Frozen(BaseModel):
    """A value that never changes and refuses fields it does not know."""

    # Built when first used: most of a session needs few of its types, and building them all is half its start.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Fact(Frozen, Generic[T]):
    """A value with the place it was read from. `value` is None when unknown; `source` then says why."""

    value: T | None = None
    source: str

    @property
    def known(self) -> bool:
        """Whether there is a value at all."""
        return self.value is not None


class Fix(Frozen):
    """What can be done about a finding: a verb of the session with its arguments, or a page to open.

    Exactly one of `verb` and `link` is set. `label` is what the button or the link says.
    """

    label: str
    verb: Literal[
        "",
        "select_model",
        "state_use",
        "configure",
        "use_dataset",
        "use_template",
        "deploy_to",
        "launch",
        "resume_run",
        "choose_gpu",
        "go_to",
        "resume",
    ] = ""
    arguments: dict[str, Any] = {}
    link: str = ""


class Finding(Frozen):
    """One thing the wizard knows about a choice.

    `code` is stable and made for programs (`gated-no-token`), `field` names the choice (`model.access`),
    `message` is one sentence for a person, `evidence` is what was seen that says so.
    """

    severity: Severity
    step: StepId
    field: str
    code: str
    message: str
    evidence: str = ""
    fix: Fix | None = None


# Naming a generic type anew costs as much as making a fact of it, and most of a model's facts are unknown.
_Unknown = Fact[Any]


def unknown(why: str) -> Fact[Any]:
    """A fact whose value nobody told us; `why` says where it was looked for."""
    return _Unknown(value=None, source=why)


def errors_in(findings: tuple[Finding, ...] | list[Finding], step: StepId | None = None) -> list[Finding]:
    """The findings of severity `error`, of one step or of all."""
    return [f for f in findings if f.severity == "error" and step in (None, f.step)]


def shortened(text: str, most: int = 80) -> str:
    """What somebody gave, as a sentence can quote it: its beginning, where it is longer than `most` letters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
