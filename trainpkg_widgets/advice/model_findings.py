"""What is known about the chosen model: what would stop a run, what to agree to, what nobody said. Not its access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts import Finding, Fix, Severity
from ..model_info import ModelInfo
from ..steps import ModelStep
from .cards import short_name
from .trainability import bitsandbytes_quantisation, foreign_quantisation, is_guess, untrainable_format

if TYPE_CHECKING:
    from ..settings.model_settings import ModelSettings, SizeRules
    from ..steps import Method

# Methods that are made for turns of a conversation. SFT and continued pre-training also take plain text.
_CHAT_METHODS = ("dpo", "kto", "orpo", "reward", "grpo")


def model_findings(step: ModelStep, settings: ModelSettings, method: Method | None = None) -> list[Finding]:
    """The findings of the model step, the gravest questions first; `method` is the run's, None where none is chosen."""
    info = step.info
    return [
        *_disabled(step, settings.hub.endpoint),
        *_weights(info),
        *_own_code(info, settings.hub.endpoint),
        *_files(info),
        *_size(step, settings.size_rules),
        *_template(info, method),
        *_licence(step, settings.hub.endpoint),
        *_dimensions(info),
    ]


def selection_stops(step: ModelStep, rules: SizeRules) -> list[Finding]:
    """What keeps a model from being chosen at all: too large, or so large that a person has to say yes first."""
    return [f for f in _size(step, rules) if f.code in ("size-refused", "size-confirm")]


def model_summary(step: ModelStep) -> str:
    """The one line a completed step folds to: name and parameters."""
    parameters = step.info.parameters.value
    return f"{short_name(step.info)} · {'parameters unknown' if parameters is None else _count(parameters)}"


def _disabled(step: ModelStep, endpoint: str) -> list[Finding]:
    info = step.info
    if not info.disabled or step.access.value == "disabled":  # which access.py says
        return []
    message = f"The Hub has disabled {short_name(info)}: its files can't be fetched."
    return [_finding("error", "access", "model-disabled", message, "disabled: true", _page(info, endpoint))]


def _weights(info: ModelInfo) -> list[Finding]:
    no_base, quantised, ready = untrainable_format(info), foreign_quantisation(info), bitsandbytes_quantisation(info)
    name = short_name(info)
    if no_base.known:
        severity: Severity = "warning" if is_guess(no_base) else "error"
        message = f"{name} is {no_base.value}: no training can start from it."
        return [_finding(severity, "weight_format", "format-not-trainable", message, no_base.source, _use_base(info))]
    if quantised.known:
        severity = "warning" if is_guess(quantised) else "error"
        message = f"The weights of {name} are quantised ({quantised.value}); no library of a package trains those."
        return [_finding(severity, "weight_format", "format-quantised", message, quantised.source, _use_base(info))]
    if ready.known:
        message = f"The weights of {name} are quantised already ({ready.value}): train them with QLoRA."
        return [_finding("warning", "weight_format", "format-bitsandbytes", message, ready.source, _use_base(info))]
    return []


def _own_code(info: ModelInfo, endpoint: str) -> list[Finding]:
    if not info.remote_code.value:
        return []
    message = f"{short_name(info)} loads only with code from its own repository, which a package does not run."
    page = _page(info, endpoint)
    fix = Fix(label="Read its code", link=f"{page.link}/tree/{info.revision.value or 'main'}") if page else None
    return [_finding("error", "remote_code", "remote-code", message, info.remote_code.source, fix)]


def _files(info: ModelInfo) -> list[Finding]:
    return [_finding("error", "files", "model-files", problem) for problem in info.problems]


def _size(step: ModelStep, rules: SizeRules) -> list[Finding]:
    weights, name = step.info.weight_bytes, short_name(step.info)
    if weights.value is None:
        if untrainable_format(step.info).known:
            return []
        return [_finding("info", "size", "size-unknown", f"The size of {name} is not known.", weights.source)]
    gigabytes = weights.value / 1e9
    size = f"{'about ' if weights.source.startswith('estimate') else ''}{gigabytes:.1f} GB"
    if gigabytes > rules.refuse_over_gb:
        message = f"{name} weighs {size}; more than {rules.refuse_over_gb:g} GB is not taken."
        return [_finding("error", "size", "size-refused", message, weights.source)]
    if gigabytes > rules.confirm_over_gb and not step.size_confirmed:
        arguments = {"repo_id": step.repo_id, "revision": step.revision, "confirmed": True}
        fix = Fix(label="I know, use it", verb="select_model", arguments=arguments)
        return [
            _finding(
                "error", "size", "size-confirm", f"{name} weighs {size}. Use it all the same?", weights.source, fix
            )
        ]
    if gigabytes > rules.warn_over_gb:
        message = f"{name} weighs {size}: fetching it and loading it take long."
        return [_finding("warning", "size", "size-large", message, weights.source)]
    return []


def _template(info: ModelInfo, method: Method | None) -> list[Finding]:
    if info.chat.value == "none_found":
        name, tuned = short_name(info), info.instruct_version.value
        severity: Severity = "warning" if method in _CHAT_METHODS else "info"
        message = f"No chat template was found for {name}: conversations can't be trained on without one."
        if method in _CHAT_METHODS:
            message = f"{method.upper()} is made for conversations, and no chat template was found for {name}."
        fix = Fix(label=f"Use {tuned}", verb="select_model", arguments={"repo_id": tuned}) if tuned else None
        return [_finding(severity, "chat_template", "template-not-found", message, info.chat.source, fix)]
    if info.chat.value is None and info.origin != "folder":
        message = f"It is not known whether {short_name(info)} has a chat template."
        return [_finding("info", "chat_template", "template-unknown", message, info.chat.source)]
    return []


def _licence(step: ModelStep, endpoint: str) -> list[Finding]:
    info, use = step.info, step.use
    kind, licence = info.licence_class, info.licence
    if kind.value == "non_commercial" and use == "commercial":
        message = f"The licence of {short_name(info)} ({licence.value}) forbids the commercial use you stated."
        fix = Fix(label="It is for research", verb="state_use", arguments={"use": "research"})
        return [_finding("error", "licence", "licence-forbids-use", message, licence.source, fix)]
    if kind.value == "non_commercial" and use == "unstated":
        message = f"The licence of {short_name(info)} ({licence.value}) does not allow commercial use."
        fix = Fix(label="It is for research", verb="state_use", arguments={"use": "research"})
        return [_finding("warning", "licence", "licence-non-commercial", message, licence.source, fix)]
    if kind.value == "restricted" and use == "commercial":
        message = f"The licence of {short_name(info)} ({licence.value}) allows commercial use on conditions. Read them."
        fix_link = _licence_text(info, endpoint)
        return [_finding("warning", "licence", "licence-conditions", message, kind.source, fix_link)]
    if kind.value is None:
        message = f"What the licence of {short_name(info)} allows is not known."
        return [_finding("info", "licence", "licence-unknown", message, kind.source, _page(info, endpoint))]
    return []


def _dimensions(info: ModelInfo) -> list[Finding]:
    if info.architecture.known:
        return []
    message = f"The memory of a run can't be estimated: the dimensions of {short_name(info)} are not known."
    return [_finding("info", "architecture", "architecture-unknown", message, info.architecture.source)]


def _use_base(info: ModelInfo) -> Fix | None:
    base = info.base_model.value
    if not base or ", " in base:
        return None
    return Fix(label=f"Use {base}", verb="select_model", arguments={"repo_id": base})


def _page(info: ModelInfo, endpoint: str) -> Fix | None:
    if info.origin == "folder":
        return None
    return Fix(label="Open its page", link=f"{endpoint.rstrip('/')}/{info.id}")


def _licence_text(info: ModelInfo, endpoint: str) -> Fix | None:
    link = licence_address(info, endpoint)
    return Fix(label="Read the licence", link=link) if link else _page(info, endpoint)


def licence_address(info: ModelInfo, endpoint: str) -> str:
    """The address of the licence's text; empty where neither card nor files say where it is."""
    link = info.licence_link.value
    if not link or link.startswith("https://") or info.origin == "folder":
        return link if link and link.startswith("https://") else ""
    return f"{endpoint.rstrip('/')}/{info.id}/blob/{info.revision.value or 'main'}/{link}"


def _count(parameters: int) -> str:
    if parameters >= 1e8:
        return f"{parameters / 1e9:.2f} B"
    return f"{parameters / 1e6:.1f} M" if parameters >= 1e5 else f"{parameters:,}"


def _finding(
    severity: Severity, field: str, code: str, message: str, evidence: str = "", fix: Fix | None = None
) -> Finding:
    return Finding(
        severity=severity, step="model", field=f"model.{field}", code=code, message=message, evidence=evidence, fix=fix
    )
