"""Both clients behind one face, so that the same tests run with each: the asyncio client, used from a thread that waits."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import gatehouse
from gatehouse.aio import AsyncClient

WAYS = ("sync", "aio-http2", "aio-http1")


@contextmanager
def client(way: str, config: gatehouse.Config) -> Iterator[gatehouse.Client]:
    """A client of either kind. The one for asyncio is no gatehouse.Client, but has what the tests use of it."""
    if way == "sync":
        with gatehouse.Client(config) as out:
            yield out
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        inner = AsyncClient(replace(config, http1=way == "aio-http1"))
        yield cast(gatehouse.Client, Waiting(inner, loop))
        asyncio.run_coroutine_threadsafe(inner.close(), loop).result(60)
        asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Waiting:
    """Something of the asyncio client, whose coroutines are waited for and whose asynchronous iterators are iterators."""

    def __init__(self, inner: Any, loop: asyncio.AbstractEventLoop) -> None:
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "loop", loop)

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def face(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            value = self.run(_awaited(value))
        module = type(value).__module__
        if module.startswith("gatehouse.aio") or module == "gatehouse.aio_apis" or hasattr(value, "__anext__"):
            return Waiting(value, self.loop)
        return value

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, name)
        if inspect.ismethod(value):
            return lambda *args, **options: self.face(self.run(_called(value, args, options)))
        return self.face(value)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.inner, name, value)

    def __call__(self, *args: Any) -> Any:
        return self.face(self.inner(*args))

    def __len__(self) -> int:
        return len(self.inner)

    def __iter__(self) -> Iterator[Any]:
        iterator = self.inner.__aiter__()
        try:
            while True:
                try:
                    yield self.face(self.run(_next(iterator)))
                except _End:
                    return
        finally:
            self.run(iterator.aclose())

    def __enter__(self) -> Any:
        return self.face(self.run(self.inner.__aenter__()))

    def __exit__(self, *failure: Any) -> None:
        self.run(self.inner.__aexit__(*failure))


class _End(Exception):
    """The end of an asynchronous iterator, as an exception that futures take."""


async def _next(iterator: Any) -> Any:
    try:
        return await iterator.__anext__()
    except StopAsyncIteration:
        raise _End from None


async def _awaited(value: Any) -> Any:
    return await value


async def _called(method: Any, args: Any, options: Any) -> Any:
    """Call a method in the loop. What it returns is not waited for: _awaited does that."""
    return method(*args, **options)
