"""Turning what a person names (an id, a page, a folder) into the model step or its details, with its access."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote

from .facts import Fact, Finding, Fix, unknown
from .search_filters import SearchFilters
from .steps import Access, ModelStep, Use

if TYPE_CHECKING:
    from .hub.catalogue import Catalogue
    from .hub.client import HubClient
    from .hub.errors import HubError
    from .hub.models import ModelBrowser
    from .hub.seen_models import SeenModels
    from .model_details import ModelDetails, RepoFile
    from .model_info import ModelInfo
    from .settings.dataset_settings import ViewerSettings
    from .settings.model_settings import ModelSettings


# How many models of an author, or with the beginning of a name, are looked at for the nearest id.
_NEAR = 200


class ModelChooser:
    """Opens models on the Hub, in the built-in catalogue and on this disk. Nothing is opened before it is needed."""

    def __init__(
        self, settings: ModelSettings, token: str | bool | None, where: Callable[[str], str] = lambda rule: ""
    ) -> None:
        self._settings = settings
        self._where = where
        self._token = token
        # What the tuned model is for, for the models that are chosen from now on.
        self.use: Use = settings.use

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

    def viewer(self, settings: ViewerSettings) -> HubClient | None:
        """The client of the dataset viewer, a site of its own; None where the settings name none for this Hub.

        The viewer of the public Hub is not asked for another Hub's datasets: it would be told their names for nothing.
        """
        from urllib.parse import urlsplit

        from .hub.client import HubClient

        if not settings.endpoint:
            return None
        asked = {"endpoint": settings.endpoint, "timeout_seconds": settings.timeout_seconds}
        hub = self._settings.hub
        site, viewer = urlsplit(hub.endpoint).hostname, urlsplit(settings.endpoint)
        of_public_hub = (viewer.hostname or "").endswith(".huggingface.co")
        if of_public_hub and site != "huggingface.co":
            return None
        # A token of one site is not shown to another: the public viewer knows those of the public Hub only.
        public = of_public_hub and viewer.scheme == "https"
        same = site == viewer.hostname
        token = self._token if public or same else False
        return HubClient(hub.model_copy(update=asked), self.client.cache, token=token)

    @cached_property
    def browser(self) -> ModelBrowser:
        """The search of the Hub and the popular models."""
        from .hub.models import ModelBrowser

        return ModelBrowser(self._settings, self.client, self.catalogue, self.seen)

    @cached_property
    def seen(self) -> SeenModels | None:
        """The models that the Hub has shown before; None where nothing is kept on disk."""
        cache = self._settings.cache
        if not cache.enabled or not cache.max_seen:
            return None
        from .hub.cache import cache_folder
        from .hub.seen_models import SeenModels

        return SeenModels(cache_folder(cache.folder) / "seen.sqlite", cache.max_seen)

    @property
    def has_rules(self) -> bool:
        """Whether the organisation allows less than everything."""
        policy = self._settings.policy
        return bool(policy.allowed_authors or policy.allowed_licences or policy.max_weight_gb)

    def outside(self, info: ModelInfo) -> list[Finding]:
        """The rules of the organisation that a model breaks, one error each."""
        if not self.has_rules:
            return []
        from .advice.policy import policy_findings

        return policy_findings(info, self._settings.policy, self._where)

    def state_use(self, use: Use) -> None:
        """What the tuned model is for, for the models that are chosen from now on.

        Raises:
            ValueError: it is none of the three.
        """
        if use not in get_args(Use):
            raise ValueError(f"use is one of {', '.join(get_args(Use))}, not {use!r}.")
        self.use = use

    def choose(
        self,
        text: str,
        revision: str | None,
        shown: Callable[[str], ModelInfo | None],
        cancelled: Event | None = None,
        *,
        confirmed: bool = False,
    ) -> tuple[ModelStep | None, list[Finding]]:
        """The model that `text` names, or None and the findings that say why there is none.

        `shown` gives a model among the results on screen: its facts serve where the Hub does not answer. `confirmed`
        accepts a size that asks for a confirmation; without it such a model is not chosen.
        """
        from .advice.model_findings import selection_stops

        details, wrong = self.open(text, revision, shown, cancelled)
        if details is None:
            return None, wrong
        info = details.info
        local = info.origin == "folder"
        step = ModelStep(
            repo_id=info.id,
            revision=None if local else info.revision.value or revision,
            info=info,
            access=details.access,
            size_confirmed=confirmed,
            use=self.use,
        )
        # What may not be used at all is not asked about.
        stops = self.outside(info) or selection_stops(step, self._settings.size_rules)
        return (None, stops) if stops else (step, [])

    def open(
        self,
        text: str,
        revision: str | None,
        shown: Callable[[str], ModelInfo | None],
        cancelled: Event | None = None,
    ) -> tuple[ModelDetails | None, list[Finding]]:
        """Everything known of the model that `text` names, in at most two requests and none where they are cached."""
        text = text.strip()
        folder = _as_folder(text)
        if folder is not None:
            return _open_folder(folder)
        return self._open_on_hub(text, revision, shown, cancelled)

    def _open_on_hub(
        self,
        text: str,
        revision: str | None,
        shown: Callable[[str], ModelInfo | None],
        cancelled: Event | None,
    ) -> tuple[ModelDetails | None, list[Finding]]:
        from .hub.errors import HubError
        from .hub.model_opening import open_model
        from .hub.model_reference import parse_model_reference

        try:
            reference = parse_model_reference(text, self._settings.hub.endpoint)
        except ValueError as error:
            return None, [_refused("model-reference", str(error))]
        revision = revision or reference.revision
        check = self._settings.features.access_check
        try:
            opened = open_model(
                self.client, self.catalogue, reference.repo_id, revision, check_access=check, cancelled=cancelled
            )
        except HubError as error:
            offline = shown(reference.repo_id) or self.catalogue.get(reference.repo_id)
            if not error.transient or offline is None:
                return None, [self._trouble(error, reference.repo_id, revision)]
            why = f"the Hub did not answer ({error.message.rstrip('.')})"
            return _details(offline, unknown(why), (), unknown(why), unknown(why)), []
        info = opened.info.model_copy(update={"instruct_version": self._instruct_version(opened.info)})
        return _details(info, opened.access, opened.files, opened.made_from_it, opened.stored_bytes), []

    def _trouble(self, error: HubError, repo_id: str, revision: str | None) -> Finding:
        """Why a model could not be opened, with the next thing to do."""
        from .hub.errors import BadTokenError, DisabledError, GatedError, NotFoundError

        site = self._settings.hub.endpoint.rstrip("/")
        fix: Fix | None = None
        match error:
            case NotFoundError() if error.what == "revision":
                fix = Fix(label="Use its newest commit", verb="select_model", arguments={"repo_id": repo_id})
            case NotFoundError():
                search = f"{site}/models?search={quote(repo_id.rpartition('/')[2])}"
                fix = self._nearest(repo_id) or Fix(label="Search the Hub", link=search)
            case DisabledError() | GatedError():
                fix = Fix(label="Open its page", link=f"{site}/{repo_id}")
            case BadTokenError():
                fix = Fix(label="Open your tokens", link=f"{site}/settings/tokens")
            case _ if error.transient:
                again = {"repo_id": repo_id, "revision": revision}
                fix = Fix(label="Try again", verb="select_model", arguments=again)
        evidence = " ".join(filter(None, (error.evidence and f"{error.evidence.rstrip('.')}.", error.hint)))
        return _refused(error.code, f"{repo_id}: {error.message}", evidence, fix)

    def _instruct_version(self, info: ModelInfo) -> Fact[str]:
        """The instruction-tuned model that stands beside a base model in the catalogue, by its name."""
        if info.instruct.value:
            return unknown("it is instruction-tuned itself")
        plain = re.sub(r"-(Base|base|pt)$", "", info.id)
        versioned = re.sub(r"-(v\d[\d.]*)$", r"-Instruct-\1", plain)
        names = (f"{plain}-Instruct", f"{plain}-it", f"{plain}-Chat", f"{plain}-chat", versioned, plain)
        found = next((name for name in names if name != info.id and self.catalogue.get(name) is not None), None)
        if found is None:
            return unknown("none of such a name is in the built-in catalogue")
        return Fact(value=found, source="guess from name: it stands beside this one in the built-in catalogue")

    def _nearest(self, repo_id: str) -> Fix | None:
        """The model of the catalogue that a mistyped id most likely means."""
        author, _, name = repo_id.rpartition("/")
        sizes = self._settings.size_categories
        near = [
            model.id
            for part in (author, name[:6])
            if len(part) > 1
            for model in self.catalogue.search(part, SearchFilters(), "downloads", _NEAR, sizes)
            if model.id != repo_id
        ]
        import difflib

        found = difflib.get_close_matches(repo_id, near, n=1, cutoff=0.8)
        return Fix(label=f"Use {found[0]}", verb="select_model", arguments={"repo_id": found[0]}) if found else None


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


def _open_folder(folder: Path) -> tuple[ModelDetails | None, list[Finding]]:
    from .hub.local_models import NotAModel, read_local_model
    from .hub.model_opening import files_with_roles

    try:
        info = read_local_model(folder)
    except NotAModel as error:
        return None, [_refused("not-a-model", str(error))]
    try:
        sizes = {path.name: path.stat().st_size for path in sorted(Path(info.id).iterdir()) if path.is_file()}
    except OSError as error:
        return None, [_refused("not-a-model", f"{info.id} can't be read: {error.strerror or error}.")]
    access: Fact[Access] = Fact(value="open", source="a folder on this disk")
    nobody = unknown("a folder on this disk is known to nobody else")
    return _details(info, access, files_with_roles(sizes), nobody, nobody), []


def _details(
    info: ModelInfo,
    access: Fact[Access],
    files: tuple[RepoFile, ...],
    made_from_it: Fact[dict[str, int]],
    stored_bytes: Fact[int],
) -> ModelDetails:
    from .advice.trainability import lora_answers, quantisation_of
    from .model_details import ModelDetails

    return ModelDetails(
        info=info,
        access=access,
        files=files,
        made_from_it=made_from_it,
        stored_bytes=stored_bytes,
        lora=lora_answers(info),
        quantised=quantisation_of(info),
    )


def _refused(code: str, message: str, evidence: str = "", fix: Fix | None = None) -> Finding:
    return Finding(
        severity="error", step="model", field="model.repo_id", code=code, message=message, evidence=evidence, fix=fix
    )
