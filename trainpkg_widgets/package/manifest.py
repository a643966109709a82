"""`package.yaml`: every choice of a training package with its sources, what was warned of, and every file's hash."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from ..facts import Finding, Frozen
from ..steps import Method, SessionState
from .migrations import NEWEST, migrated

FILE = "package.yaml"
FORMAT = NEWEST

# The folders that running a package makes inside it: no part of it, and not looked into.
LEFT_BEHIND = ("output", ".venv")

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


class ManifestError(ValueError):
    """Raised when a text is no manifest; the message says where and why."""


class ManifestTarget(Frozen):
    """The trainer the package is written for, the Python versions it runs on, and its sub-command."""

    name: str
    version: str
    python: str
    method: Method


class Pin(Frozen):
    """Something that is fetched when the package runs, and the revision that is meant; None where none was known."""

    kind: Literal["model", "dataset"]
    id: str
    revision: str | None


class ManifestFile(Frozen):
    """One file of the package. `path` is relative to it and uses `/`; `rows` are the lines of a data file."""

    path: str
    about: str
    bytes: int = Field(ge=0)
    sha256: str = Sha256
    rows: int | None = Field(default=None, ge=0)


class Manifest(Frozen):
    """What `package.yaml` holds. It has no date: the same choices give the same bytes, whenever they are written.

    `choices` is the session, without the place it was last written to; `accepted` are the warnings that stood when
    the package was made. `prepare` is run once, in the environment, before the run; empty where nothing has to be.
    `package.yaml` itself is not among the `files`: it can't hold its own hash.
    """

    format: Literal[2] = 2
    name: str
    target: ManifestTarget
    environment: str
    prepare: str = ""
    command: str
    written_by: dict[str, str]
    pins: tuple[Pin, ...]
    choices: SessionState
    accepted: tuple[Finding, ...] = ()
    files: tuple[ManifestFile, ...]


def manifest_yaml(manifest: Manifest) -> str:
    """The manifest as YAML; equal manifests give equal text."""
    text: str = yaml.dump(
        manifest.model_dump(mode="json"), Dumper=ExactDumper, sort_keys=False, allow_unicode=True, width=120
    )
    return "# A training package. `trainpkg verify` checks it; README.md says how to run it.\n" + text


def read_manifest(text: str) -> Manifest:
    """The manifest that `text` holds.

    Raises:
        ManifestError: `text` is no YAML, or not of this format.
    """
    try:
        data: Any = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that refuses aliases too
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ManifestError(f"{FILE} is no YAML that can be read: {_one_line(error)}") from None
    if not isinstance(data, dict):
        raise ManifestError(f"{FILE} holds no mapping.")
    try:
        data = migrated(data)
    except ValueError as error:
        raise ManifestError(f"{FILE} is of {error}.") from None
    try:
        return Manifest.model_validate_json(json.dumps(data))
    except (ValidationError, TypeError, ValueError) as error:
        problems = error.errors() if isinstance(error, ValidationError) else []
        places = [f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems[:3]] or [_one_line(error)]
        raise ManifestError(f"{FILE} does not fit its schema: {'; '.join(places)}.") from None


def manifest_schema() -> str:
    """The JSON Schema of `package.yaml`, as it is published in `manifest.schema.json`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def published_schema() -> str:
    """The text of `manifest.schema.json`."""
    return resources.files(__package__).joinpath("manifest.schema.json").read_text(encoding="utf-8")


class ExactDumper(yaml.SafeDumper):
    """Writes text that reads back as it was, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never write `*name` for what was written before."""
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        """A text; in double quotes where it holds a line end that other styles turn into a plain one."""
        # PyYAML 6.0.3 writes these into single quotes, and reads a plain line end back.
        exact = '"' if any(end in data for end in "\r\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=exact)


ExactDumper.add_representer(str, ExactDumper.text)


class _Loader(yaml.SafeLoader):
    """Refuses aliases: a few hundred bytes of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses aliases (*name), which a manifest never does")
        return super().compose_node(parent, index)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


if __name__ == "__main__":
    print(manifest_schema(), end="")
