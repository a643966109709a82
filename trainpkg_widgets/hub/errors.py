"""What can go wrong between us and the Hub, and what to do next. Which answer means which is in `refusals.py`."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..logs import redact
from ..steps import Access

Missing = Literal["repository", "revision", "file"]


class HubError(Exception):
    """Raised when the Hub gave no usable answer.

    `code` is stable and made for programs, `message` is one sentence, `evidence` what was seen, `hint` what to do
    next, `retry_after` the seconds after which the Hub said it answers again, None where it did not say.
    `transient` says that the Hub gave no answer, so that an older one may stand in; `retried` that a second attempt
    is worth making.
    """

    code: ClassVar[str] = "hub-error"
    transient: ClassVar[bool] = False
    retried: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str, evidence: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.evidence = redact(evidence)
        self.retry_after = retry_after

    def __str__(self) -> str:
        """The sentence, its evidence and what to do next, for those who meet it in a traceback."""
        seen = f" ({self.evidence})" if self.evidence else ""
        return f"{self.message}{seen} {self.hint}"


class HubUnreachableError(HubError):
    """Raised when no connection was made, or it broke before the answer was whole."""

    code = "hub-unreachable"
    transient = True
    retried = True


class HubTimeoutError(HubError):
    """Raised when the answer was not whole within the timeout of the settings."""

    code = "hub-timeout"
    transient = True
    retried = True


class RateLimitedError(HubError):
    """Raised on 429: too many requests from this account or address."""

    code = "hub-rate-limited"
    transient = True
    retried = True


class HubTroubleError(HubError):
    """Raised on 408 and 5xx: the Hub is there and can't answer just now."""

    code = "hub-trouble"
    transient = True
    retried = True


class NotReadyError(HubError):
    """Raised when the dataset viewer has not worked out its answer yet: no outage, and no use asking again at once."""

    code = "viewer-not-ready"
    transient = True


class NotJsonError(HubError):
    """Raised when something else came instead of the JSON that was asked for: a page, or half an answer."""

    code = "hub-not-json"
    transient = True


class OfflineModeError(HubError):
    """Raised when HF_HUB_OFFLINE forbids every request."""

    code = "hub-offline-mode"
    transient = True


class HubRefusedError(HubError):
    """Raised on any other status that is not a success."""

    code = "hub-refused"


class NotFoundError(HubError):
    """Raised when a repository, a revision or a file is missing, or hidden: the Hub answers the two alike."""

    code = "hub-not-found"

    def __init__(self, message: str, *, what: Missing, hint: str, evidence: str = "") -> None:
        super().__init__(message, hint=hint, evidence=evidence)
        self.what = what


class GatedError(HubError):
    """Raised when the files of a gated repository are refused; `access` is why."""

    code = "hub-gated"

    def __init__(self, message: str, *, access: Access, hint: str, evidence: str = "") -> None:
        super().__init__(message, hint=hint, evidence=evidence)
        self.access = access


class BadTokenError(HubError):
    """Raised when the token is refused, or is no token at all."""

    code = "hub-bad-token"


class DisabledError(HubError):
    """Raised when the repository was disabled, by its author or by the Hub."""

    code = "hub-disabled"


class HubCancelledError(HubError):
    """Raised when the caller no longer wants the answer."""

    code = "cancelled"
