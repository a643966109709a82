"""The files of a repository: listed, weighed, and sent as the Hub sends them."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, unquote

from .answers import Answer, Call, Refusal, json_answer
from .contents import File
from .repository import Commit, Repository
from .store import Store

_MAX_PATHS = 2000


def tree(call: Call, repository: Repository, commit: Commit, path: str) -> Answer:
    """The entries below a folder, or those of the folder itself."""
    entries = _entries(commit, path, recursive=call.flag("recursive"))
    if not entries and path:
        raise Refusal(404, f"{path} does not exist on {commit.sha}", "EntryNotFound")
    limit = min(int(call.one("limit") or "1000"), 1000)
    start = int(call.one("cursor") or "0")
    headers = {}
    if start + limit < len(entries):
        kept = "&".join(f"{key}={quote(value)}" for key, value in call.params if key != "cursor")
        headers["Link"] = f'<{call.origin}{call.path}?{kept}{"&" if kept else ""}cursor={start + limit}>; rel="next"'
    page = [_with_commit(entry, commit) if call.flag("expand") else entry for entry in entries[start : start + limit]]
    return json_answer(page, headers=headers)


def treesize(call: Call, repository: Repository, commit: Commit, path: str) -> Answer:
    """The bytes of all files below a folder."""
    return json_answer({"path": f"/{path}", "size": sum(file.size for file in _below(commit, path))})


def paths_info(call: Call, repository: Repository, commit: Commit, path: str) -> Answer:
    """What is known of the paths asked for; those that do not exist are left out."""
    fields = call.fields()
    paths = fields.get("paths", [])
    if len(paths) > _MAX_PATHS:
        raise Refusal(413, f"At most {_MAX_PATHS} paths")
    everything = {entry["path"]: entry for entry in _entries(commit, "", recursive=True)}
    expand = fields.get("expand", ["false"])[0].lower() == "true"
    found = [everything[one.strip("/")] for one in paths if one.strip("/") in everything]
    return json_answer([_with_commit(entry, commit) if expand else entry for entry in found])


def headers_of_shards(commit: Commit, path: str) -> Answer:
    """The headers of all shards that an index file names, and the index without its map."""
    index = json.loads(found(commit, path).head)
    shards = sorted(set(index["weight_map"].values()))
    headers = {}
    for shard in shards:
        head = found(commit, shard).head
        headers[shard] = json.loads(head[8:])
    return json_answer({"index": {"metadata": index.get("metadata", {})}, "headers": headers})


def found(commit: Commit, path: str) -> File:
    """The file at a path."""
    if path not in commit.files:
        raise Refusal(404, "Entry not found", "EntryNotFound")
    return commit.files[path]


def resolve(repository: Repository, commit: Commit, path: str, cdn: str) -> Answer:
    """Where a file is: a relative 307 for a small one, an absolute 302 to the CDN for one in LFS."""
    file = found(commit, path)
    headers = {"X-Repo-Commit": commit.sha, "X-Linked-Size": str(file.size), "X-Linked-ETag": f'"{file.etag}"'}
    place = f"{repository.kind}/{repository.id}/{commit.sha}/{quote(path)}"
    if file.lfs:
        location = f"{cdn}/cdn/{place}?signature=loopback"
        return Answer(302, {**headers, "Location": location}, f"Found. Redirecting to {location}".encode())
    location = f"/api/resolve-cache/{place}?etag=%22{file.etag}%22"
    return Answer(307, {**headers, "Location": location}, f"Temporary Redirect. Redirecting to {location}".encode())


def answer_of_cdn(call: Call, store: Store) -> Answer:
    """Send a file from the CDN: the signed address is the only key, so a token is not looked at."""
    match = re.fullmatch(r"/cdn/(models|datasets)/([^/]+/[^/]+)/([^/]+)/(.+)", call.path)
    if not match or call.one("signature") != "loopback":
        return Answer(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
    held = store.held("models" if match[1] == "models" else "datasets", match[2])
    commit = held.commit(match[3]) if held else None
    if commit is None:
        return Answer(404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>")
    sent = send(call, found(commit, unquote(match[4])), commit)
    return Answer(sent.status, {**sent.headers, "X-Cache": "Miss from cloudfront"}, sent.body)


def send(call: Call, file: File, commit: Commit) -> Answer:
    """A file, or the part of it that a Range header asks for."""
    headers = {
        "ETag": f'"{file.etag}"',
        "X-Repo-Commit": commit.sha,
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream" if file.lfs else "text/plain; charset=utf-8",
    }
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", call.headers.get("Range", ""))
    if not asked or asked[0] == "bytes=-":
        return Answer(200, headers, (file, 0, file.size))
    first, last = asked[1], asked[2]
    start = int(first) if first else max(0, file.size - int(last))
    stop = min(file.size, int(last) + 1) if first and last else file.size
    if start >= file.size:
        return Answer(416, {**headers, "Content-Range": f"bytes */{file.size}"})
    return Answer(206, {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{file.size}"}, (file, start, stop))


def _below(commit: Commit, path: str) -> list[File]:
    return [
        file for name, file in sorted(commit.files.items()) if not path or name == path or name.startswith(f"{path}/")
    ]


def _entries(commit: Commit, path: str, *, recursive: bool) -> list[dict[str, Any]]:
    """Files and folders as the tree API writes them."""
    entries: dict[str, dict[str, Any]] = {}
    depth = len(path.split("/")) if path else 0
    for file in _below(commit, path):
        parts = file.path.split("/")
        for end in range(depth + 1, len(parts)):
            folder = "/".join(parts[:end])
            if recursive or end == depth + 1:
                entries[folder] = {"type": "directory", "oid": _folder_id(folder), "size": 0, "path": folder}
        if recursive or len(parts) <= depth + 1:
            entries[file.path] = _entry(file)
    return list(entries.values())


def _entry(file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "oid": file.blob_id, "size": file.size, "path": file.path}
    if file.lfs:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def _folder_id(path: str) -> str:
    return File(path, 0).blob_id


def _with_commit(entry: dict[str, Any], commit: Commit) -> dict[str, Any]:
    last = {"id": commit.sha, "title": "Upload", "date": commit.date}
    scanned = {"status": "safe"} if entry["type"] == "file" else None
    return {**entry, "lastCommit": last, **({"securityFileStatus": scanned} if scanned else {})}
