"""One repository: the body that the Hub keeps of it, and its commits with their files."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .contents import File

Kind = Literal["models", "datasets"]
Body = dict[str, Any]


@dataclass(frozen=True)
class Commit:
    """A snapshot of the files, oldest first in a repository's history."""

    sha: str
    date: str
    files: Mapping[str, File]


@dataclass(frozen=True)
class Repository:
    """A model or a dataset. `body` may be malformed on purpose: what it says goes out as it is."""

    kind: Kind
    body: Body
    commits: tuple[Commit, ...]
    refs: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def gate(self) -> Any:
        """False, "auto", "manual", or whatever a malformed body holds."""
        return self.body.get("gated", False)

    @property
    def private(self) -> bool:
        return self.body.get("private") is True

    @property
    def disabled(self) -> bool:
        return self.body.get("disabled") is True

    @property
    def tags(self) -> list[str]:
        """The tags to filter by; none where the body's are malformed."""
        tags = self.body.get("tags")
        return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []

    def commit(self, revision: str) -> Commit | None:
        """The commit of a branch, a tag or a full hash; None where there is none. HEAD is main."""
        if revision in ("main", "HEAD"):
            return self.commits[-1]
        sha = self.refs.get(revision, revision)
        return next((commit for commit in self.commits if commit.sha == sha), None)

    def pushed(self, files: Mapping[str, File], date: str, deleted: Collection[str] = ()) -> Repository:
        """The same repository with one commit more: `files` replace those of the same path, `deleted` are gone."""
        last = self.commits[-1]
        sha = hashlib.sha1(f"{last.sha}+{sorted(files)}+{date}".encode()).hexdigest()
        kept = {path: file for path, file in last.files.items() if path not in deleted}
        commit = Commit(sha, date, {**kept, **files})
        return replace(self, body={**self.body, "lastModified": date}, commits=(*self.commits, commit))

    def whole_body(self, commit: Commit, *, blobs: bool = False) -> Body:
        """Every field there is, as of one commit; `blobs` adds sizes and hashes to the siblings."""
        body = dict(self.body)
        body.setdefault("author", self.id.split("/")[0] if "/" in self.id else None)
        body["sha"] = commit.sha
        if "siblings" not in body:
            body["siblings"] = [_sibling(commit.files[path], blobs) for path in sorted(commit.files)]
        return body


def _sibling(file: File, blobs: bool) -> Body:
    if not blobs:
        return {"rfilename": file.path}
    sibling: Body = {"rfilename": file.path, "blobId": file.blob_id, "size": file.size}
    if file.lfs:
        sibling["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return sibling


def first_commit(body: Body, files: Mapping[str, File]) -> Commit:
    """The only commit of a new repository, under the hash that its body states."""
    sha = body.get("sha")
    made = hashlib.sha1(f"{body['id']}@1".encode()).hexdigest()
    date = body.get("lastModified")
    return Commit(
        sha if isinstance(sha, str) else made, date if isinstance(date, str) else "2025-01-01T00:00:00.000Z", files
    )
