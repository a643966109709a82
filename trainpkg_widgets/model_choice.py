"""Turning what a person names (an id, a page, a folder) into the model step, with its facts and this token's access."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from .facts import Fact, Finding, Fix, unknown
from .search_filters import SearchFilters
from .steps import Access, ModelStep

if TYPE_CHECKING:
    from .hub.catalogue import Catalogue
    from .hub.client import HubClient
    from .hub.models import ModelBrowser
    from .model_info import ModelInfo
    from .settings.model_settings import ModelSettings


# How many models of an author, or with the beginning of a name, are looked at for the nearest id.
_NEAR = 200


class ModelChooser:
    """Opens models on the Hub, in the built-in catalogue and on this disk. Nothing is opened before it is needed."""

    def __init__(self, settings: ModelSettings, token: str | bool | None) -> None:
        self._settings = settings
        self._token = token

    @cached_property
    def catalogue(self) -> Catalogue:
        """The built-in catalogue."""
        from .hub.catalogue import Catalogue

        return Catalogue()

    @cached_property
    def client(self) -> HubClient:
        """The client of the Hub, with its cache on disk where the settings want one."""
        from .hub.cache import HubCache, cache_folder
        from .hub.client import HubClient

        cache = self._settings.cache
        store = HubCache(cache_folder(cache.folder), cache.ttl_seconds, cache.max_entries) if cache.enabled else None
        return HubClient(self._settings.hub, store, token=self._token)

    @cached_property
    def browser(self) -> ModelBrowser:
        """The search of the Hub and the popular models."""
        from .hub.models import ModelBrowser

        return ModelBrowser(self._settings, self.client, self.catalogue)

    def choose(
        self,
        text: str,
        revision: str | None,
        shown: Callable[[str], ModelInfo | None],
        cancelled: Event | None = None,
    ) -> tuple[ModelStep | None, list[Finding]]:
        """The model that `text` names, or None and the findings that say why there is none.

        `shown` gives a model among the results on screen: its facts serve where the Hub does not answer.
        """
        text = text.strip()
        folder = _as_folder(text)
        if folder is not None:
            return _choose_folder(folder)
        return self._choose_on_hub(text, revision, shown, cancelled)

    def _choose_on_hub(
        self,
        text: str,
        revision: str | None,
        shown: Callable[[str], ModelInfo | None],
        cancelled: Event | None,
    ) -> tuple[ModelStep | None, list[Finding]]:
        from .hub.errors import HubError, NotFoundError
        from .hub.models import parse_model_reference

        try:
            reference = parse_model_reference(text, self._settings.hub.endpoint)
        except ValueError as error:
            return None, [_refused("model-reference", str(error))]
        revision = revision or reference.revision
        try:
            info = self.browser.open_model(reference.repo_id, revision, cancelled=cancelled)
        except HubError as error:
            info_offline = shown(reference.repo_id) or self.catalogue.get(reference.repo_id)
            if not error.transient or info_offline is None:
                fix = self._nearest(reference.repo_id) if isinstance(error, NotFoundError) else None
                return None, [_refused(error.code, f"{reference.repo_id}: {error.message}", error.hint, fix)]
            access: Fact[Access] = unknown(f"the Hub did not answer ({error.message.rstrip('.')})")
            return ModelStep(repo_id=info_offline.id, revision=revision, info=info_offline, access=access), []
        return ModelStep(
            repo_id=info.id,
            revision=info.revision.value or revision,
            info=info,
            access=self._access(info, cancelled),
        ), []

    def _nearest(self, repo_id: str) -> Fix | None:
        """The model of the catalogue that a mistyped id most likely means."""
        author, _, name = repo_id.rpartition("/")
        sizes = self._settings.size_categories
        near = [
            model.id
            for part in (author, name[:6])
            if len(part) > 1
            for model in self.catalogue.search(part, SearchFilters(), "downloads", _NEAR, sizes)
        ]
        found = difflib.get_close_matches(repo_id, near, n=1, cutoff=0.8)
        return Fix(label=f"Use {found[0]}", verb="select_model", arguments={"repo_id": found[0]}) if found else None

    def _access(self, info: ModelInfo, cancelled: Event | None) -> Fact[Access]:
        from .hub.access import check_access
        from .hub.errors import HubError

        if not self._settings.features.access_check:
            return unknown("the access check is switched off in the settings")
        try:
            return check_access(info, self.client, cancelled=cancelled)
        except HubError as error:
            return unknown(f"the Hub did not answer ({error.message.rstrip('.')})")


def _as_folder(text: str) -> Path | None:
    """`text` as a folder of this disk, None where it names a model of the Hub.

    A folder with a config.json wins over a Hub id of the same name, as it does in transformers.
    """
    path = Path(text).expanduser()
    if text.startswith(("~", ".", "/", "\\")) or path.is_absolute():
        return path
    try:
        return path if (path / "config.json").is_file() else None
    except OSError:  # no name of a folder, such as one that is too long
        return None


def _choose_folder(folder: Path) -> tuple[ModelStep | None, list[Finding]]:
    from .hub.local_models import NotAModel, read_local_model

    try:
        info = read_local_model(folder)
    except NotAModel as error:
        return None, [_refused("not-a-model", str(error))]
    return ModelStep(repo_id=info.id, info=info, access=Fact(value="open", source="a folder on this disk")), []


def _refused(code: str, message: str, evidence: str = "", fix: Fix | None = None) -> Finding:
    return Finding(
        severity="error", step="model", field="model.repo_id", code=code, message=message, evidence=evidence, fix=fix
    )
