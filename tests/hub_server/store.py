"""What this Hub holds: its repositories by kind and id."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timezone

from .access import check_enabled, may_see, not_found
from .answers import Refusal
from .contents import File
from .repository import Body, Commit, Kind, Repository


class Store:
    """The repositories, with what is known only from all of them together (children of a model)."""

    def __init__(self, repositories: Iterable[Repository] = ()) -> None:
        self._held = {(one.kind, one.id): one for one in repositories}
        self._lock = threading.Lock()

    def add(self, repository: Repository) -> None:
        with self._lock:
            self._held[repository.kind, repository.id] = repository

    def push(self, kind: Kind, repository_id: str, files: Mapping[str, File], deleted: Collection[str] = ()) -> str:
        """Add a commit to main; its hash."""
        date = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        with self._lock:
            pushed = self._held[kind, repository_id].pushed(files, date, deleted)
            self._held[kind, repository_id] = pushed
        return pushed.commits[-1].sha

    def held(self, kind: Kind, repository_id: str) -> Repository | None:
        """The repository, whoever asks."""
        return self._held.get((kind, repository_id))

    def listed(self, kind: Kind, token: str | None) -> list[Repository]:
        """Those of a kind that this caller may see."""
        return [one for (of, _), one in list(self._held.items()) if of == kind and may_see(one, token)]

    def find(self, kind: Kind, repository_id: str, token: str | None) -> Repository:
        """The repository, or the refusal that the Hub would answer."""
        found = self._held.get((kind, repository_id))
        if found is None or not may_see(found, token):
            raise not_found(kind, token)
        check_enabled(found)
        return found

    def find_commit(
        self, kind: Kind, repository_id: str, revision: str, token: str | None
    ) -> tuple[Repository, Commit]:
        """The repository at a revision."""
        repository = self.find(kind, repository_id, token)
        commit = repository.commit(revision)
        if commit is None:
            raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return repository, commit

    def whole_body(self, repository: Repository, commit: Commit | None = None, *, blobs: bool = False) -> Body:
        """Every field of a body, with those that follow from its files and from other repositories."""
        body = repository.whole_body(commit or repository.commits[-1], blobs=blobs)
        if "usedStorage" not in body:
            stored = {file.sha256: file.size for one in repository.commits for file in one.files.values()}
            body["usedStorage"] = sum(stored.values())
        if repository.kind == "models":
            body.setdefault("modelId", repository.id)
            body.setdefault("downloadsAllTime", body.get("downloads"))
        return body

    def relations(self, repository: Repository) -> Body:
        """`baseModels` and `childrenModelCount`, read from the tags of all models."""
        count = {"adapter": 0, "finetune": 0, "merge": 0, "quantized": 0}
        for one in list(self._held.values()):
            for relation in count:
                count[relation] += f"base_model:{relation}:{repository.id}" in one.tags
        relations: Body = {"childrenModelCount": count}
        for relation in count:
            prefix = f"base_model:{relation}:"
            parents = [tag.removeprefix(prefix) for tag in repository.tags if tag.startswith(prefix)]
            if parents:
                models = [{"_id": self._object_id(parent), "id": parent} for parent in parents]
                relations["baseModels"] = {"relation": relation, "models": models}
        return relations

    def _object_id(self, repository_id: str) -> str:
        held = self._held.get(("models", repository_id))
        return str(held.body.get("_id")) if held else "0" * 24
