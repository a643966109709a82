"""A chat template chosen for a model that has none, and the token that its answers end in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .facts import Finding, Fix
from .steps import SessionState, TemplateChoice

if TYPE_CHECKING:
    from .seen_screen import TemplateOption


def choose_template(
    state: SessionState, template: str | None, stop_token: str | None, about: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, list[Finding]]:
    """The dataset step with another template or stop token, or None and why not.

    `template` is the name of one that is offered, or Jinja itself; `about` is what is known of the tokenizer, empty
    where it could not be loaded.
    """
    from .advice.offered_templates import OFFERED, offered_template
    from .advice.template_sandbox import compile_template

    if state.model is None or state.dataset is None:
        return None, [_refused("template-too-early", "Choose a model and a dataset first.")]
    before = state.dataset.template
    chosen = before if before is not None and before.model == state.model.repo_id else None
    chosen = chosen or TemplateChoice(model=state.model.repo_id)
    if template is not None:
        if template and state.model.info.chat_template.value:
            message = "This model has a chat template of its own, and that is what it will be used with."
            return None, [_refused("template-there", message, state.model.info.chat_template.source)]
        offered = offered_template(template)
        if offered is None and template and "{" not in template:
            names = ", ".join(one.name for one in OFFERED)
            return None, [
                _refused("template-unknown", f"There is no chat template “{template}”.", f"There are {names}.")
            ]
        if offered is None and template:
            try:
                compile_template(template)([{"role": "user", "content": "x"}], True)
            except Exception as error:  # noqa: BLE001 - a template is a program: it may raise anything
                evidence = f"{type(error).__name__}: {error}"[:200]
                return None, [_refused("template-broken", "This template can't print a conversation.", evidence)]
        missing = [token for token in (offered.needs if offered else ()) if about and token not in about["knows"]]
        if missing:
            message = f"This model's tokenizer does not know {missing[0]}, and would cut it into pieces."
            fix = Fix(label="Use plain tags", verb="use_template", arguments={"template": "tags"})
            return None, [_refused("template-tokens", message, "The model could never learn it as one sign.", fix)]
        text = offered.text if offered else template
        stop = offered.stop_token if offered else ""
        name = offered.name if offered else ("own" if template else "")
        chosen = chosen.model_copy(update={"name": name, "text": text, "stop_token": stop})
    if stop_token is not None:
        if stop_token and about and stop_token not in about["knows"]:
            message = f"This model's tokenizer has no token {stop_token}."
            return None, [_refused("stop-token-unknown", message, f"It has {', '.join(about['knows'][:12])}.")]
        chosen = chosen.model_copy(update={"stop_token": stop_token})
    kept = chosen if chosen.text or chosen.stop_token else None
    return {"dataset": state.dataset.model_copy(update={"template": kept})}, []


def template_options(state: SessionState, about: Callable[[], Mapping[str, Any]]) -> tuple[TemplateOption, ...]:
    """The templates on offer to the model, none where it has its own. `about` gives what is known of its tokenizer."""
    from .advice.offered_templates import OFFERED
    from .advice.training_shape import has_chat_template
    from .seen_screen import TemplateOption

    if state.model is None or state.dataset is None or has_chat_template(state.model.info) is not False:
        return ()
    chosen, known = state.dataset.template, about()
    return tuple(
        TemplateOption(
            name=one.name,
            label=one.label,
            hint=one.hint,
            chosen=chosen is not None and chosen.name == one.name and chosen.model == state.model.repo_id,
        )
        for one in OFFERED
        if not known or all(token in known["knows"] for token in one.needs)
    )


def _refused(code: str, message: str, evidence: str = "", fix: Fix | None = None) -> Finding:
    return Finding(
        severity="error",
        step="dataset",
        field="dataset.template",
        code=code,
        message=message,
        evidence=evidence,
        fix=fix,
    )
