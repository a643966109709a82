"""JSON from the Hub: retried within bounds, cached, with the token of the moment. One request is `transport.py`."""

from __future__ import annotations

import json
import platform
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pydantic import ValidationError

from ..facts import Frozen
from ..logs import get_logger
from .cache import CachedAnswer, HubCache
from .errors import BadTokenError, GatedError, HubError, HubRefusedError, NotJsonError
from .refusals import bad_token, refusal
from .transport import RawAnswer, fetch, stop_if

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from ..settings.model_settings import HubSettings

Token = str | bool | Callable[[], str | None] | None
Params = Iterable[tuple[str, str]]

_log = get_logger("hub.client")


class HubAnswer(Frozen):
    """A JSON body. `next_link` is the path of the next page below the endpoint, None on the last.

    `age_seconds` is 0 for an answer that just came. `stale` says that it is too old, shown because the Hub gave none.
    `token_ignored` says that the Hub refused the token and answered without it: the token is no longer valid.
    """

    body: Any
    next_link: str | None = None
    age_seconds: float = 0.0
    stale: bool = False
    token_ignored: bool = False


class HubClient:
    """Asks one endpoint. Safe to use from several threads.

    Args:
        settings: endpoint, timeout (seconds for one request), retries and waits.
        cache: where answers are kept, None to keep none.
        token: a token, a function that gives one, None or True for the environment's at the moment of use, False for
            none. It is never stored.
        sleep: waits a number of seconds, or less when the event is set.

    Raises:
        ValueError: the endpoint is not the address of a site.
    """

    def __init__(
        self,
        settings: HubSettings,
        cache: HubCache | None = None,
        token: Token = None,
        *,
        sleep: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        address = urlsplit(settings.endpoint)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(
                f"hub.endpoint is {settings.endpoint!r}, which is no address of a site: "
                "write it whole, as in https://huggingface.co."
            )
        self.endpoint = settings.endpoint.rstrip("/")
        self._settings = settings
        self._cache = cache
        self._given_token = token
        self._sleep = sleep
        self._refused_token: str | None = None

    @property
    def cache(self) -> HubCache | None:
        """Where answers are kept, None where none are."""
        return self._cache

    def get_json(
        self,
        path: str,
        params: Params = (),
        *,
        cancelled: threading.Event | None = None,
        use_cache: bool = True,
    ) -> HubAnswer:
        """GET `path` of the endpoint, which may hold a query of its own (a `next_link`).

        A fresh answer of the cache costs no request; where the Hub gives none at all, an old one is returned as
        `stale`. With `use_cache` off the Hub is asked whatever is kept, and its answer kept.

        Raises:
            HubError: one of `errors.py`, after the retries of the settings where another attempt could help.
        """
        url = self._url(path, params)
        token = self._token()
        key = json.dumps([url, token])
        kept = self._kept(key) if use_cache else None
        if kept is not None and not kept.stale:
            if kept.token_ignored:
                self._refused_token = token
            return kept
        try:
            answer = self._ask_with_retries(url, token, cancelled or threading.Event())
        except HubError as error:
            if kept is None or not error.transient:
                raise
            _log.info("an old answer stands in", extra={"context": {"age": kept.age_seconds, "why": str(error)}})
            return kept
        self._refused_token = token if answer.token_ignored else None
        if self._cache is not None:
            self._cache.put(key, answer.model_dump(include={"body", "next_link", "token_ignored"}))
        return answer

    def get_bytes(self, path: str, *, seconds: float, cancelled: threading.Event | None = None) -> bytes:
        """GET a file of the endpoint, whole, within `seconds`. It is not kept: the caller keeps it.

        Raises:
            HubError: one of `errors.py`. It is asked for once.
        """
        url, token, event = self._url(path, ()), self._token(), cancelled or threading.Event()
        answer = self._fetch(url, token, event, seconds)
        if answer.status == 401 and token is not None:
            answer, token = self._fetch(url, None, event, seconds), None
        if not answer.ok:
            raise refusal(answer, url, self.endpoint, signed_in=token is not None)
        return answer.body

    def token_refused(self) -> bool:
        """Whether the token in use is one that the Hub has refused. No request is made."""
        return self._refused_token is not None and self._refused_token == self._token()

    def _url(self, path: str, params: Params) -> str:
        # The token goes to this endpoint and nowhere else, whatever a Link header or a caller says.
        if not path.startswith("/") or path.startswith("//"):
            raise HubRefusedError(
                "A link that leaves the endpoint is not followed.",
                evidence=path[:200],
                hint=f"Only paths of {self.endpoint} are asked for.",
            )
        query = urlencode(list(params))
        return self.endpoint + path + ("&" if "?" in path else "?") * bool(query) + query

    def _token(self) -> str | None:
        given = self._given_token
        try:
            token = given() if callable(given) else _token_of_environment() if given in (None, True) else given
        # get_token may refresh an OAuth token or exchange an OIDC one, each with errors of its own, some of
        # them only in newer versions; their words are not shown, for they may hold a secret.
        except Exception as error:  # noqa: BLE001 - no list of them would be whole
            raise BadTokenError(
                "Your Hub token could not be read.",
                evidence=type(error).__name__,
                hint="Set HF_TOKEN to a token, or unset HF_OIDC_RESOURCE if you did not mean to use it.",
            ) from None
        token = str(token or "").strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            # httpx would show the whole header in its error.
            raise bad_token("it holds characters that no token has", self.endpoint)
        return token or None

    def _kept(self, key: str) -> HubAnswer | None:
        kept: CachedAnswer | None = self._cache.get(key) if self._cache is not None else None
        if kept is None:
            return None
        try:
            return HubAnswer(**kept.body, age_seconds=kept.age_seconds, stale=not kept.fresh)
        except (ValidationError, TypeError):
            return None

    def _ask_with_retries(self, url: str, token: str | None, cancelled: threading.Event) -> HubAnswer:
        # Imported here: tenacity imports tornado where it is installed, 0.3 s.
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        def sleep(seconds: float) -> None:
            self._sleep(cancelled, seconds)

        attempts = Retrying(
            stop=stop_after_attempt(1 + self._settings.retries),
            retry=retry_if_exception(self._worth_another_attempt),
            wait=self._wait,
            sleep=sleep,
            reraise=True,
        )
        return attempts(self._ask, url, token, cancelled)

    def _worth_another_attempt(self, error: BaseException) -> bool:
        if not isinstance(error, HubError) or not error.retried:
            return False
        return error.retry_after is None or error.retry_after <= self._settings.longest_wait_seconds

    def _wait(self, state: RetryCallState) -> float:
        from tenacity import wait_exponential

        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, HubError) and error.retry_after is not None:
            return error.retry_after
        grow = wait_exponential(multiplier=self._settings.first_wait_seconds, max=self._settings.longest_wait_seconds)
        return float(grow(state))

    def _ask(self, url: str, token: str | None, cancelled: threading.Event) -> HubAnswer:
        answer = self._fetch(url, token, cancelled)
        if answer.ok:
            return self._read(answer, url)
        refused = refusal(answer, url, self.endpoint, signed_in=token is not None)
        if answer.status != 401 or token is None or isinstance(refused, GatedError):
            raise refused
        # A token that is no longer valid makes public repositories fail too (a valid one gets 404 or 403 instead).
        answer = self._fetch(url, None, cancelled)
        if answer.ok:
            return self._read(answer, url, token_ignored=True)
        anonymous = refusal(answer, url, self.endpoint, signed_in=False)
        raise anonymous if anonymous.transient else refused

    def _fetch(
        self, url: str, token: str | None, cancelled: threading.Event, seconds: float | None = None
    ) -> RawAnswer:
        import huggingface_hub

        from .. import __version__

        stop_if(cancelled)
        # Not build_hf_headers: it asks {HF_ENDPOINT}/api/agent-harnesses first (huggingface_hub 2.4), 3 s when offline.
        headers = {
            "user-agent": f"trainpkg_widgets/{__version__}; hf_hub/{huggingface_hub.__version__}; "
            f"python/{platform.python_version()}",
            "accept": "application/json",
        }
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return fetch(url, headers, timeout_seconds=seconds or self._settings.timeout_seconds, cancelled=cancelled)

    def _read(self, answer: RawAnswer, url: str, *, token_ignored: bool = False) -> HubAnswer:
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            kind = answer.headers.get("content-type", "no content type").partition(";")[0]
            raise NotJsonError(
                "What came is not the Hub's JSON.",
                evidence=f"{len(answer.body):,} bytes of {kind[:60]}",
                hint="A login page of your network, or a proxy, may answer in the Hub's place: "
                "open the endpoint in a browser.",
            ) from error
        # Of the Link only its query is used, on the path that was asked for. A mirror that hands on the Hub's own Link
        # would otherwise send the token to a third host (huggingface_hub follows it, token and all: #2152, PR #3646).
        query = urlsplit(answer.next_url).query if answer.next_url else ""
        path = url.removeprefix(self.endpoint).partition("?")[0]
        return HubAnswer(body=body, next_link=f"{path}?{query}" if query else None, token_ignored=token_ignored)


def _token_of_environment() -> str | None:
    from huggingface_hub import constants, get_token

    return None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
