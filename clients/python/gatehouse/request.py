"""A request, and how often it is tried again. Nothing here sends anything: both clients do what it says."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from .errors import ApiError, ConnectionFailed

MAX_RETRIES = 10
MAX_RESENDS = 3
"""How often a GET is sent again whose connection broke."""
MAX_RETRY_AFTER = 60.0
"""The longest time, in seconds, that a server can make a request wait."""

JSON = "application/json"


class Request(NamedTuple):
    """One request, which may be sent several times. The segments of its path are escaped."""

    method: str
    path: str
    query: dict[str, str] | list[tuple[str, str]] | None = None
    body: bytes | None = None
    content_type: str = JSON
    accept: str = JSON

    def target(self) -> str:
        """Path and query."""
        return self.path + "?" + urlencode(self.query) if self.query else self.path

    def headers(self) -> list[tuple[str, str]]:
        out = [("Accept", self.accept)]
        if self.body is not None:
            out.append(("Content-Type", self.content_type))
        return out


class Attempts:
    """Counts the attempts of one request, and says how many seconds to wait before the next one. When there is no next one, it
    raises the error."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._retries = 0
        self._resends = 0
        self._renewed = False

    def broke(self, fault: ConnectionFailed) -> float:
        """There was no whole answer: a read is sent again, a write is not, because it may have happened, unless it was not sent."""
        harmless = fault.broke and (fault.unsent or self._request.method == "GET")
        if not harmless or self._resends >= MAX_RESENDS:
            raise fault
        self._resends += 1
        return 0.05 * self._resends

    def refused(self, error: ApiError, retry_after: str | None, renewable: bool) -> float:
        """The server answered with an error. With renewable credentials, a 401 is tried once more: the caller renews them."""
        if error.code == 401 and renewable and not self._renewed:
            self._renewed = True
            return 0.0
        seconds = _seconds(retry_after)
        if seconds is None or not (error.code == 429 or error.code >= 500) or self._retries >= MAX_RETRIES:
            raise error
        self._retries += 1
        return min(seconds, MAX_RETRY_AFTER)


def _seconds(retry_after: str | None) -> float | None:
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() else None
