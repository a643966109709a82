"""Which model a person means by what they typed or pasted: an id, an id at a revision, or the address of its page."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from ..facts import Frozen

PUBLIC_HUB = "https://huggingface.co"

_PUBLIC_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
# What follows a repository in the address of one of its pages, before the revision.
_PAGES_OF_A_REVISION = ("tree", "blob", "resolve", "raw", "commit", "commits")
# huggingface_hub's validate_repo_id: at most 96 characters, letters, digits, `-`, `_`, `.`; no `--`, no `..`.
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")


class ModelReference(Frozen):
    """A model on the Hub, at a revision (branch, tag or commit) if one was named."""

    repo_id: str
    revision: str | None = None


def parse_model_reference(text: str, endpoint: str = PUBLIC_HUB) -> ModelReference:
    """Read `author/name`, `author/name@revision`, or the address of a model's page on `endpoint` or huggingface.co.

    Raises:
        ValueError: it is none of these; the message says what is wrong and what to write.
    """
    text = text.strip()
    if not text:
        raise ValueError("No model is named. Write it as author/name, for example Qwen/Qwen2.5-0.5B.")
    address = text if "://" in text else f"https://{text}"
    host = address.partition("://")[2].partition("/")[0].lower()
    if "://" in text or host in (*_PUBLIC_HOSTS, urlsplit(endpoint).netloc.lower()):
        return _from_address(address, endpoint)
    repo_id, at, revision = text.partition("@")
    if at and not revision:
        raise ValueError(f"After the @ of {text!r} comes a revision: a branch, a tag or a commit.")
    return ModelReference(repo_id=checked_id(repo_id), revision=revision or None)


def checked_id(repo_id: str) -> str:
    """The id, when it can be one of the Hub.

    Raises:
        ValueError: it can't be; the message says why.
    """
    author, slash, name = repo_id.partition("/")
    if not slash:
        raise ValueError(f"{repo_id!r} has no author. Write author/name, for example Qwen/Qwen2.5-0.5B.")
    if not author or not name or "/" in name:
        raise ValueError(f"{repo_id!r} is not author/name: there is one slash, with something on both sides.")
    for part in (author, name):
        if not _NAME.fullmatch(part) or "--" in part or ".." in part:
            raise ValueError(
                f"{part!r} can't be part of a model's name: the Hub's names hold letters, digits, '-', '_' and '.', "
                "begin and end with a letter, a digit or '_', and have no '--' or '..'."
            )
    if len(repo_id) > 96:
        raise ValueError(f"The name is {len(repo_id)} characters long; the Hub's names have at most 96.")
    return repo_id


def _from_address(address: str, endpoint: str) -> ModelReference:
    try:
        page, ours = urlsplit(address), urlsplit(endpoint)
    except ValueError as error:
        raise ValueError(f"{address!r} is no address. Write author/name, for example Qwen/Qwen2.5-0.5B.") from error
    if page.netloc.lower() not in (*_PUBLIC_HOSTS, ours.netloc.lower()):
        raise ValueError(
            f"{page.netloc or address!r} is not the Hub this session asks ({ours.netloc}). "
            "Paste a model's page from there, or write author/name."
        )
    path = page.path.removeprefix(ours.path.rstrip("/")) if page.netloc.lower() == ours.netloc.lower() else page.path
    parts = [part for part in path.split("/") if part]
    if parts[:2] == ["api", "models"]:
        parts = parts[2:]
    if parts and parts[0] in ("datasets", "spaces"):
        raise ValueError(f"That is the page of one of the Hub's {parts[0]}, not of a model.")
    if len(parts) < 2:
        raise ValueError("That address names no model. A model's page looks like https://huggingface.co/author/name.")
    revision = unquote(parts[3]) if len(parts) > 3 and parts[2] in _PAGES_OF_A_REVISION else None
    return ModelReference(repo_id=checked_id("/".join(parts[:2])), revision=revision)
