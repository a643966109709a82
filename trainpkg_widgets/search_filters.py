"""What a search of models asks for: what it keeps, and in which order."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from .facts import Frozen

SortOrder = Literal["trending", "downloads", "likes", "recent", "parameters"]
SizeCategory = Literal["small", "medium", "large"]
LicenceChoice = Literal["open", "restricted", "non_commercial", "unknown"]
FormatChoice = Literal["safetensors", "pytorch", "gguf", "onnx", "mlx", "adapter", "other"]
GateChoice = Literal["open", "gated"]


def _several(given: Any) -> Any:
    """One word is a list of one, so that `licences="open"` reads as it is meant."""
    return (given,) if isinstance(given, str) else () if given is None else given


Licences = Annotated[tuple[LicenceChoice, ...], BeforeValidator(_several)]
Formats = Annotated[tuple[FormatChoice, ...], BeforeValidator(_several)]


class SearchFilters(Frozen):
    """What a search keeps. None, False and an empty list keep everything; several filters keep what passes them all.

    `task` is a pipeline tag of the Hub, such as `text-generation`. Parameters are counts, weights are bytes as they
    are loaded; both bounds are kept too. `size` is a category of the settings. `gate` "open" keeps what anybody may
    download. `fits_gpu` keeps what can be trained on the card of the session, `on_disk` what is on this machine.
    """

    task: str | None = Field(default=None, max_length=100)
    parameters_from: int | None = Field(default=None, gt=0)
    parameters_to: int | None = Field(default=None, gt=0)
    weight_bytes_from: int | None = Field(default=None, gt=0)
    weight_bytes_to: int | None = Field(default=None, gt=0)
    size: SizeCategory | None = None
    chat: bool = False
    lora: bool = False
    licences: Licences = ()
    gate: GateChoice | None = None
    author: str | None = Field(default=None, max_length=100)
    formats: Formats = ()
    fits_gpu: bool = False
    on_disk: bool = False

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "SearchFilters":
        for name in ("parameters", "weight_bytes"):
            low, high = getattr(self, f"{name}_from"), getattr(self, f"{name}_to")
            if low is not None and high is not None and low > high:
                raise ValueError(f"{name}_from is {low:,}, above {name}_to, which is {high:,}: nothing lies between")
        return self


def read_filters(given: Mapping[str, Any]) -> SearchFilters:
    """Filters given by name.

    Raises:
        ValueError: there is no such filter, or its value does not fit.
    """
    try:
        return SearchFilters(**given)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        known = ", ".join(SearchFilters.model_fields)
        where = ".".join(map(str, wrong["loc"]))
        said = wrong["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {said}. Filters are {known}." if where else f"{said}.") from None
