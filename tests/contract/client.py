"""What the suite asks of a client of the Hub, and what it knows of each client beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pytest

Row = dict[str, Any]
# How a client tells a failure to its caller.
Said = Literal[
    "gated", "missing", "no_revision", "no_file", "disabled", "bad_token", "bad_request", "rate_limited", "not_json",
    "unavailable", "crashed", "other",
]  # fmt: skip


class FailedError(Exception):
    """Raised where a client raised: what it said, its own name for it, and the status where it tells one."""

    def __init__(self, said: Said, error: str, status: int | None, message: str) -> None:
        super().__init__(f"{error} ({status}): {message}")
        self.said = said
        self.error = error
        self.status = status
        self.message = message


@dataclass(frozen=True)
class ClientFacts:
    """What is so of one client and not of another: measured here, and stated so that a change shows.

    `names_refusals`: it tells gated, missing, revision and file apart, by X-Error-Code.
    `bare_401` is what it makes of a 401 without that code over plain http.
    `retries`: a 429 or a 5xx at the first page of a listing is followed by another attempt.
    `survives_malformed_rows`: a malformed row costs that row at most, not the listing.
    `relative_link` is what it does with a next page whose address is relative.
    `drops_repeated_rows`: a model that comes on two pages is shown once.
    `keeps_the_token_from_the_cdn`: large files are fetched without it.
    `drops_a_refused_token`: a public model is still shown to someone whose token was revoked.
    `cannot` are the calls and the arguments of a listing that it does not have.
    """

    names_refusals: bool
    bare_401: Said
    retries: bool
    survives_malformed_rows: bool
    relative_link: Literal["followed", "crashes", "stops_silently"]
    drops_repeated_rows: bool = False
    keeps_the_token_from_the_cdn: bool = True
    drops_a_refused_token: bool = False
    cannot: frozenset[str] = frozenset()


class Client:
    """One client behind the few calls that the suite makes. Each raises FailedError where the client raises.

    A call that a client has not is left as it is here and named in `facts.cannot`: the suite skips it, and a claim that
    forgets to fails by its name.
    """

    name: str
    facts: ClientFacts

    def list(self, endpoint: str, *, token: str | None = None, **asked: Any) -> list[Row]:
        """All pages of GET /api/models, as rows of `id`, `gated`, `downloads`.

        `asked`: search, author, tags, task, sort, limit, fields.
        """
        raise NotImplementedError

    def model(self, endpoint: str, id: str, *, revision: str | None = None, token: str | None = None) -> Row:
        """One model: `id`, `sha`, `gated`, `downloads`, `parameters` (by dtype)."""
        raise NotImplementedError

    def config(self, endpoint: str, id: str, *, revision: str | None = None, token: str | None = None) -> Row:
        """The contents of config.json."""
        raise NotImplementedError

    def download(self, endpoint: str, id: str, path: str, *, token: str | None = None) -> str:
        """The sha256 of a file, downloaded whole."""
        raise NotImplementedError

    def weights(self, endpoint: str, id: str, *, token: str | None = None) -> dict[str, int]:
        """The elements by dtype, read from the safetensors headers."""
        raise NotImplementedError

    def tree(self, endpoint: str, id: str, *, token: str | None = None) -> dict[str, int]:
        """The size of each file."""
        raise NotImplementedError

    def whoami(self, endpoint: str, token: str) -> str:
        """The name of the token's owner."""
        raise NotImplementedError

    def stop(self) -> None:
        """End what was started."""


@contextmanager
def refused(client: Client, said: Said, status: int) -> Iterator[None]:
    """The client is told so: by name where it has names for it, else by the status."""
    with pytest.raises(FailedError) as caught:
        yield
    if client.facts.names_refusals:
        assert caught.value.said == said, str(caught.value)
    else:
        assert caught.value.status == status, str(caught.value)


def able(client: Client, *calls: str) -> None:
    """Skip where the client has no such call: nothing is claimed then."""
    if missing := client.facts.cannot.intersection(calls):
        pytest.skip(f"{client.name} has no {', '.join(sorted(missing))}")
