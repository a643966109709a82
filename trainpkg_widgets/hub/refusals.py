"""What an answer that is not a success means, and when the Hub says to ask again. Pure."""

from __future__ import annotations

import json
import re

from ..steps import Access
from .errors import (
    BadTokenError,
    DisabledError,
    GatedError,
    HubError,
    HubRefusedError,
    HubTroubleError,
    NotFoundError,
    RateLimitedError,
)
from .transport import RawAnswer
from .viewer_refusals import viewer_refusal

# `RateLimit: "api";r=0;t=55`: r requests left, t seconds until there are more. huggingface_hub 1.0 can't parse it.
_RATE_LIMIT = re.compile(r"r\s*=\s*(\d+)\s*;\s*t\s*=\s*(\d+)")


def refusal(answer: RawAnswer, url: str, endpoint: str, *, signed_in: bool) -> HubError:
    """The error that an answer which is not a success means. `signed_in` is whether a token was sent.

    The status and X-Error-Code decide, not huggingface_hub's hf_raise_for_status: that one takes a bare 401 for a
    missing repository only over https, and fails itself with an AttributeError when the body is a JSON list (2.4).
    """
    code = answer.headers.get("x-error-code", "")
    said = message_of(answer)
    seen = f"HTTP {answer.status}" + (f": {said}" if said else "")
    tokens = f"{endpoint}/settings/tokens"
    about_repository = any(part in url for part in ("/api/models/", "/api/datasets/", "/resolve/"))

    if of_viewer := viewer_refusal(code, seen):
        return of_viewer
    if answer.status == 429:
        return _rate_limited(answer, seen, tokens, signed_in=signed_in)
    if answer.status == 408 or answer.status >= 500:
        return HubTroubleError(
            "The Hub has trouble of its own.",
            evidence=seen,
            hint="Try again in a minute; https://status.huggingface.co tells how it is.",
            retry_after=_retry_after(answer),
        )
    if code == "GatedRepo":
        return _gated(said, seen, tokens, signed_in=signed_in)
    if said == "Access to this resource is disabled.":
        return DisabledError("This repository is disabled on the Hub.", evidence=seen, hint="Choose another model.")
    if code == "RevisionNotFound":
        return NotFoundError(
            "The repository has no such revision.",
            what="revision",
            evidence=seen,
            hint="Leave the revision out for the newest, or look it up under Files and versions.",
        )
    if code == "EntryNotFound":
        return NotFoundError(
            "The repository has no such file.", what="file", evidence=seen, hint="Look at its files on the Hub."
        )
    if answer.status == 401 and signed_in and code != "RepoNotFound":
        return bad_token(seen, endpoint)
    # The real Hub answers a missing repository with a bare 401 to anyone not signed in, as it does a private one.
    if code == "RepoNotFound" or (about_repository and answer.status in (401, 404)):
        sign_in = "" if signed_in else f" If it is private, set HF_TOKEN to a token from {tokens} that may read it."
        return NotFoundError(
            "There is no such repository, or it is private.",
            what="repository",
            evidence=seen,
            hint=f"Check the spelling (author/name).{sign_in}",
        )
    if answer.status == 401:
        return HubRefusedError(
            "This endpoint answers only to those who are signed in.",
            evidence=seen,
            hint=f"Set HF_TOKEN to a token from {tokens}.",
        )
    if answer.status == 403:
        return HubRefusedError(
            "The Hub refused this to your token." if signed_in else "The Hub refused this.",
            evidence=seen,
            hint=f"Give the token the permission it needs at {tokens}.",
        )
    return HubRefusedError(
        "The Hub refused the request.",
        evidence=seen,
        hint="If the endpoint is a mirror, it may not know this request: try https://huggingface.co.",
    )


def bad_token(evidence: str, endpoint: str) -> BadTokenError:
    """The Hub does not know the token: it was revoked, has expired, or was copied in part."""
    return BadTokenError(
        "The Hub refused your token.",
        evidence=evidence,
        hint=f"Make a new one at {endpoint}/settings/tokens and set HF_TOKEN, or unset HF_TOKEN to go without.",
    )


def message_of(answer: RawAnswer) -> str:
    """What the Hub said, from X-Error-Message or the body's `error`, on one line of at most 300 characters."""
    said: object = answer.headers.get("x-error-message")
    if not said and "json" in answer.headers.get("content-type", ""):
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        said = body.get("error") if isinstance(body, dict) else None
    return " ".join(said.split())[:300] if isinstance(said, str) else ""


def _gated(said: str, seen: str, tokens: str, *, signed_in: bool) -> GatedError:
    access: Access
    # The three sentences are the Hub's own, recorded in October 2026.
    if not signed_in:
        access, hint = "no_token", f"Accept its terms on its page, then set HF_TOKEN to a token from {tokens}."
    elif "awaiting a review" in said:
        access, hint = "pending", "Wait for its authors, or choose another model."
    elif "fine-grained token" in said:
        access, hint = "bad_token", f"Let your token read public gated repositories at {tokens}."
    else:
        access, hint = "not_accepted", "Accept its terms on its page."
    message = "This repository is gated and its files are not open to you."
    return GatedError(message, access=access, evidence=seen, hint=hint)


def _rate_limited(answer: RawAnswer, seen: str, tokens: str, *, signed_in: bool) -> RateLimitedError:
    wait = _retry_after(answer)
    when = f"Wait {wait:.0f} seconds" if wait is not None else "Wait a few minutes"
    own = "" if signed_in else f", or set HF_TOKEN to a token from {tokens}: an account has a quota of its own"
    return RateLimitedError(
        "The Hub has had too many requests from this account or address.",
        evidence=seen,
        hint=f"{when}{own}.",
        retry_after=wait,
    )


def _retry_after(answer: RawAnswer) -> float | None:
    """Seconds until the Hub answers again, where it says so."""
    found = _RATE_LIMIT.search(answer.headers.get("ratelimit", ""))
    # The header is on every answer: it is why only when nothing is left. One second more, for t is rounded down.
    if answer.status == 429 and found and int(found[1]) == 0:
        return float(found[2]) + 1
    after = answer.headers.get("retry-after", "").strip()
    return float(after) if after.isdigit() else None
