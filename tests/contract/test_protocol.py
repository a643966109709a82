"""Claims about the server itself, asked in plain HTTP: what the clients never ask, or never show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.hub_server import BAD_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, HubServer, Quota


@dataclass
class Reply:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    origin: str,
    path: str,
    params: list[tuple[str, str]] | None = None,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: str | None = None,
    token: str | None = None,
) -> Reply:
    parts = urlsplit(origin)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        connection.request(method, path + (f"?{urlencode(params)}" if params else ""), body, sent)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


# ------------------------------------------------------------------ rows and fields


def test_a_default_row_does_not_say_whether_the_model_is_gated(hub: HubServer) -> None:
    rows = ask(hub.url, "/api/models", [("search", "meta-llama/llama-3.1-8b-instruct")]).json
    assert set(rows[0]) == {
        "_id", "id", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag", "library_name",
        "createdAt", "modelId",
    }  # fmt: skip


def test_a_full_row_has_gate_commit_and_file_names_without_sizes(hub: HubServer) -> None:
    row = ask(hub.url, "/api/models", [("limit", "1"), ("full", "true")]).json[0]
    assert {"author", "gated", "lastModified", "sha", "siblings"} <= set(row)
    assert {key for sibling in row["siblings"] for key in sibling} == {"rfilename"}


def test_expand_gives_what_was_asked_and_nothing_else(hub: HubServer) -> None:
    asked = [("search", "qwen2.5-0.5b"), ("expand", "gated"), ("expand[]", "safetensors")]
    assert set(ask(hub.url, "/api/models", asked).json[0]) == {"_id", "id", "gated", "safetensors"}


@pytest.mark.parametrize("field", ["baseModels", "childrenModelCount", "usedStorage", "modelId", "hidden_size"])
def test_a_list_refuses_a_field_and_names_those_it_accepts(hub: HubServer, field: str) -> None:
    reply = ask(hub.url, "/api/models", [("expand", field)])
    assert reply.status == 400
    assert '"safetensors"' in reply.json["error"]
    assert f'"{field}"' not in reply.json["error"]


def test_a_detail_tells_what_a_list_refuses(hub: HubServer) -> None:
    asked = [("expand", name) for name in ("baseModels", "childrenModelCount", "usedStorage")]
    adapter = ask(hub.url, "/api/models/made-up/qwen2.5-0.5b-support-lora", asked).json
    assert adapter["baseModels"]["relation"] == "adapter"
    assert adapter["baseModels"]["models"][0]["id"] == "Qwen/Qwen2.5-0.5B"
    base = ask(hub.url, "/api/models/Qwen/Qwen2.5-0.5B", asked).json
    assert base["childrenModelCount"]["adapter"] == 1
    assert base["usedStorage"] > 900_000_000


def test_blobs_may_be_asked_with_expand_and_add_up_to_the_tree(hub: HubServer) -> None:
    body = ask(hub.url, "/api/models/Qwen/Qwen2.5-7B", [("blobs", "true"), ("expand", "siblings")]).json
    assert set(body) == {"_id", "id", "siblings"}
    weights = [one for one in body["siblings"] if one["rfilename"].endswith(".safetensors")]
    assert len(weights) == 4
    assert all(one["lfs"]["size"] == one["size"] for one in weights)
    size = ask(hub.url, "/api/models/Qwen/Qwen2.5-7B/treesize/main/").json["size"]
    assert size == sum(one["size"] for one in body["siblings"])


def test_the_stored_bytes_of_packed_weights_are_not_the_counted_ones(hub: HubServer) -> None:
    asked = [("blobs", "true"), ("expand", "siblings"), ("expand", "safetensors")]
    body = ask(hub.url, "/api/models/openai/gpt-oss-120b", asked).json
    stored = sum(one["size"] for one in body["siblings"] if one["rfilename"].endswith(".safetensors"))
    assert stored == pytest.approx(65.25e9, rel=1e-3)
    assert body["safetensors"]["parameters"]["U8"] == 118_244_966_400


def test_what_a_body_malformed_says_goes_out_as_it_is(hub: HubServer) -> None:
    fields = ["tags", "config", "gated", "siblings", "safetensors"]
    asked = [("author", "malformed"), *(("expand", field) for field in fields)]
    rows = {row["id"].split("/")[1]: row for row in ask(hub.url, "/api/models", asked).json}
    assert rows["tags-null"]["tags"] is None
    assert rows["config-null"]["config"] is None
    assert rows["siblings-null"]["siblings"] is None
    assert rows["safetensors-null"]["safetensors"] is None
    assert rows["gated-true"]["gated"] is True


# ------------------------------------------------------------------ order and pages


@pytest.mark.parametrize("sort", ["trending_score", "last_modified", "created_at", "nonsense"])
def test_an_order_in_snake_case_is_refused(hub: HubServer, sort: str) -> None:
    reply = ask(hub.url, "/api/models", [("sort", sort)])
    assert reply.status == 400
    assert reply.json["error"] == f"Invalid sort parameter: {sort}"


@pytest.mark.parametrize("sort", ["downloads", "likes", "createdAt", "lastModified"])
def test_every_order_descends(hub: HubServer, sort: str) -> None:
    rows = ask(hub.url, "/api/models", [("sort", sort), ("full", "1"), ("author", "Qwen")]).json
    values = [row[sort] for row in rows]
    assert len(values) > 50
    assert values == sorted(values, reverse=True)


def test_a_page_never_has_more_than_a_thousand_rows() -> None:
    with HubServer([{"id": f"many/model-{number:04}"} for number in range(1100)]) as hub:
        reply = ask(hub.url, "/api/models", [("limit", "5000")])
        assert len(reply.json) == 1000
        link = reply.headers["Link"]
        assert link.startswith(f"<{hub.url}/api/models?limit=5000&cursor=")
        rest = ask(hub.url, link.removeprefix(f"<{hub.url}").partition(">")[0])
        assert len(rest.json) == 100
        assert "Link" not in rest.headers


def test_a_reader_may_skip_rows(hub: HubServer) -> None:
    rows = ask(hub.url, "/api/models", [("limit", "4")]).json
    assert ask(hub.url, "/api/models", [("limit", "2"), ("skip", "2")]).json == rows[2:]


def test_the_number_of_parameters_bounds_a_list_and_leaves_out_the_uncounted(hub: HubServer) -> None:
    asked = [("num_parameters", "min:7B,max:7.7B"), ("author", "Qwen"), ("expand", "safetensors")]
    totals = [row["safetensors"]["total"] for row in ask(hub.url, "/api/models", asked).json]
    assert totals
    assert all(7e9 <= total <= 7.7e9 for total in totals)


def test_gated_models_are_listed_alone_or_left_out(hub: HubServer) -> None:
    gated = ask(hub.url, "/api/models", [("gated", "true"), ("expand", "gated")]).json
    open_ones = ask(hub.url, "/api/models", [("gated", "false"), ("expand", "gated")]).json
    assert {row["gated"] for row in open_ones} == {False}
    assert {row["gated"] for row in gated} == {"auto", "manual", True}
    assert len(gated) + len(open_ones) == len(ask(hub.url, "/api/models").json)


def test_a_parameter_that_is_not_modelled_is_refused_rather_than_ignored(hub: HubServer) -> None:
    assert ask(hub.url, "/api/models", [("apps", "vllm")]).status == 501


# ------------------------------------------------------------------ refusals and quota


def test_a_stranger_asking_for_a_missing_model_gets_a_401_without_code(hub: HubServer) -> None:
    reply = ask(hub.url, "/api/models/nobody/nothing")
    assert (reply.status, reply.json["error"]) == (401, "Invalid username or password.")
    assert "X-Error-Code" not in reply.headers


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [
        ("/api/models/nobody/nothing", GOOD_TOKEN, 404, "RepoNotFound"),
        ("/api/models/Qwen/Qwen2.5-0.5B/revision/nope", None, 404, "RevisionNotFound"),
        ("/Qwen/Qwen2.5-0.5B/resolve/main/nope", None, 404, "EntryNotFound"),
        ("/meta-llama/Llama-3.2-1B/resolve/main/config.json", None, 401, "GatedRepo"),
        ("/meta-llama/Llama-3.2-1B/resolve/main/config.json", NO_ACCESS_TOKEN, 403, "GatedRepo"),
        ("/api/models/meta-llama/Llama-3.2-1B/auth-check", NO_ACCESS_TOKEN, 403, "GatedRepo"),
        ("/api/models/meta-llama/Llama-3.2-1B/auth-check", GOOD_TOKEN, 200, None),
        ("/api/models/Qwen/Qwen2.5-0.5B", BAD_TOKEN, 401, None),
    ],
)
def test_a_refusal_has_its_status_and_its_code(
    hub: HubServer, path: str, token: str | None, status: int, code: str | None
) -> None:
    reply = ask(hub.url, path, token=token)
    assert (reply.status, reply.headers.get("X-Error-Code")) == (status, code)


def test_every_answer_tells_what_is_left_of_the_quota(hub: HubServer) -> None:
    first, second = (ask(hub.url, "/api/models", [("limit", "1")]) for _ in range(2))
    assert first.headers["RateLimit-Policy"] == '"fixed window";"api";q=500;w=300'
    assert first.headers["RateLimit"].startswith('"api";r=499;t=')
    assert second.headers["RateLimit"].startswith('"api";r=498;t=')
    assert ask(hub.url, "/api/models/nobody/nothing").headers["RateLimit"].startswith('"api";r=497;t=')
    resolved = ask(hub.url, "/Qwen/Qwen2.5-0.5B/resolve/main/config.json")
    assert resolved.headers["RateLimit"].startswith('"resolvers";r=2999;t=')
    signed_in = ask(hub.url, "/api/models/Qwen/Qwen2.5-0.5B", token=GOOD_TOKEN)
    assert signed_in.headers["RateLimit"].startswith('"api";r=999;t=')


def test_a_spent_quota_is_429_until_its_window_ends() -> None:
    now = [1000.0]
    with HubServer(quota=Quota.of(api=2, window_seconds=300), clock=lambda: now[0]) as hub:
        path = "/api/models/Qwen/Qwen2.5-0.5B"
        assert [ask(hub.url, path).status for _ in range(3)] == [200, 200, 429]
        now[0] += 245
        assert ask(hub.url, path).headers["RateLimit"] == '"api";r=0;t=55'
        assert ask(hub.url, path, token=GOOD_TOKEN).status == 200
        now[0] += 55
        assert ask(hub.url, path).status == 200


# ------------------------------------------------------------------ files


def test_a_small_file_is_redirected_to_a_relative_address(hub: HubServer) -> None:
    reply = ask(hub.url, "/Qwen/Qwen2.5-0.5B/resolve/main/config.json", method="HEAD")
    assert reply.status == 307
    assert reply.headers["Location"].startswith("/api/resolve-cache/models/Qwen/Qwen2.5-0.5B/")
    sent = ask(hub.url, reply.headers["Location"])
    assert sent.json["model_type"] == "qwen2"
    assert sent.headers["ETag"] == reply.headers["X-Linked-ETag"]
    assert sent.headers["X-Repo-Commit"] == reply.headers["X-Repo-Commit"]


def test_a_weights_file_is_redirected_to_the_cdn_which_sends_any_part_of_it(hub: HubServer) -> None:
    reply = ask(hub.url, "/Qwen/Qwen2.5-7B/resolve/main/model-00001-of-00004.safetensors", method="HEAD")
    assert reply.status == 302
    assert reply.headers["Location"].startswith(f"{hub.cdn_url}/")
    size = int(reply.headers["X-Linked-Size"])
    path = reply.headers["Location"].removeprefix(hub.cdn_url)
    part = ask(hub.cdn_url, path, headers={"Range": f"bytes={size - 16}-"})
    assert (part.status, len(part.body)) == (206, 16)
    assert part.headers["Content-Range"] == f"bytes {size - 16}-{size - 1}/{size}"
    assert ask(hub.cdn_url, path, headers={"Range": f"bytes={size}-"}).status == 416
    assert ask(hub.cdn_url, path.partition("?")[0]).status == 403


def test_paths_that_do_not_exist_are_left_out_of_paths_info(hub: HubServer) -> None:
    body = json.dumps({"paths": ["config.json", "nope.json"]})
    reply = ask(
        hub.url,
        "/api/models/Qwen/Qwen2.5-0.5B/paths-info/main",
        method="POST",
        body=body,
        headers={"Content-Type": "application/json"},
    )
    assert [entry["path"] for entry in reply.json] == ["config.json"]


def test_a_tree_lists_one_folder_or_all_below(hub: HubServer) -> None:
    path = "/api/models/google-bert/bert-base-uncased/tree/main"
    top = {entry["path"]: entry["type"] for entry in ask(hub.url, path).json}
    assert top["coreml"] == "directory"
    assert top["config.json"] == "file"
    below = [entry["path"] for entry in ask(hub.url, f"{path}/coreml", [("recursive", "true")]).json]
    assert "coreml/fill-mask/float32_model.mlpackage/Manifest.json" in below
    assert "config.json" not in below


def test_an_answer_that_is_known_is_not_sent_again(hub: HubServer) -> None:
    first = ask(hub.url, "/api/models/Qwen/Qwen2.5-0.5B")
    again = ask(hub.url, "/api/models/Qwen/Qwen2.5-0.5B", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


# ------------------------------------------------------------------ the rest of the API


def test_what_few_hubs_have_is_denied_at_once(hub: HubServer) -> None:
    assert ask(hub.url, "/api/agent-harnesses").status == 404


def test_typeahead_gives_ids(hub: HubServer) -> None:
    found = ask(hub.url, "/api/quicksearch", [("q", "bert-base"), ("type", "model"), ("limit", "2")]).json
    assert found["models"][0]["id"] == "google-bert/bert-base-uncased"
    assert found["datasets"] == []


def test_datasets_are_listed_with_their_gate_and_opened(hub: HubServer) -> None:
    rows = ask(hub.url, "/api/datasets", [("search", "openorca")]).json
    assert [(row["id"], row["gated"]) for row in rows] == [("Open-Orca/OpenOrca", False)]
    assert "modelId" not in rows[0]
    body = ask(hub.url, "/api/datasets/sgoel9/paul_graham_essays").json
    assert body["sha"] == "0c7155a53c25e24c9b9858314460e0ee1f5c3e4e"


# ------------------------------------------------------------------ misbehaviour


def test_misbehaviour_ends_after_its_times_and_keeps_to_its_paths(hub: HubServer) -> None:
    hub.misbehave("server_error", times=2, path_contains="/revision/", status=500)
    plain, pinned = "/api/models/Qwen/Qwen2.5-0.5B", "/api/models/Qwen/Qwen2.5-0.5B/revision/main"
    statuses = [ask(hub.url, path).status for path in (plain, pinned, plain, pinned, pinned)]
    assert statuses == [200, 500, 200, 500, 200]


def test_who_hangs_is_let_go_when_the_server_behaves(hub: HubServer) -> None:
    hub.misbehave("hang")
    with pytest.raises(TimeoutError):
        _impatient(hub, seconds=0.2)
    hub.behave()
    assert _impatient(hub, seconds=5) == 200
    assert [request.status for request in hub.requests] == [None, 200]


def test_a_reset_is_a_reset_and_a_cut_off_answer_is_short(hub: HubServer) -> None:
    hub.misbehave("reset", times=1)
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        ask(hub.url, "/api/models")
    hub.misbehave("cut_off", times=1)
    with pytest.raises(IncompleteRead):
        ask(hub.url, "/api/models")


def test_a_bare_401_can_stand_before_any_answer(hub: HubServer) -> None:
    hub.misbehave("bare_401", times=1)
    reply = ask(hub.url, "/api/models/Qwen/Qwen2.5-0.5B")
    assert (reply.status, reply.headers.get("X-Error-Code")) == (401, None)


def test_an_unknown_misbehaviour_is_a_mistake(hub: HubServer) -> None:
    with pytest.raises(ValueError, match="no misbehaviour is called"):
        hub.misbehave("explode")  # type: ignore[arg-type]  # the mistake is the point


def test_the_log_never_holds_a_token(hub: HubServer) -> None:
    ask(hub.url, "/api/whoami-v2", token=GOOD_TOKEN)
    assert hub.requests[0].token_sent
    assert GOOD_TOKEN not in repr(hub.requests)


def _impatient(hub: HubServer, seconds: float) -> int:
    parts = urlsplit(hub.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("GET", "/api/models?limit=1")
        return connection.getresponse().status
    finally:
        connection.close()
