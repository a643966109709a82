"""Settings from layers: the files that ship, then one file or mapping of the user's, then keyword arguments."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from pydantic import BaseModel, ValidationError

from .errors import SettingsError
from .packed import read_packed
from .schema import SHIPPED, Component, Settings, section_type
from .section import Section

if TYPE_CHECKING:
    from .agreement import Option

# Names the user's or the organisation's file; read whenever settings are loaded.
ENVIRONMENT = "TRAINPKG_CONFIG"

# Which section of the settings a service reads.
SERVICES = {
    "hub": ("model", "hub"),
    "cache": ("model", "cache"),
    "logging": ("shared", "logging"),
    "autosave": ("shared", "autosave"),
    "work": ("shared", "work"),
}

# pydantic's names of a wrong type in our words.
_EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of options",
}

Service = Literal["hub", "cache", "logging", "autosave", "work"]
Source = Settings | Mapping[str, Any] | str | Path | None
M = TypeVar("M", bound=BaseModel)
N = TypeVar("N", bound=str)


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """What loading came to: a value, or the error that stands in its way."""

    value: M | None = None
    error: SettingsError | None = None


@dataclass(frozen=True)
class _Layer:
    """Options of one origin. `prefix` is where in the settings its top level belongs; `path` is None for arguments."""

    data: Mapping[str, Any]
    path: Path | None
    prefix: tuple[str, ...] = ()

    def reach(self, option: Option) -> tuple[int, bool]:
        """How many keys of an option's path this layer has, and whether the value in force is this layer's.

        It is where the whole path is here, and where the path ends in something that is not a mapping, for only
        mappings are merged with the layers below.
        """
        here: Any = self.data
        depth = len(self.prefix)
        if option[:depth] != self.prefix:
            return 0, False
        for key in option[depth:]:
            if isinstance(here, Mapping):
                if key not in here:
                    return depth, False
                here = here[key]
            elif isinstance(here, list) and isinstance(key, int) and key < len(here):
                here = here[key]
            else:
                return depth, True
            depth += 1
        return depth, True


class SettingsLoader:
    """Loads settings and keeps the files it has read until they change on disk."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[tuple[int, int], dict[str, Any]]] = {}

    def settings(self, source: Source = None, **overrides: Any) -> Settings:
        """All settings: the files that ship, overruled by `source`, overruled by keyword arguments.

        Mappings are merged, anything else replaces. Without `source`, the file named in TRAINPKG_CONFIG is used if
        there is one. A `Settings` is taken as it is.

        Raises:
            SettingsError: a file can't be read, an option does not exist, or a value does not fit.
        """
        if isinstance(source, Settings) and not overrides:
            return source
        above = [*self._above(source), _Layer(_plain(overrides), None)]
        settings = Settings(
            lambda component: self._section(component, above),
            lambda component, option: self._where(component, (component, *option), above),
        )
        for layer in above:
            for name in layer.data.keys() - SHIPPED.keys():
                raise _unknown_option([layer], (name,), tuple(SHIPPED))
        # What ships is right, which a test shows; what somebody changed is held against its schema before it is used.
        for component in SHIPPED:
            if any(component in layer.data for layer in above):
                getattr(settings, component)
                self._agree(component, settings, above)
        return settings

    def _section(self, component: Component, above: list[_Layer]) -> Section:
        layers = [self._shipped(component), *above]
        merged: dict[str, Any] = {component: layers[0].data}
        for layer in above:
            if component in layer.data:
                merged = _merged(merged, {component: layer.data[component]})
        return _validated(section_type(component), merged[component], layers, (component,))

    def _agree(self, component: Component, settings: Settings, above: list[_Layer]) -> None:
        from .agreement import disagreements

        for wrong in disagreements(component, settings):
            layers = [self._shipped(component), *above]
            raise _error(layers, wrong.options, wrong.found, wrong.expected, given=wrong.given, names=wrong.names)

    def _where(self, component: Component, option: Option, above: list[_Layer]) -> str:
        layers = [self._shipped(component), *above]
        layer = layers[_origin(layers, option)[0]]
        if layer.path is None:
            return ""
        from .yaml_file import find_place

        line, _ = find_place(layer.path, option[len(layer.prefix) : layer.reach(option)[0]])
        return f"{layer.path}, line {line}"

    def _shipped(self, component: Component) -> _Layer:
        path = config_folder() / SHIPPED[component]
        return _Layer(read_packed(path) or self._read(path), path, (component,))

    @overload
    def load(self, path: str | Path, schema: type[M], *, throw_on_error: Literal[True] = True) -> M: ...

    @overload
    def load(self, path: str | Path, schema: type[M], *, throw_on_error: Literal[False]) -> Loaded[M]: ...

    def load(self, path: str | Path, schema: type[M], *, throw_on_error: bool = True) -> M | Loaded[M]:
        """One YAML file held against any pydantic model.

        Raises:
            SettingsError: the file can't be read or does not fit, and `throw_on_error` is True.
        """
        file = Path(path).expanduser()
        try:
            value = _validated(schema, self._read(file), [_Layer(self._read(file), file)])
        except SettingsError as error:
            if throw_on_error:
                raise
            return Loaded(error=error)
        return value if throw_on_error else Loaded(value=value)

    def load_component(self, name: Component, source: Source = None) -> Section:
        """The settings of one step, or the shared ones: `load_component("model")`."""
        section: Section = getattr(self.settings(source), _known(name, SHIPPED, "component"))
        return section

    def load_service(self, name: Service, source: Source = None) -> Section:
        """The settings of one service: `load_service("hub")`."""
        component, field = SERVICES[_known(name, SERVICES, "service")]
        section: Section = getattr(getattr(self.settings(source), component), field)
        return section

    def clear(self, path: str | Path | None = None) -> None:
        """Forget one file, or all of them."""
        if path is None:
            self._files.clear()
        else:
            self._files.pop(Path(path).expanduser().resolve(), None)

    @property
    def cache_size(self) -> int:
        """How many files are kept."""
        return len(self._files)

    def _above(self, source: Source) -> Iterator[_Layer]:
        """What lies above the files that ship: the user's or the organisation's."""
        if isinstance(source, Settings):
            yield _Layer(source.model_dump(), None)
            return
        if source is None and (named := os.environ.get(ENVIRONMENT)):
            source = Path(named).expanduser()
            if not source.is_file():
                raise SettingsError(
                    path=ENVIRONMENT, found=f"{named}, which is no file", expected="the path of a YAML file"
                )
        if isinstance(source, Mapping):
            yield _Layer(_plain(source), None)
        elif source is not None:
            path = Path(source).expanduser()
            yield _Layer(self._read(path), path)

    def _read(self, path: Path) -> dict[str, Any]:
        from .yaml_file import read_yaml

        key = path.resolve()
        try:
            stat = key.stat()
        except OSError:
            return read_yaml(path)  # which says what is wrong
        stamp = (stat.st_mtime_ns, stat.st_size)
        kept = self._files.get(key)
        if kept is None or kept[0] != stamp:
            kept = self._files[key] = (stamp, read_yaml(path))
        return kept[1]


def load_settings(source: Source = None, **overrides: Any) -> Settings:
    """All settings of a session, from the defaults that ship, `source`, and keyword arguments.

        load_settings("team.yaml", model={"search": {"debounce_ms": 300}})

    `source` is a YAML file or a mapping with any of the keys shared, model, config, dataset, deploy, each as partial as
    you like; without it, the file named in the environment variable TRAINPKG_CONFIG.

    Raises:
        SettingsError: a file can't be read, an option does not exist, or a value does not fit.
    """
    return SettingsLoader().settings(source, **overrides)


def config_folder() -> Path:
    """The folder of the YAML that ships."""
    return Path(str(resources.files("trainpkg_widgets"))) / "config"


def _plain(value: Any) -> Any:
    """The value with models as mappings, so that a part of one `Settings` can be an argument of another."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if value is None and isinstance(old, Mapping):
            continue  # a section with every line of it commented out
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _validated(schema: type[M], data: Any, layers: list[_Layer], at: Option = ()) -> M:
    """The data as `schema` has it; `at` is where in the settings it belongs."""
    try:
        # Strict, for pydantic would else take true for the number 1, and "30" for 30.
        return schema.model_validate(data, strict=True)
    except ValidationError as error:
        raise _first_problem(error, schema, layers, at) from error


def _first_problem(error: ValidationError, schema: type[BaseModel], layers: list[_Layer], at: Option) -> SettingsError:
    problems = error.errors(include_url=False)
    # A misspelt option comes first, for it is also why another one is missing.
    problem = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
    option, kind, given = (*at, *problem["loc"]), problem["type"], problem["input"]
    if kind == "extra_forbidden":
        return _unknown_option(layers, option, _options_of(schema, problem["loc"][:-1]))
    if kind == "missing":
        return _error(layers, (option[:-1],), f"no {option[-1]}", f"{option[-1]}, which has no default")
    names = tuple(re.findall(r"'([^']*)'", problem["msg"])) if kind == "literal_error" else ()
    expected = _EXPECTED.get(kind, problem["msg"].removeprefix("Input should be "))
    return _error(layers, (option,), _shown(given), expected, given=str(given), names=names)


def _unknown_option(layers: list[_Layer], option: Option, names: tuple[str, ...]) -> SettingsError:
    expected, given = "one of " + ", ".join(names), str(option[-1])
    return _error(layers, (option,), "an unknown option", expected, given=given, names=names, of_key=True)


def _error(
    layers: list[_Layer],
    options: tuple[Option, ...],
    found: str,
    expected: str,
    *,
    given: str = "",
    names: tuple[str, ...] = (),
    of_key: bool = False,
) -> SettingsError:
    """The error with its place: of the options concerned, the one that the uppermost layer sets."""
    origins = [(_origin(layers, option), option) for option in options]
    (rank, _), option = max(origins, key=lambda origin: origin[0])
    layer = layers[rank]
    depth = layer.reach(option)[0]
    line = column = None
    if layer.path is not None:
        from .yaml_file import find_place

        line, column = find_place(layer.path, option[len(layer.prefix) : depth], of_key=of_key)
    import difflib

    near = difflib.get_close_matches(given, names, n=1)
    return SettingsError(
        path=str(layer.path) if layer.path else "arguments",
        line=line,
        column=column,
        # pydantic ends the path of a value in a union with the type it tried.
        option=".".join(str(key) for key in option[: max(depth, 1)]),
        found=found,
        expected=expected,
        suggestion=near[0] if near else "",
    )


def _origin(layers: list[_Layer], option: Option) -> tuple[int, bool]:
    """The index of the layer whose value is in force and True, or of the uppermost that comes closest and False."""
    reached = [layer.reach(option) for layer in layers]
    owners = [index for index, (_, owns) in enumerate(reached) if owns]
    return (owners[-1], True) if owners else (max(range(len(layers)), key=lambda i: (reached[i][0], i)), False)


def _options_of(schema: type[BaseModel], option: Option) -> tuple[str, ...]:
    """The options a section has, found by walking the schema along a path."""
    annotation: Any = schema
    for key in option:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[str(key)].annotation
        else:
            annotation = annotation.__args__[-1]
    return tuple(annotation.model_fields)


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    if isinstance(value, (Mapping, list)):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _known(name: N, names: Mapping[N, Any], what: str) -> N:
    if name in names:
        return name
    import difflib

    near = difflib.get_close_matches(name, names, n=1)
    raise SettingsError(
        path="arguments",
        found=repr(name),
        expected=f"a {what}: " + ", ".join(names),
        suggestion=near[0] if near else "",
    )
