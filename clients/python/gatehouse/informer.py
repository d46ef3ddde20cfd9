"""The informer of the synchronous client."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .scope import Scope
from .store import Handlers, Store, report, told
from .watch import Watch

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")


class Informer(Store[T]):
    """A cache of a resource, kept by a watch. on_add(object, initial), on_update(old, new) and on_delete(last) are called one at a time, in
    the order of the changes. What one of them raises goes to on_error, or else to the log. run blocks until stop is called; start runs
    it in a thread. A with statement starts and stops it.
    """

    def __init__(self, client: Client, scope: Scope, handlers: Handlers, options: dict[str, Any]) -> None:
        super().__init__()
        self._resource = scope.row.resource
        self._handlers = handlers
        self._synced = threading.Event()
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self._watch: Watch[T] = Watch(client, scope, options, self._synced.set)
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Watch until stop is called or an error is not retryable. It may be called once."""
        try:
            for event in self._watch:
                call = told(self, self._handlers, event.type, event.object, not self._synced.is_set())
                if call is not None:
                    try:
                        call()
                    except Exception as error:
                        report(self._handlers, self._resource, error)
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._ended.set()
            self._synced.set()  # release wait_synced, which raises the failure

    def start(self) -> None:
        """Run in a thread, whose failure wait_synced and join raise."""

        def run() -> None:
            try:
                self.run()
            except Exception:
                pass  # it is in _failure

        self._thread = threading.Thread(target=run, name=f"gatehouse-{self._resource}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End run, from any thread. The objects stay in the store."""
        self._watch.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of run; False after the timeout."""
        ended = self._ended.wait(timeout)
        if self._failure is not None:
            raise self._failure
        return ended

    def wait_synced(self, timeout: float | None = None) -> bool:
        """Wait until the first list is in the store and its handlers have returned; False after the timeout."""
        synced = self._synced.wait(timeout)
        if self._failure is not None:
            raise self._failure
        return synced

    def __enter__(self) -> Informer[T]:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            if self._failure is not None and error is None:
                raise self._failure
