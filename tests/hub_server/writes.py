"""Writing to this Hub: making a repository, sending large files ahead (LFS, basic transfer), and committing.

As the official client asks (huggingface_hub 2.4: hf_api.create_repo, _commit_api, lfs). The Hub itself prefers Xet for
large files; a client takes the transfer that it is offered, and here that is basic.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from typing import Any
from urllib.parse import unquote

from .access import KNOWN_TOKENS, not_found
from .answers import Answer, Call, Refusal, json_answer
from .contents import File
from .repository import Body, Repository, first_commit
from .store import Store

_PREUPLOAD = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)/preupload/(?P<revision>[^/]+)")
_COMMIT = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)/commit/(?P<revision>[^/]+)")
_BATCH = re.compile(r"/(?P<id>[^/]+/[^/]+)\.git/info/lfs/objects/batch")
_OBJECT = re.compile(r"/_lfs/(?P<oid>[0-9a-f]{64})")

# What does not fit a git blob well: the suffixes of the default .gitattributes, and whatever is above 10 MB.
_LARGE = 10_000_000


class Uploads:
    """Large files that were sent, in a commit or not yet, by their sha256: nothing is sent twice."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.lock = threading.Lock()


def answer_write(call: Call, store: Store, uploads: Uploads) -> Answer | None:
    """The answer to a call that writes; None where it is none."""
    if call.method == "POST" and call.path == "/api/repos/create":
        return _create(call, store)
    # huggingface_hub 2.4, _validate_yaml: asked of a README before it is committed. All front matter is right here.
    if call.method == "POST" and call.path == "/api/validate-yaml":
        return json_answer({"errors": [], "warnings": []})
    if match := _PREUPLOAD.fullmatch(call.path):
        return _modes(call, _mine(call, store, match["id"]))
    if match := _BATCH.fullmatch(call.path):
        _mine(call, store, match["id"])
        return _batch(call, uploads)
    if match := _OBJECT.fullmatch(call.path):
        return _object(call, uploads, match["oid"])
    if match := _COMMIT.fullmatch(call.path):
        return _commit(call, store, uploads, _mine(call, store, match["id"]), unquote(match["revision"]))
    return None


def writer(call: Call) -> str:
    """The name of who writes."""
    if call.token is None:
        raise Refusal(401, "Invalid username or password.")
    return KNOWN_TOKENS[call.token]


def _mine(call: Call, store: Store, id: str) -> Repository:
    name = writer(call)
    found = store.held("models", id)
    if found is None:
        raise not_found("models", call.token)
    if id.split("/")[0] != name:
        raise Refusal(403, f"You don't have the rights to write to the repository {id}.")
    return found


def _create(call: Call, store: Store) -> Answer:
    name = writer(call)
    asked: dict[str, Any] = json.loads(call.body)
    owner = asked.get("organization") or name
    if owner != name:
        raise Refusal(403, f'You don\'t have the rights to create a model under the namespace "{owner}"')
    id = f"{owner}/{asked['name']}"
    if store.held("models", id) is not None:
        body = {"error": "You already created this model repo", "url": f"{call.origin}/{id}"}
        return json_answer(body, status=409)
    private = asked.get("visibility") == "private" or asked.get("private") is True
    number = hashlib.sha1(id.encode()).hexdigest()[:24]
    body: Body = {"_id": number, "id": id, "private": private, "tags": [], "gated": False}
    files = {".gitattributes": File(".gitattributes", 0, b"")}
    store.add(Repository("models", body, (first_commit(body, files),)))
    return json_answer({"url": f"{call.origin}/{id}", "name": id, "id": body["_id"]})


def _modes(call: Call, repository: Repository) -> Answer:
    files = []
    for file in json.loads(call.body)["files"]:
        large = File(file["path"], file["size"]).lfs or file["size"] > _LARGE
        held = repository.commits[-1].files.get(file["path"])
        files.append(
            {
                "path": file["path"],
                "uploadMode": "lfs" if large else "regular",
                "shouldIgnore": False,
                "oid": None if held is None else (held.sha256 if held.lfs else held.blob_id),
            }
        )
    return json_answer({"files": files, "commitOid": repository.commits[-1].sha})


def _batch(call: Call, uploads: Uploads) -> Answer:
    objects = []
    for wanted in json.loads(call.body)["objects"]:
        known = {"oid": wanted["oid"], "size": wanted["size"]}
        if wanted["oid"] not in uploads.held:
            href = f"{call.origin}/_lfs/{wanted['oid']}"
            known["actions"] = {"upload": {"href": href, "header": {}}, "verify": {"href": href, "header": {}}}
        objects.append(known)
    return json_answer({"transfer": "basic", "objects": objects})


def _object(call: Call, uploads: Uploads, oid: str) -> Answer:
    if call.method == "PUT":
        if hashlib.sha256(call.body).hexdigest() != oid:
            raise Refusal(400, "The content does not match its hash.")
        with uploads.lock:
            uploads.held[oid] = call.body
        return Answer(200)
    held = uploads.held.get(oid)
    if held is None or len(held) != json.loads(call.body)["size"]:
        raise Refusal(404, "Object does not exist")
    return json_answer({})


def _commit(call: Call, store: Store, uploads: Uploads, repository: Repository, revision: str) -> Answer:
    if repository.commit(revision) is None:
        raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    files: dict[str, File] = {}
    deleted: set[str] = set()
    for line in call.body.splitlines():
        entry = json.loads(line)
        value = entry["value"]
        if entry["key"] == "file":
            data = base64.b64decode(value["content"])
            files[value["path"]] = File(value["path"], len(data), data)
        elif entry["key"] == "lfsFile":
            if value["oid"] not in uploads.held:
                raise Refusal(400, f"LFS pointer pointed to a file that does not exist: {value['path']}")
            data = uploads.held[value["oid"]]
            files[value["path"]] = File(value["path"], len(data), data)
        elif entry["key"] == "deletedFile":
            deleted.add(value["path"])
    sha = store.push("models", repository.id, files, deleted)
    url = f"{call.origin}/{repository.id}/commit/{sha}"
    return json_answer({"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})
