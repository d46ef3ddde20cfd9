"""The watch of the synchronous client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from urllib3.response import BaseHTTPResponse

from .errors import ApiError, ConnectionFailed
from .scope import Scope
from .transport import translated
from .watching import Change, Event, Lines, Watching

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")

_CHUNK = 64 << 10


class Watch(Generic[T]):
    """An iterator over events: ADDED for each existing object, then changes; with a resource_version, changes since then. It reconnects
    when a connection ends, and lists again after a 410. It ends with its loop, after timeout_seconds, or when any thread calls stop."""

    def __init__(self, client: Client, scope: Scope, options: dict[str, Any], synced: Callable[[], None] = lambda: None) -> None:
        # No reference cycle: a watch that goes out of scope closes its connection at once.
        self._running = _Running(client, scope, options, synced)
        self._events: Iterator[Event[T]] = self._running.events()

    def __iter__(self) -> Iterator[Event[T]]:
        return self

    def __next__(self) -> Event[T]:
        return next(self._events)

    def __enter__(self) -> Watch[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End the watch. A pending next() raises StopIteration."""
        self._running.stop()


class _Running:
    """The connections of a watch, one after the other."""

    def __init__(self, client: Client, scope: Scope, options: dict[str, Any], synced: Callable[[], None]) -> None:
        self._client = client._pausing(self._pause)
        self._scope = scope
        self._state = Watching(scope, options)
        self._synced = synced
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._answer: BaseHTTPResponse | None = None

    def stop(self) -> None:
        with self._lock:
            self._stopped.set()
            if self._answer is not None:
                _shut(self._answer)

    def _pause(self, seconds: float) -> None:
        """Wait between attempts of a request; stop ends the wait and the request."""
        if self._stopped.wait(seconds):
            raise ConnectionFailed("the watch is stopped")

    def events(self) -> Iterator[Event[Any]]:
        timer = self._timer()
        try:
            while not self._stopped.is_set():
                fault: ApiError | ConnectionFailed | None = None
                try:
                    for change in self._round():
                        if self._stopped.is_set():
                            return
                        yield Event(change.type, self._scope.object(change.raw))
                except (ApiError, ConnectionFailed) as error:
                    fault = error
                if not self._stopped.is_set():
                    self._stopped.wait(self._state.failed(fault))
        finally:
            if timer is not None:
                timer.cancel()
            self.stop()

    def _timer(self) -> threading.Timer | None:
        left = self._state.remaining()
        if left is None:
            return None
        timer = threading.Timer(left, self.stop)
        timer.daemon = True
        timer.start()
        return timer

    def _round(self) -> Iterator[Change]:
        """List if necessary, then watch over one connection."""
        if self._state.must_list:
            from .resource import pages

            version = ""
            for page in pages(self._client, self._scope, self._state.list_options()):
                version = (page.get("metadata") or {}).get("resourceVersion") or ""
                for raw in page.get("items") or ():
                    yield from self._state.listed(raw)
            yield from self._state.list_ended(version)
            self._synced()
        yield from self._connection()

    def _connection(self) -> Iterator[Change]:
        request = self._state.connection()
        answer = self._client.open(request, forever=True)
        with self._lock:
            self._answer = answer
        try:
            self._state.opened()
            lines = Lines()
            while not self._stopped.is_set():
                with translated(request):
                    chunk = answer.read1(_CHUNK)
                if not chunk:
                    break
                for line in lines.feed(chunk):
                    change = self._state.heard(line)
                    if change is not None:
                        yield change
            if lines.rest().strip() and not self._stopped.is_set():
                raise ConnectionFailed("the watch broke off within an event", broke=True)
        except ConnectionFailed:
            if not self._stopped.is_set():
                raise
        finally:
            with self._lock:
                self._answer = None
            answer.close()


def _shut(answer: BaseHTTPResponse) -> None:
    """Unblock a read in another thread."""
    try:
        answer.shutdown()
    except (OSError, ValueError, AttributeError):
        pass  # already closed
