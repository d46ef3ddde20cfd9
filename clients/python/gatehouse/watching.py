"""The state of a watch over all its connections, without I/O: shared by both clients."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from . import options as opts
from .errors import ApiError, ConnectionFailed, GatehouseError, expired, status_error
from .request import Request
from .scope import PAGE_SIZE, Scope

T = TypeVar("T")

FIRST_RECONNECT = 0.5
LAST_RECONNECT = 30.0


class Event(Generic[T]):
    """An event of a watch: ADDED, MODIFIED, DELETED; BOOKMARK if requested."""

    __slots__ = ("type", "object")

    def __init__(self, type: str, object: T) -> None:
        self.type = type
        self.object = object

    def __repr__(self) -> str:
        return f"Event({self.type!r}, {self.object!r})"


Key = tuple[str, str]
"""Namespace and name."""


class _Identity(NamedTuple):
    """Identifies a state of an object; the UID distinguishes objects of the same name."""

    uid: str
    version: str


class Change(NamedTuple):
    """An event with undecoded object."""

    type: str
    raw: dict[str, Any]


def key_of(raw: Mapping[str, Any]) -> Key:
    metadata = raw.get("metadata") or {}
    return metadata.get("namespace") or "", metadata.get("name") or ""


def reconnect(attempt: int) -> float:
    """Seconds to wait before the nth reconnect since the last event."""
    most = min(FIRST_RECONNECT * (1 << min(attempt, 6)), LAST_RECONNECT)
    return most / 2 + random.random() * most / 2


class Watching:
    """A watch over many connections. Its driver repeats: if must_list, read all pages and pass the items to listed and the version to
    list_ended; then send connection(), call opened, and pass each line to heard; then pass the error, if any, to failed and wait the
    seconds that it returns."""

    def __init__(self, scope: Scope, options: Mapping[str, Any]) -> None:
        said = opts.check("watch", opts.WatchOptions, options)
        self._scope = scope
        self._selectors = {k: v for k, v in said.items() if k in opts.SelectOptions.__optional_keys__}
        self._limit = said.get("limit", PAGE_SIZE)
        self._bookmarks = bool(said.get("bookmarks"))
        seconds = said.get("timeout_seconds")
        self.deadline: float | None = None if seconds is None else time.monotonic() + seconds
        version = str(said.get("resource_version", ""))
        self._from_caller = version not in ("", "0")
        self._version = version if self._from_caller else ""
        """The resourceVersion of the last event, from which the next connection resumes; empty before the list."""
        self._known: dict[Key, _Identity] = {}
        """The objects that were reported. A watch from the caller's version has none, so it cannot relist after a 410."""
        self._gone: dict[Key, _Identity] = {}
        self._connected = False
        self._attempts = 0

    def remaining(self) -> float | None:
        """Seconds until the deadline; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    @property
    def must_list(self) -> bool:
        return self._version == ""

    def list_options(self) -> dict[str, Any]:
        """Begin a list: objects that it does not contain will be reported as DELETED."""
        self._gone = dict(self._known)
        return {**self._selectors, "limit": self._limit}

    def listed(self, raw: dict[str, Any]) -> Iterator[Change]:
        """The changes that an item of the list amounts to."""
        metadata = raw.get("metadata") or {}
        key, now = key_of(raw), _Identity(metadata.get("uid") or "", metadata.get("resourceVersion") or "")
        before = self._known.get(key)
        self._gone.pop(key, None)
        if before == now:
            return
        if before is not None and before.uid != now.uid:
            yield self._vanished(key, before)
            before = None
        self._known[key] = now
        yield Change("ADDED" if before is None else "MODIFIED", raw)

    def list_ended(self, version: str) -> Iterator[Change]:
        """End a list: DELETED for each known object that was not in it."""
        for key, before in self._gone.items():
            yield self._vanished(key, before)
        self._gone = {}
        self._version = version
        self._connected = True

    def _vanished(self, key: Key, before: _Identity) -> Change:
        """DELETED with metadata only: the last state is not known."""
        self._known.pop(key, None)
        metadata = {"name": key[1], "uid": before.uid, "resourceVersion": before.version}
        if key[0]:
            metadata["namespace"] = key[0]
        return Change("DELETED", {"kind": self._scope.row.kind, "apiVersion": self._scope.api_version, "metadata": metadata})

    def connection(self) -> Request:
        """The request of the next connection."""
        query = opts.query(self._selectors)
        query.update(watch="true", allowWatchBookmarks="true", resourceVersion=self._version)
        left = self.remaining()
        if left is not None:
            query["timeoutSeconds"] = str(1 + int(left))
        return self._scope.watch(query)

    def opened(self) -> None:
        """The server has accepted the connection."""
        self._connected = True

    def heard(self, line: bytes) -> Change | None:
        """Record an event and return it; None for what is internal. An ERROR event is raised."""
        if not line.strip():
            return None
        try:
            event = json.loads(line)
            type, raw = event["type"], event["object"]
            metadata = raw.get("metadata") or {}
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            raise GatehouseError(f"event of a watch: {line[:200]!r}") from fault
        if type == "ERROR":
            if raw.get("kind") == "Status":
                raise status_error(raw)
            raise ApiError(500, {"message": f"the watch failed: {json.dumps(raw)}"})
        self._attempts = 0
        self._version = metadata.get("resourceVersion") or self._version
        if type == "BOOKMARK":
            return Change(type, raw) if self._bookmarks else None
        if not self._from_caller:
            if type == "DELETED":
                self._known.pop(key_of(raw), None)
            else:
                self._known[key_of(raw)] = _Identity(metadata.get("uid") or "", self._version)
        return Change(type, raw)

    def failed(self, fault: GatehouseError | None) -> float:
        """After a connection: the seconds to wait before the next one. An error that is not retryable is raised."""
        if fault is not None:
            if expired(fault) and not self._from_caller:
                self._version = ""  # list again
            elif not (self._connected and _passing(fault)):
                raise fault
        wait = reconnect(self._attempts)
        self._attempts += 1
        left = self.remaining()
        return wait if left is None else min(wait, left)


def _passing(fault: GatehouseError) -> bool:
    """Whether an error is retryable: lost connections, 429 and 5xx."""
    if isinstance(fault, ApiError):
        return fault.code >= 500 or fault.code == 429
    return isinstance(fault, ConnectionFailed)


class Lines:
    """Splits chunks into lines."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The complete lines after this chunk, without line ends."""
        lines = chunk.split(b"\n")
        if len(lines) > 1:
            lines[0] = b"".join(self._parts) + lines[0]
            self._parts = []
        rest = lines.pop()
        if rest:
            self._parts.append(rest)
        return lines

    def rest(self) -> bytes:
        """The incomplete last line. In a watch that is a truncated event."""
        return b"".join(self._parts)
