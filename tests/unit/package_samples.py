"""Choices and rows to make packages from, for the tests of packages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trainpkg_widgets.advice.training_shape import TrainingShape
from trainpkg_widgets.facts import Fact, Finding
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.package.build import TrainingPackage, assemble
from trainpkg_widgets.package.data_files import measure
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import (
    ConfigStep,
    DatasetSource,
    DatasetStep,
    DeployStep,
    ModelStep,
    SessionState,
)

SETTINGS = load_settings()
REVISION = "060db6499f32faf8b98477b0a26969ef7d8b9987"

CHATS = [
    {
        "messages": [
            {"role": "user", "content": f"What is {n} plus {n}?"},
            {"role": "assistant", "content": f"The answer is {2 * n}, 好的."},
        ]
    }
    for n in range(40)
]


SHAPE = TrainingShape(rows="conversations", keys={}, training_rows=len(CHATS), says="All turns are learnt.")


def config_step(**changes: Any) -> ConfigStep:
    """The default knobs of the settings that ship, with some of them changed."""
    knobs = SETTINGS.config.knobs
    values = {name: knob.default for name, knob in knobs.items()} | {"preset": "balanced"} | changes
    return ConfigStep.model_validate(values)


def model_step(**changes: Any) -> ModelStep:
    info = ModelInfo(
        id="Qwen/Qwen2.5-0.5B-Instruct",
        origin="hub",
        as_of="2026-11-01",
        chat_template=Fact(value="{% for m in messages %}\n  {{ m.content }} \n{% endfor %}", source="a file"),
        licence=Fact(value="apache-2.0", source="the model card"),
        licence_class=Fact(value="open", source="the licence's name"),
        architectures=Fact(value=("Qwen2ForCausalLM",), source="config.json"),
    )
    step = ModelStep(repo_id=info.id, revision=REVISION, info=info, access=Fact(value="open", source="the Hub"))
    return step.model_copy(update=changes)


def dataset_step(**changes: Any) -> DatasetStep:
    step = DatasetStep(
        source=DatasetSource(kind="variable", name="chats"),
        rows=len(CHATS),
        format=Fact(value="messages", source="the columns' names"),
        columns={"messages": "messages"},
        features={"messages": "list"},
        sha256="0" * 64,
        bytes=4096,
    )
    return step.model_copy(update=changes)


def sample_state(name: str = "support-bot", **config: Any) -> SessionState:
    """Choices of all four steps."""
    return SessionState(
        step="deploy",
        model=model_step(),
        config=config_step(**config),
        dataset=dataset_step(),
        deploy=DeployStep(name=name, target="trl", launcher="local"),
    )


def sample_package(
    state: SessionState | None = None,
    rows: list[dict[str, Any]] | None = None,
    held_back: int = 0,
    findings: Iterable[Finding] = (),
    **config: Any,
) -> TrainingPackage:
    """A package of the sample's choices and rows, the last `held_back` of them to measure on."""
    chosen = CHATS if rows is None else rows
    train, test = chosen[: len(chosen) - held_back], chosen[len(chosen) - held_back :]
    data = measure(lambda: train, (lambda: test) if held_back else None)
    return assemble(state or sample_state(**config), SETTINGS, data, SHAPE, findings)


def warning(message: str = "Only 40 rows.") -> Finding:
    return Finding(severity="warning", step="dataset", field="dataset.rows", code="few-rows", message=message)
