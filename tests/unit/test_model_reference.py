"""What a person may type or paste to name a model, and what they are told when it names none."""

from __future__ import annotations

import pytest

from trainpkg_widgets.hub.models import parse_model_reference


@pytest.mark.parametrize(
    ("text", "repo_id", "revision"),
    [
        ("Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-0.5B", None),
        ("  Qwen/Qwen2.5-0.5B\n", "Qwen/Qwen2.5-0.5B", None),
        ("Qwen/Qwen2.5-0.5B@main", "Qwen/Qwen2.5-0.5B", "main"),
        ("Qwen/Qwen2.5-0.5B@refs/pr/3", "Qwen/Qwen2.5-0.5B", "refs/pr/3"),
        ("https://huggingface.co/Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-0.5B", None),
        ("huggingface.co/Qwen/Qwen2.5-0.5B/", "Qwen/Qwen2.5-0.5B", None),
        ("https://hf.co/Qwen/Qwen2.5-0.5B?library=transformers#usage", "Qwen/Qwen2.5-0.5B", None),
        ("https://huggingface.co/Qwen/Qwen2.5-0.5B/tree/refs%2Fpr%2F3", "Qwen/Qwen2.5-0.5B", "refs/pr/3"),
        ("https://huggingface.co/Qwen/Qwen2.5-0.5B/blob/main/config.json", "Qwen/Qwen2.5-0.5B", "main"),
        ("https://huggingface.co/Qwen/Qwen2.5-0.5B/discussions/4", "Qwen/Qwen2.5-0.5B", None),
        ("https://mirror.example/hf/Qwen/Qwen2.5-0.5B/commit/abc", "Qwen/Qwen2.5-0.5B", "abc"),
        ("mirror.example/hf/Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-0.5B", None),
        ("https://huggingface.co/api/models/Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-0.5B", None),
        ("_a/b_", "_a/b_", None),
    ],
)
def test_a_model_can_be_named_in_many_ways(text: str, repo_id: str, revision: str | None) -> None:
    reference = parse_model_reference(text, "https://mirror.example/hf")
    assert (reference.repo_id, reference.revision) == (repo_id, revision)


@pytest.mark.parametrize(
    ("text", "teaches"),
    [
        ("", "author/name"),
        ("qwen", "has no author"),
        ("Qwen/", "both sides"),
        ("a/b/c", "one slash"),
        ("Qwen/Qwen2.5 0.5B", "letters, digits"),
        ("a--b/c", "no '--'"),
        ("-a/b", "begin and end"),
        ("a/" + "b" * 100, "at most 96"),
        ("Qwen/Qwen2.5-0.5B@", "a branch, a tag or a commit"),
        ("https://huggingface.co/datasets/allenai/c4", "datasets"),
        ("https://huggingface.co/spaces/a/b", "spaces"),
        ("https://huggingface.co/Qwen", "names no model"),
        ("https://github.com/a/b", "huggingface.co"),
        ("https://[a/b", "is no address"),
        ("[a/b", "letters, digits"),
        ("https://huggingface.co.evil.example/a/b", "not the Hub"),
    ],
)
def test_what_names_no_model_is_told_why(text: str, teaches: str) -> None:
    with pytest.raises(ValueError, match=teaches):
        parse_model_reference(text)
