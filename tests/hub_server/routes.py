"""Which address answers what: the API of models and datasets."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import unquote, urlencode

from . import file_routes
from .access import check_files, check_token, not_found, whoami
from .answers import Answer, Call, Refusal, html_answer, json_answer
from .fields import check_expand, detail, expanded
from .job_routes import Jobs, answer_jobs
from .jobs import hardware
from .listing import list_repositories, search_matches
from .misbehaviour import Misbehaviours
from .repository import Kind
from .store import Store
from .writes import Uploads, answer_write

_REPOSITORY = r"/api/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)"
_DETAIL = re.compile(_REPOSITORY + r"(?:/revision/(?P<revision>[^/]+))?")
_OF_FILES = re.compile(_REPOSITORY + r"/(?P<what>tree|treesize|paths-info)/(?P<revision>[^/]+)(?:/(?P<path>.*))?")
_AUTH_CHECK = re.compile(_REPOSITORY + r"/auth-check")
_HEADERS_OF_SHARDS = re.compile(_REPOSITORY + r"/safetensors-metadata/(?P<path>.+)")
_RESOLVE = re.compile(r"/(?P<datasets>datasets/)?(?P<id>[^/]+/[^/]+)/(?:resolve|raw)/(?P<revision>[^/]+)/(?P<path>.+)")
_RESOLVED = re.compile(
    r"/api/resolve-cache/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)/(?P<revision>[^/]+)/(?P<path>.+)"
)


# Repositories of the Hub's first years had no owner in their name; the old names redirect to the new.
_RENAMED = {"gpt2": "openai-community/gpt2", "bert-base-uncased": "google-bert/bert-base-uncased"}
_WITHOUT_OWNER = re.compile(r"(?P<before>/api/models/|/)(?P<name>[^/]+)(?P<after>(?:/(?:resolve|tree|revision)/.*)?)")


class Hub(Protocol):
    """What the routes need of the server."""

    store: Store
    faults: Misbehaviours
    page_size: int
    uploads: Uploads
    jobs: Jobs

    @property
    def cdn_url(self) -> str:
        """The origin that large files are sent from."""


def answer(call: Call, hub: Hub) -> Answer:
    """Answer one call of the Hub itself."""
    store = hub.store
    # huggingface_hub asks this once a process; most Hubs do not have it, and say so at once.
    if call.path == "/api/agent-harnesses":
        return json_answer({"error": "Not Found"}, status=404)
    check_token(call.token)
    if call.path == "/api/whoami-v2":
        return json_answer(whoami(call.token))
    if call.path == "/api/jobs/hardware":
        return json_answer(hardware())
    written = answer_write(call, store, hub.uploads) or answer_jobs(call, hub.jobs)
    if written is not None:
        return written
    if call.path == "/api/quicksearch":
        return _quicksearch(call, store)
    if call.path in ("/api/models", "/api/datasets"):
        kind: Kind = "models" if call.path == "/api/models" else "datasets"
        return list_repositories(
            call,
            store.listed(kind, call.token),
            store.whole_body,
            page_size=hub.page_size,
            fault=hub.faults.of_page(call.path, first=call.one("cursor") is None),
        )
    if match := _WITHOUT_OWNER.fullmatch(call.path):
        return _answer_without_owner(call, match)
    return _answer_of_repository(call, store, hub.cdn_url)


def _answer_without_owner(call: Call, match: re.Match[str]) -> Answer:
    if match["name"] in _RENAMED:
        query = f"?{urlencode(call.params)}" if call.params else ""
        location = f"{match['before']}{_RENAMED[match['name']]}{match['after']}{query}"
        return Answer(307, {"Location": location}, f"Temporary Redirect. Redirecting to {location}".encode())
    if match["before"] == "/" and not match["after"]:
        return html_answer(404, "404: no page here, this is a Hub on loopback")
    raise not_found("models", call.token)


def _answer_of_repository(call: Call, store: Store, cdn: str) -> Answer:
    if match := _DETAIL.fullmatch(call.path):
        return _detail(call, store, _kind(match["kind"]), match["id"], unquote(match["revision"] or "main"))
    if match := _AUTH_CHECK.fullmatch(call.path):
        check_files(store.find(_kind(match["kind"]), match["id"], call.token), call.token)
        return json_answer({})
    if match := _OF_FILES.fullmatch(call.path):
        repository, commit = store.find_commit(
            _kind(match["kind"]), match["id"], unquote(match["revision"]), call.token
        )
        path = unquote(match["path"] or "").strip("/")
        routes = {"tree": file_routes.tree, "treesize": file_routes.treesize, "paths-info": file_routes.paths_info}
        return routes[match["what"]](call, repository, commit, path)
    if match := _HEADERS_OF_SHARDS.fullmatch(call.path):
        repository, commit = store.find_commit(_kind(match["kind"]), match["id"], "main", call.token)
        check_files(repository, call.token)
        return file_routes.headers_of_shards(commit, unquote(match["path"]))
    if match := _RESOLVE.fullmatch(call.path):
        of: Kind = "datasets" if match["datasets"] else "models"
        repository, commit = store.find_commit(of, match["id"], unquote(match["revision"]), call.token)
        check_files(repository, call.token)
        return file_routes.resolve(repository, commit, unquote(match["path"]), cdn)
    if match := _RESOLVED.fullmatch(call.path):
        repository, commit = store.find_commit(_kind(match["kind"]), match["id"], match["revision"], call.token)
        check_files(repository, call.token)
        return file_routes.send(call, file_routes.found(commit, unquote(match["path"])), commit)
    if call.path.startswith("/api/"):
        raise Refusal(404, "Sorry, we can't find the page you are looking for.")
    return html_answer(404, "404: no page here, this is a Hub on loopback")


def _detail(call: Call, store: Store, kind: Kind, repository_id: str, revision: str) -> Answer:
    repository, commit = store.find_commit(kind, repository_id, revision, call.token)
    asked = call.many("expand")
    check_expand(asked, kind=kind, listing=False)
    body = store.whole_body(repository, commit, blobs=call.flag("blobs"))
    if asked:
        return json_answer(expanded({**body, **store.relations(repository)}, asked))
    shown = detail(body)
    if call.flag("securityStatus"):
        shown["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": []}
    return json_answer(shown)


def _quicksearch(call: Call, store: Store) -> Answer:
    """Typeahead: ids alone, the most liked first."""
    limit = int(call.one("limit") or "3")
    found: dict[str, list[dict[str, object]]] = {"models": [], "datasets": [], "spaces": [], "orgs": [], "users": []}
    for kind in ("models", "datasets"):
        if call.one("type") in (None, kind.removesuffix("s")):
            matching = [
                one.body for one in store.listed(_kind(kind), call.token) if search_matches(call.many("q"), one.id)
            ]
            matching.sort(key=lambda body: -(body.get("likes") or 0))
            found[kind] = [{"_id": body.get("_id"), "id": body["id"]} for body in matching[:limit]]
    return json_answer(found)


def _kind(text: str) -> Kind:
    return "models" if text == "models" else "datasets"
