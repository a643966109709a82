"""Opening one model: its facts, its files, this token's access, at one commit, in at most two requests.

The first is for the model's body with the size of every file, the second for its config.json, which also tells whether
this token may read files. config.json counts as a download of the model: it is asked for once, and only here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..facts import Fact, Frozen, unknown
from ..model_details import FileRole, RepoFile
from ..model_info import ModelInfo
from ..steps import Access
from .access import access_of, open_access
from .config_facts import with_config
from .errors import HubCancelledError, HubError
from .model_answers import config_path, not_what_was_asked, read_model
from .model_query import detail_params
from .model_reference import checked_id
from .parameter_count import is_count
from .weight_files import canonical_files, file_sizes, read_beside_weights

if TYPE_CHECKING:
    import threading

    from .catalogue import Catalogue
    from .client import HubClient


class OpenedModel(Frozen):
    """What opening a model found; `access` is what the Hub said to this token."""

    info: ModelInfo
    access: Fact[Access]
    files: tuple[RepoFile, ...]
    made_from_it: Fact[dict[str, int]]
    stored_bytes: Fact[int]


def open_model(
    client: HubClient,
    catalogue: Catalogue,
    repo_id: str,
    revision: str | None = None,
    *,
    check_access: bool = True,
    cancelled: threading.Event | None = None,
) -> OpenedModel:
    """Everything known of one model at one commit.

    Where config.json is refused or missing, the dimensions are the catalogue's, or unknown and say why. A model that
    is open to everyone and has no config.json costs one request.

    Raises:
        HubError: there is no such model or revision, or the Hub gave no answer.
        ValueError: `repo_id` can't be an id.
    """
    path = f"/api/models/{checked_id(repo_id)}"
    if revision:
        path += f"/revision/{quote(revision, safe='')}"
    answer = client.get_json(path, detail_params(), cancelled=cancelled)
    try:
        info = read_model(answer.body, answer)
    except ValueError as error:
        raise not_what_was_asked("a model", answer.body) from error
    sizes = file_sizes(answer.body.get("siblings"))
    has_config, is_open = "config.json" in sizes, info.gate.value == "open"
    access = open_access(info, client) if is_open else unknown("the access check is switched off in the settings")
    if not has_config and (is_open or not check_access):
        info = _without_config(info, "the repository has no config.json", catalogue)
    else:
        try:
            config = client.get_json(config_path(info), cancelled=cancelled)
            info = with_config(info, config.body)
            asked = access_of(info, config)
        except HubCancelledError:
            raise
        except HubError as error:
            why = f"config.json was not read: {error.message} {error.evidence}".strip()
            info = _without_config(info, why if has_config else "the repository has no config.json", catalogue)
            asked = access_of(info, error)
        if check_access and not is_open:
            access = asked
    return OpenedModel(
        info=info,
        access=access if check_access else unknown("the access check is switched off in the settings"),
        files=files_with_roles(sizes),
        made_from_it=_made_from_it(answer.body),
        stored_bytes=_stored(answer.body),
    )


def files_with_roles(sizes: Mapping[str, int | None]) -> tuple[RepoFile, ...]:
    """The files by their names, those that loading reads first."""
    weights = set(canonical_files(sizes).value or ())

    def role(name: str) -> FileRole:
        return "weights" if name in weights else "read" if read_beside_weights(name) else "other"

    files = [RepoFile(path=name, bytes=size, role=role(name)) for name, size in sizes.items()]
    order = ("weights", "read", "other")
    return tuple(sorted(files, key=lambda file: (order.index(file.role), file.path)))


def _without_config(info: ModelInfo, why: str, catalogue: Catalogue) -> ModelInfo:
    known = catalogue.get(info.id)
    found: dict[str, Fact[Any]] = {}
    for name in ("architecture", "context_length"):
        if not getattr(info, name).known:
            fact = getattr(known, name, None)
            found[name] = fact if fact is not None and fact.known else unknown(why)
    return info.model_copy(update=found)


def _made_from_it(body: Mapping[str, Any]) -> Fact[dict[str, int]]:
    given = body.get("childrenModelCount")
    if not isinstance(given, Mapping):
        return unknown("the Hub was not asked for it")
    counts = {k: v for k, v in given.items() if isinstance(k, str) and is_count(v)}
    return Fact[dict[str, int]](value=counts, source="childrenModelCount, as the Hub counts models that name this one")


def _stored(body: Mapping[str, Any]) -> Fact[int]:
    used = body.get("usedStorage")
    if is_count(used):
        return Fact(value=used, source="usedStorage: every commit and branch, not only this one")
    return unknown("the Hub was not asked for it")
