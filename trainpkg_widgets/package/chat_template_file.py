"""A chat template that was chosen for a model without one, as a file of the package and as TRL's keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..advice.offered_templates import takes_template, template_of
from .targets.written import Script

if TYPE_CHECKING:
    from ..steps import SessionState

PATH = "chat_template.jinja"


def template_keys(state: SessionState) -> dict[str, Any]:
    """The keys that tell TRL 1.16 of the template and of the stop token; none where the model's own stand."""
    text, stop_token = _chosen(state)
    keys = {"chat_template_path": PATH} if text else {}
    # TRL 1.16, SFTTrainer.__init__: it is mirrored into the model's generation config, so generation stops at it too.
    return keys | ({"eos_token": stop_token} if stop_token else {})


def template_scripts(state: SessionState) -> tuple[Script, ...]:
    """The template as a file; none where the model's own stands."""
    text, _ = _chosen(state)
    return (Script(PATH, "how conversations are printed for the model", text),) if text else ()


def _chosen(state: SessionState) -> tuple[str, str]:
    if state.config is None or state.model is None or not takes_template(state.config.method):
        return "", ""
    return template_of(state.model.info, state.dataset)
