"""A run that a trainer's own YAML describes, kept as it is written there."""

# Annotations are no strings here: see steps.py.

from typing import TYPE_CHECKING, Any, Literal

from .facts import Frozen

if TYPE_CHECKING:
    from .steps import ConfigStep, SessionState

Trainer = Literal["trl", "axolotl", "llamafactory"]


class ImportedRun(Frozen):
    """The file a session was made from. While a session holds it, what is known is about the run as it is written.

    `method` is the trainer's sub-command in our words (sft, dpo, …). `keys` are all keys of the file but secrets.
    `folder` is what relative paths in it start from; `source` is the file itself, empty where there was none.
    """

    trainer: Trainer
    version: str
    method: str
    keys: dict[str, Any]
    source: str = ""
    folder: str = ""

    def with_keys(self, **keys: Any) -> "ImportedRun":
        """The run with some keys changed; None takes a key out."""
        changed = {**self.keys, **keys}
        return self.model_copy(update={"keys": {key: value for key, value in changed.items() if value is not None}})


def run_with(state: "SessionState", config: "ConfigStep") -> dict[str, Any]:
    """The state's imported run with the keys of the knobs that `config` changes; nothing where none is imported."""
    if state.imported is None or state.config is None:
        return {}
    from .package.importing.trl_choices import changed_keys

    return {"imported": state.imported.with_keys(**changed_keys(state.config, config))}
