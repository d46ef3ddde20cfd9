"""Requests and the policy of their retries, without I/O: shared by both clients."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from .errors import ApiError, ConnectionFailed

MAX_RETRIES = 10
MAX_RESENDS = 3
"""The number of resends of a GET after a lost connection."""
MAX_RETRY_AFTER = 60.0
"""The upper bound for Retry-After, in seconds."""

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
    """The attempts of one request. Its methods return the seconds to wait before the next attempt, or raise the error."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._retries = 0
        self._resends = 0
        self._renewed = False

    def broke(self, fault: ConnectionFailed) -> float:
        """After a lost connection: resend reads, and writes that were not sent whole. Other writes may have taken effect."""
        harmless = fault.broke and (fault.unsent or self._request.method == "GET")
        if not harmless or self._resends >= MAX_RESENDS:
            raise fault
        self._resends += 1
        return 0.05 * self._resends

    def refused(self, error: ApiError, retry_after: str | None, renewable: bool) -> float:
        """After an error response: retry 429 and 5xx by Retry-After, and 401 once if the caller can renew the credentials."""
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
