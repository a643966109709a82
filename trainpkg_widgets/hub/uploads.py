"""Putting a folder into a repository on the Hub: large files ahead, one by one, then everything in one commit.

Until that commit nothing is seen there, and what was sent ahead is not sent again: an upload that was cut off goes on
where it was by being asked for once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

# (bytes that are there, bytes in all, the file that is next)
Progress = Callable[[int, int, str], None]


_LOG_IN = "The Hub wants a token to write with: log in with `hf auth login`, or set HF_TOKEN, and try again."


class UploadRefusedError(RuntimeError):
    """Raised when the Hub refuses an upload, or can't be reached; the message says why and what to do."""


class NotReachedError(UploadRefusedError):
    """Raised when no answer came, or that of a server in trouble (429, 5xx): the same may work a little later."""


class UploadCancelledError(RuntimeError):
    """Raised when an upload was cancelled; nothing of it is to be seen on the Hub."""


@dataclass(frozen=True)
class Uploaded:
    """Where a folder was put: the repository, the commit, and the page that shows it."""

    repo_id: str
    revision: str
    url: str


def upload_folder(
    folder: Path,
    paths: Iterable[str],
    repo_id: str,
    into: str,
    *,
    private: bool,
    endpoint: str,
    token: str | bool | None,
    progress: Progress,
    cancelled: Event,
) -> Uploaded:
    """Put the files `paths` of `folder` into `into` of a model repository, which is made where it is not there.

    What else stands in `into`, of an earlier upload, is deleted by the same commit.

    A name without an owner is put into the space of the token's own.

    Raises:
        UploadRefusedError: the Hub refuses, or can't be reached.
        UploadCancelledError: `cancelled` was set.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    check_token(token)
    api = HfApi(endpoint=endpoint, token=token)
    files = [(path, folder / path) for path in paths]
    forbidden = f"This token may not write to “{repo_id}”. Choose a repository of your own, or a token that may write."
    total = sum(place.stat().st_size for _, place in files)
    try:
        owned = repo_id if "/" in repo_id else f"{api.whoami()['name']}/{repo_id}"
        api.create_repo(owned, private=private, exist_ok=True)
        # One that is there already keeps who may read it, whatever is asked for.
        if private and not api.model_info(owned).private:
            raise UploadRefusedError(
                f"“{owned}” is there already and everybody can read it, so nothing was sent. Choose another, "
                "or say that it may be public."
            )
        operations: list[CommitOperationAdd | CommitOperationDelete] = []
        done = 0
        for path, place in files:
            if cancelled.is_set():
                raise UploadCancelledError("The upload was cancelled; nothing of it is to be seen on the Hub.")
            progress(done, total, path)
            operation = CommitOperationAdd(f"{into}/{path}", place)
            # Marks the operation as sent, so that the commit does not send it again; small files go with the commit.
            api.preupload_lfs_files(owned, [operation], free_memory=False)
            operations.append(operation)
            done += place.stat().st_size
        if cancelled.is_set():
            raise UploadCancelledError("The upload was cancelled; nothing of it is to be seen on the Hub.")
        wanted = {f"{into}/{path}" for path, _ in files}
        left = [path for path in api.list_repo_files(owned) if path.startswith(f"{into}/") and path not in wanted]
        operations += [CommitOperationDelete(path) for path in left]
        commit = api.create_commit(owned, operations, commit_message="Training package")
    except (UploadCancelledError, OSError) as error:
        if isinstance(error, UploadCancelledError) or not is_of_hub(error):
            raise
        raise refused(error, forbidden) from error
    except Exception as error:
        if not is_of_hub(error):
            raise
        raise refused(error, forbidden) from error
    progress(total, total, "")
    return Uploaded(owned, commit.oid, f"{endpoint}/{owned}")


def has_token(token: str | bool | None) -> bool:
    """Whether there is a token to write with: the one that was given, or where None that of the environment."""
    from huggingface_hub import get_token

    return token is not False and bool(token or get_token())


def check_token(token: str | bool | None) -> None:
    """Ask for a token before anything is done that is of no use without one.

    Raises:
        UploadRefusedError: there is none; the message says how to get one.
    """
    if not has_token(token):
        raise UploadRefusedError(_LOG_IN)


def is_of_hub(error: Exception) -> bool:
    """Whether it is the Hub, or the way to it, that refused."""
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    from .transport import http_library

    kinds: tuple[Any, ...] = (HfHubHTTPError, LocalTokenNotFoundError, http_library().HTTPError, ConnectionError)
    return isinstance(error, kinds)


def refused(error: Exception, forbidden: str) -> UploadRefusedError:
    """What a refusal is told as; `forbidden` is the sentence for a token that has not the right."""
    from ..logs import redact

    status = getattr(getattr(error, "response", None), "status_code", None)
    if type(error).__name__ == "LocalTokenNotFoundError" or status == 401:
        return UploadRefusedError(_LOG_IN)
    if status == 403:
        return UploadRefusedError(forbidden)
    if status is not None:
        said = next(iter(redact(str(error)).strip().splitlines()), "") or "it did not say why"
        kind = NotReachedError if status == 429 or status >= 500 else UploadRefusedError
        return kind(f"The Hub answered {status}: {said[:200]}")
    return NotReachedError(
        f"The Hub can't be reached ({type(error).__name__}). What was sent is kept there: try again to go on."
    )
