"""What names a dataset of the Hub: its id, with a revision behind an @, or the address of its page."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from ..data.errors import DataError

_ID = re.compile(r"[\w-][\w.-]{0,95}(?:/[\w-][\w.-]{0,95})?")
_HUB_HOSTS = frozenset({"huggingface.co", "hf.co", "www.huggingface.co"})


def read_dataset_reference(text: str, endpoint: str) -> tuple[str, str | None]:
    """The id and the revision that `text` names; the revision is None where it names none.

    Raises:
        DataError: it is no id of a dataset, or a page of another site.
    """
    text = text.strip()
    name: str = text
    revision: str | None = None
    if text.startswith(("http://", "https://", "hf://")):
        name, revision = _of_address(text, endpoint)
    elif "@" in text:
        name, _, revision = text.partition("@")
    if not _ID.fullmatch(name) or ".." in name or "--" in name.partition("/")[0]:
        raise DataError(
            "dataset-reference",
            f"{text[:80]!r} is no id of a dataset.",
            "Write author/name, as in HuggingFaceH4/ultrachat_200k, or paste the address of its page.",
        )
    return name, revision or None


def _of_address(text: str, endpoint: str) -> tuple[str, str | None]:
    address = urlsplit(text)
    parts = [unquote(part) for part in f"{address.netloc}{address.path}".split("/") if part]
    if address.scheme == "hf":
        parts = parts[1:] if parts[:1] == ["datasets"] else []
        name, _, revision = "/".join(parts[:2]).partition("@")
        return name, revision or None
    if address.hostname not in {*_HUB_HOSTS, urlsplit(endpoint).hostname} or parts[1:2] != ["datasets"]:
        raise DataError(
            "dataset-reference",
            f"{text[:80]!r} is no page of a dataset on {urlsplit(endpoint).hostname}.",
            "Write author/name, or paste the address of its page.",
        )
    own = parts[2:]
    cut = next((n for n, part in enumerate(own) if part in ("tree", "blob", "resolve", "viewer", "discussions")), None)
    if cut is None:
        return "/".join(own[:2]), None
    of_files = own[cut] in ("tree", "blob", "resolve") and len(own) > cut + 1
    return "/".join(own[:cut]), own[cut + 1] if of_files else None
