"""What a package may be called: a name is a folder on Linux, macOS and Windows alike."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..facts import Finding, Fix, StepId
from .secret_shapes import secret_in

# Bytes of UTF-8. A path on Windows has 260 characters unless it is set up otherwise (MAX_PATH), a name on Linux 255
# bytes, and the package's own files need some of that.
LONGEST = 100
_ROOM_TO_COUNT = 4

# Microsoft, "Naming Files, Paths, and Namespaces": these are devices, with any extension, in any case.
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{device}{n}" for device in ("COM", "LPT") for n in "0123456789¹²³"]
)
_REFUSED_CHARACTERS = re.compile(r'[<>:"/\\|?*]')
_VERSION = re.compile(r"-v(\d+)(?=-|$)")


def suggest_name(base: str, existing: Collection[str], today: date, pattern: str) -> str:
    """A name that is not in `existing` for a package made from `base`, a model's id or path.

    `pattern` may hold {base} and {date} (as YYYYMMDD); a taken name is counted up as `next_free_name` does.
    """
    stem = clean_name(re.split(r"[/\\]", base.rstrip("/\\"))[-1]) or "model"
    words = {"base": "", "date": f"{today:%Y%m%d}"}
    room = LONGEST - _size(_filled(pattern, words)) - _ROOM_TO_COUNT
    words["base"] = _cut(stem, max(room, 1)).rstrip("-_. ") or "m"
    name = _filled(pattern, words)
    return name if _folded(name) not in {_folded(other) for other in existing} else next_free_name(name, existing)


def names_in(folder: Path) -> list[str]:
    """The names that packages have in a folder, archives without their ending; none where it can't be looked into."""
    try:
        return [path.stem if path.suffix == ".zip" else path.name for path in folder.iterdir()]
    except OSError:
        return []


def next_free_name(name: str, existing: Collection[str]) -> str:
    """The name to offer where `name` is taken: its version one up (`x-v1` → `x-v2`), or a number at its end."""
    taken = {_folded(other) for other in existing}
    match = max(_VERSION.finditer(name), key=lambda found: found.start(), default=None)
    number = int(match.group(1)) if match else 1
    while True:
        number += 1
        free = f"{name[: match.start()]}-v{number}{name[match.end() :]}" if match else f"{name}-{number}"
        if _folded(free) not in taken:
            return free


def clean_name(text: str) -> str:
    """`text` with everything that a folder's name can't hold left out or replaced by a dash; empty if nothing stays."""
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in text if c.isprintable())
    name = re.sub(r"-{2,}", "-", kept).strip("-. ")
    name = _cut(re.sub(r"(\.zip)+$", "", name, flags=re.IGNORECASE), LONGEST).strip("-. ")
    return f"my-{name}" if _is_device(name) else name


def secret_problem(step: StepId, field: str, what: str, text: str) -> Finding | None:
    """That `text`, which a person typed and a package would hold, looks like a secret; None where it does not.

    The text itself is not said again.
    """
    kind = secret_in(text)
    if kind is None:
        return None
    message = f"{what} holds what looks like {kind}, and a package is handed to others."
    evidence = "Take it out, or use another one. A token is read from the environment when it is needed."
    return Finding(severity="error", step=step, field=field, code="secret-typed", message=message, evidence=evidence)


def name_problem(name: str) -> Finding | None:
    """Why `name` can't be the name of a package, with a name that can; None where nothing is wrong with it."""
    if kind := secret_in(name):
        fix = Fix(label="Use “my-package”", verb="deploy_to", arguments={"name": "my-package"})
        message = f"This name looks like {kind}, and a package is handed to others."
        return Finding(
            severity="error", step="deploy", field="deploy.name", code="name-secret", message=message, fix=fix
        )
    for code, reason in _problems(name):
        better = clean_name(name) or "my-package"
        fix = Fix(label=f"Use “{better}”", verb="deploy_to", arguments={"name": better})
        return Finding(
            severity="error",
            step="deploy",
            field="deploy.name",
            code=code,
            # The reason stands in the message: beside a field that is what is shown.
            message=f"This name can't be the name of a folder everywhere. {reason}",
            fix=fix,
        )
    return None


def _problems(name: str) -> list[tuple[str, str]]:
    found = []
    if not name.strip():
        return [("name-empty", "It is empty.")]
    if _size(name) > LONGEST:
        found.append(("name-too-long", f"It has {_size(name)} bytes; up to {LONGEST} work on every system."))
    bad = sorted(set(_REFUSED_CHARACTERS.findall(name)))
    if bad:
        found.append(("name-characters", f"It holds {' '.join(bad)}, which a file system keeps for itself."))
    if not name.isprintable():
        found.append(("name-characters", "It holds a character that can't be seen."))
    if name != name.strip() or name.endswith("."):
        found.append(("name-ends", "It starts or ends with a space, or ends with a dot; Windows drops those."))
    if name[0] in ".-~":
        found.append(("name-start", f"It starts with “{name[0]}”: a hidden folder, an option or a home folder."))
    if name.lower().endswith(".zip"):
        found.append(("name-zip", "It ends in .zip, which is how an archive is asked for."))
    if _is_device(name):
        found.append(("name-reserved", "Windows keeps this name for a device."))
    return found


def _filled(pattern: str, words: dict[str, str]) -> str:
    return re.sub(r"\{(base|date)\}", lambda match: words[match.group(1)], pattern)


def _size(name: str) -> int:
    return len(name.encode("utf-8", "replace"))


def _cut(name: str, size: int) -> str:
    return name.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore")


def _is_device(name: str) -> bool:
    return name.split(".")[0].rstrip().upper() in _DEVICES


def _folded(name: str) -> str:
    # macOS and Windows do not tell upper case from lower case in names.
    return name.casefold()


@dataclass(frozen=True, order=True)
class Version:
    """A package's name taken apart: what it is made from, its number, and the day of a draft (empty for none)."""

    base: str
    number: int
    draft: str
    name: str

    @property
    def is_draft(self) -> bool:
        """Whether it is a draft, and not the version itself."""
        return bool(self.draft)


def version_of(name: str) -> Version | None:
    """A name of the form `<base>-v<N>` or `<base>-v<N>-draft-<YYYYMMDD>` taken apart; None for any other."""
    match = re.fullmatch(r"(.+?)-v(\d+)(?:-draft-(\d{8}))?", name)
    return Version(match[1], int(match[2]), match[3] or "", name) if match else None


def versions_in(folder: Path, base: str = "") -> list[Version]:
    """The versions of packages in a folder, of one base or all: by base, then number, drafts before their version.

    A package that lies there as a folder and as a zip is one.
    """
    names = dict.fromkeys(names_in(folder))
    found = [version for name in names if (version := version_of(name)) and base in ("", version.base)]
    return sorted(found, key=lambda version: (version.base, version.number, not version.is_draft, version.draft))
