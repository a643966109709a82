"""The shipped knobs, and short ways to change them and to ask what is wrong with them."""

from __future__ import annotations

from trainpkg_widgets.advice.knobs import change_config, config_findings
from trainpkg_widgets.facts import Fact, Finding
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.settings.config_settings import Gpu
from trainpkg_widgets.steps import ConfigStep

SETTINGS = load_settings({}).config


def changed(current: ConfigStep | None = None, /, **changes) -> ConfigStep:
    """The knobs after changes that must be accepted."""
    config, findings = change_config(current, changes, SETTINGS)
    assert findings == []
    return config


def model(model_type: str, **facts) -> ModelInfo:
    values = {name: Fact(value=value, source="config.json") for name, value in facts.items()}
    return ModelInfo(
        id="a/b", origin="hub", as_of="2026-01-01", model_type=Fact(value=model_type, source="config.json"), **values
    )


def card(name: str) -> Gpu:
    return next(gpu for gpu in SETTINGS.gpus if gpu.name == name)


def codes(config: ConfigStep, about: ModelInfo | None = None, gpu: Gpu | None = None) -> dict[str, str]:
    return {finding.code: finding.severity for finding in config_findings(config, about, gpu, SETTINGS)}


def one(code: str, config: ConfigStep, about: ModelInfo | None = None, gpu: Gpu | None = None) -> Finding:
    [finding] = [found for found in config_findings(config, about, gpu, SETTINGS) if found.code == code]
    return finding


def mended(config: ConfigStep, finding: Finding) -> ConfigStep:
    assert finding.fix is not None and finding.fix.verb == "configure"
    return changed(config, **finding.fix.arguments)
