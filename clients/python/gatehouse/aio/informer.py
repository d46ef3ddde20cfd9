"""The informer of the client for asyncio."""

from __future__ import annotations

import asyncio
import inspect
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..scope import Scope
from ..store import Handlers, Store, report, told
from .watch import AsyncWatch

if TYPE_CHECKING:
    from .client import AsyncClient

T = TypeVar("T")


class AsyncInformer(Store[T]):
    """As gatehouse.informer.Informer; handlers may be coroutine functions. An async with statement runs it in a task."""

    def __init__(self, client: AsyncClient, scope: Scope, handlers: Handlers, options: dict[str, Any]) -> None:
        super().__init__()
        self._resource = scope.row.resource
        self._handlers = handlers
        self._synced = asyncio.Event()
        self._watch: AsyncWatch[T] = AsyncWatch(client, scope, options, self._synced.set)
        self._failure: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Watch until stop is called or an error is not retryable. It may be called once."""
        try:
            async for event in self._watch:
                call = told(self, self._handlers, event.type, event.object, not self._synced.is_set())
                if call is not None:
                    try:
                        result = call()
                        if inspect.isawaitable(result):
                            await result
                    except Exception as error:
                        report(self._handlers, self._resource, error)
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._synced.set()  # release wait_synced, which raises the failure
            await self._watch.aclose()

    def stop(self) -> None:
        """End run. The objects stay in the store."""
        self._watch.stop()

    async def wait_synced(self) -> None:
        """Wait until the first list is in the store and its handlers have returned."""
        await self._synced.wait()
        if self._failure is not None:
            raise self._failure

    async def __aenter__(self) -> AsyncInformer[T]:
        self._task = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if self._task is not None:
            await asyncio.wait({self._task})
            failure = None if self._task.cancelled() else self._task.exception()
            if failure is not None and error is None:
                raise failure
