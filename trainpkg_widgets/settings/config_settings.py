"""The options of the config step: `config/step2_config.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Literal, TypeVar

from pydantic import PrivateAttr

from .section import Count, Positive, Section

T = TypeVar("T")


class ChoiceOption(Section):
    """One choice of a knob, and its words in the menu."""

    value: str | int
    label: str


class KnobSettings(Section):
    """One knob: its words, its range, its default, and the name the trainer gives it.

    `default_by_tuning` overrules `default` for one tuning, and `default_by_method` both for one method: with a value,
    or with one for each tuning. `only_for` lists the tunings, `for_methods` the methods that it means anything for.
    `group` is the fold of the screen that it lies in, one of `knob_groups`; none is the first.
    """

    label: str
    hint: str
    kind: Literal["number", "integer", "choice", "switch", "text"]
    unit: str = ""
    default: Any = None
    default_by_tuning: dict[str, Any] = {}
    default_by_method: dict[str, Any] = {}
    minimum: float | None = None
    maximum: float | None = None
    above_minimum: bool = False
    choices: list[ChoiceOption] = []
    main: bool = False
    only_for: list[str] = []
    for_methods: list[str] = []
    group: str = ""
    trainer_names: dict[str, str] = {}


class Preset(Section):
    """Knobs set together towards a goal; `values_by_method` go over `values` for one method."""

    label: str
    hint: str
    values: dict[str, Any]
    values_by_method: dict[str, dict[str, Any]] = {}

    def values_for(self, method: str) -> dict[str, Any]:
        """What the preset sets for one method."""
        return {**self.values, **self.values_by_method.get(method, {})}


class Gpu(Section):
    """A card by its name: memory in MiB as nvidia-smi reports it, and CUDA compute capability.

    `peak_tflops` is its maker's figure for dense products in half precision that are summed in float32, or what follows
    from its maker's cores and clock; without it no time is told. `bandwidth_gbs` is how quickly it reads its memory, in
    GB (10⁹ bytes) a second, by its maker; without it no time of GRPO is told.
    """

    name: str
    memory_mib: Count
    compute_capability: float
    peak_tflops: Positive | None = None
    bandwidth_gbs: Positive | None = None


Rung = Literal[
    "sharding",
    "checkpointing",
    "batch",
    "reference",
    "optimizer",
    "answers",
    "rank",
    "lora",
    "eight_bits",
    "four_bits",
    "length",
]


class MakeItFit(Section):
    """What may be changed to make a run fit, the least loss of quality first. `least_length` is in tokens."""

    order: list[Rung]
    least_length: Count


class Share(Section):
    """A range, of shares of 1 or of seconds."""

    low: Positive
    high: Positive


class WritingSettings(Section):
    """What writing answers takes: seconds to start a kernel, and the share of a card's bandwidth that is reached."""

    seconds_per_kernel: Share
    bandwidth: Share


class EstimateSettings(Section):
    """What is assumed where nothing is known: of prompts (tokens), of how much of a card's peak a run reaches, and of
    how long it writes.
    """

    prompt_tokens: Count
    utilisation: Share
    utilisation_before_2020: Share
    writing: WritingSettings


class CloudSettings(Section):
    """The prices of clouds, which gpuhunt gives: whether to ask, how long to wait and to keep them, and how many."""

    ask: bool = True
    timeout_seconds: Positive = 30
    keep_seconds: Positive = 900
    shown: Count = 5


class ConfigSettings(Section):
    """The config step: `config/step2_config.yaml`."""

    knobs: dict[str, KnobSettings]
    presets: dict[str, Preset]
    default_preset: str
    knob_groups: dict[str, str] = {}
    make_it_fit: MakeItFit
    estimates: EstimateSettings
    clouds: CloudSettings = CloudSettings()
    gpus: list[Gpu]
    _kept: dict[Hashable, Any] = PrivateAttr(default_factory=dict)

    def kept(self, of: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of these settings, made once for each `of`."""
        if of not in self._kept:
            self._kept[of] = make()
        made: T = self._kept[of]
        return made
