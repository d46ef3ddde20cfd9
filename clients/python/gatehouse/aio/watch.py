"""The watch of the client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import ApiError, ConnectionFailed
from ..scope import Scope
from ..watching import Change, Event, Lines, Watching
from .transport import translated

if TYPE_CHECKING:
    from .client import AsyncClient

T = TypeVar("T")
R = TypeVar("R")


class _Over(Exception):
    """The watch was stopped, or its time is over."""


class AsyncWatch(Generic[T]):
    """As gatehouse.watch.Watch. It ends after timeout_seconds, or when a task calls stop. After leaving its loop early, close it, or use
    async with."""

    def __init__(self, client: AsyncClient, scope: Scope, options: dict[str, Any], synced: Callable[[], None] = lambda: None) -> None:
        # No reference cycle: the event loop closes a watch that goes out of scope.
        self._running = _Running(client, scope, options, synced)
        self._events: AsyncGenerator[Event[T], None] = self._running.events()

    def __aiter__(self) -> AsyncIterator[Event[T]]:
        return self

    async def __anext__(self) -> Event[T]:
        return await self._events.__anext__()

    async def __aenter__(self) -> AsyncWatch[T]:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    def stop(self) -> None:
        """End the watch. A pending __anext__ raises StopAsyncIteration."""
        self._running.stop()

    async def aclose(self) -> None:
        """Close the connection. No __anext__ may be pending."""
        self._running.stop()
        await self._events.aclose()


class _Running:
    """The connections of a watch, one after the other."""

    def __init__(self, client: AsyncClient, scope: Scope, options: dict[str, Any], synced: Callable[[], None]) -> None:
        self._client = client
        self._scope = scope
        self._state = Watching(scope, options)
        self._synced = synced
        self._stopped = False
        self._waiting: asyncio.Future[Any] | None = None

    def stop(self) -> None:
        self._stopped = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def events(self) -> AsyncGenerator[Event[Any], None]:
        try:
            while True:
                fault: ApiError | ConnectionFailed | None = None
                round = self._round()
                try:
                    async for change in round:
                        yield Event(change.type, self._scope.object(change.raw))
                        if self._stopped:
                            return
                except (ApiError, ConnectionFailed) as error:
                    fault = error
                finally:
                    await round.aclose()
                await self._within(asyncio.sleep(self._state.failed(fault)))
        except _Over:
            return

    async def _within(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine that is cancelled when the watch ends."""
        task = asyncio.ensure_future(work)
        left = self._state.remaining()
        if self._stopped or left == 0:
            task.cancel()
        self._waiting = task
        try:
            await asyncio.wait({task}, timeout=left)
        finally:
            self._waiting = None
            if not task.done():
                task.cancel()
        await asyncio.wait({task})
        if task.cancelled():
            raise _Over
        return task.result()

    async def _round(self) -> AsyncGenerator[Change, None]:
        """List if necessary, then watch over one connection."""
        if self._state.must_list:
            from .resource import pages

            version = ""
            listing = pages(self._client, self._scope, self._state.list_options())
            while True:
                page = await self._within(_next(listing))
                if page is None:
                    break
                version = (page.get("metadata") or {}).get("resourceVersion") or ""
                for raw in page.get("items") or ():
                    for change in self._state.listed(raw):
                        yield change
            for change in self._state.list_ended(version):
                yield change
            self._synced()
        connection = self._connection()
        try:
            async for change in connection:
                yield change
        finally:
            await connection.aclose()

    async def _connection(self) -> AsyncGenerator[Change, None]:
        request = self._state.connection()
        answer = await self._within(self._client.open(request))
        try:
            self._state.opened()
            lines = Lines()
            chunks = answer.aiter_raw()
            while True:
                with translated(request):
                    chunk = await self._within(_next(chunks))
                if chunk is None:
                    break
                for line in lines.feed(chunk):
                    change: Change | None = self._state.heard(line)
                    if change is not None:
                        yield change
            if lines.rest().strip():
                raise ConnectionFailed("the watch broke off within an event", broke=True)
        finally:
            await answer.aclose()


async def _next(iterator: AsyncIterator[R]) -> R | None:
    """The next value; None at the end."""
    try:
        return await iterator.__anext__()
    except StopAsyncIteration:
        return None
