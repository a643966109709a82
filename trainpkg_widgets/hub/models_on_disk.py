"""Models on this machine: in the cache that huggingface_hub downloads into, and in folders that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..facts import Fact
from ..logs import get_logger
from ..model_info import ModelInfo
from .local_models import NotAModel, read_local_model

if TYPE_CHECKING:
    from ..settings.model_settings import DiskSettings

_log = get_logger("hub.disk")

# One of these makes a folder worth a look; the others are passed over in silence.
_SIGNS = ("config.json", "adapter_config.json")


def models_on_disk(settings: DiskSettings) -> list[ModelInfo]:
    """What can be loaded from this machine, each with the facts of its own files. Folders first, then by id.

    A model of the Hub keeps its id, with the commit that was downloaded; a download that is not whole is left out.
    """
    found: list[ModelInfo] = []
    for folder in settings.folders:
        found += _in_folder(Path(folder).expanduser())
    if settings.hf_cache:
        found += _in_hf_cache()
    return found[: settings.max_models]


def _in_folder(folder: Path) -> Iterator[ModelInfo]:
    if not folder.is_dir():
        _log.warning("disk.folders names a folder that is not there", extra={"context": {"folder": str(folder)}})
        return
    for candidate in (folder, *sorted(p for p in folder.iterdir() if p.is_dir())):
        if any((candidate / sign).is_file() for sign in _SIGNS) or any(candidate.glob("*.gguf")):
            try:
                yield read_local_model(candidate)
            except NotAModel as error:
                _log.info("a folder holds no whole model", extra={"context": {"why": str(error)}})


def _in_hf_cache() -> Iterator[ModelInfo]:
    # huggingface_hub is imported where models are looked for: it takes a fifth of a second.
    from huggingface_hub import CacheNotFound, constants, scan_cache_dir

    try:
        repositories = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except (CacheNotFound, ValueError):  # there is none, or a file in its place
        return
    for repository in sorted(repositories, key=lambda one: one.repo_id.lower()):
        if repository.repo_type != "model":
            continue
        # What `main` names was asked for by name; else what was downloaded last.
        revisions = sorted(repository.revisions, key=lambda one: ("main" not in one.refs, -one.last_modified))
        for revision in revisions[:1]:
            try:
                info = read_local_model(revision.snapshot_path)
            except NotAModel as error:
                _log.info("a download is not whole", extra={"context": {"id": repository.repo_id, "why": str(error)}})
                continue
            yield _of_hub(info, repository.repo_id, revision.commit_hash)


def _of_hub(info: ModelInfo, repo_id: str, commit: str) -> ModelInfo:
    from .chat_evidence import instruct_in_name

    author, _, name = repo_id.rpartition("/")
    revision: Fact[str] = Fact(value=commit, source="the commit in the cache of huggingface_hub")
    named = {"id": repo_id, "origin": "cached", "author": author, "revision": revision}
    return info.model_copy(update={**named, "instruct": instruct_in_name(name)})
