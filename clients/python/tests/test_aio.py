"""What the asyncio client alone has to get right."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from peer import THINGS, Exchange, peer, thing

import gatehouse
from gatehouse.aio import AsyncClient


@pytest.mark.parametrize("http1", [False, True])
def test_the_protocol(config: gatehouse.Config, http1: bool) -> None:
    """Short answers share a connection over HTTP/2; HTTP/1.1 is kept to when that is asked for."""
    config.http1 = http1

    async def run() -> set[str]:
        async with AsyncClient(config) as client:
            request = client.core_v1.namespaces._scope.page({})
            answers = await asyncio.gather(*(client._transport.send(request) for _ in range(20)))
            return {a.http_version for a in answers}

    assert asyncio.run(run()) == {"HTTP/1.1" if http1 else "HTTP/2"}


def test_cancelled_requests_leave_the_others_alone(config: gatehouse.Config) -> None:
    """Requests and watches are cancelled at every moment; what uses the same connections goes on."""

    async def run() -> int:
        async with AsyncClient(config) as client:
            config_maps = client.core_v1.config_maps("default")

            async def watch() -> None:
                async for _ in config_maps.watch():
                    pass

            for n in range(150):
                for work in (config_maps.page(limit=1), watch()):
                    task = asyncio.ensure_future(work)
                    await asyncio.sleep(n / 50_000)
                    task.cancel()
                    await asyncio.wait({task})
                    assert task.cancelled() or task.result()
                await config_maps.create({"metadata": {"name": "x"}}, dry_run=True)
            return len(await _all(config_maps.list(limit=1)))

    assert asyncio.run(run()) > 0


def test_functions_of_an_informer_may_be_coroutines() -> None:
    """Each is awaited before the next; stop ends it."""
    told: list[str] = []

    def serve(x: Exchange) -> None:
        if x.query.get("watch"):
            x.refuse(503, "ServiceUnavailable")
        else:
            x.answer({"metadata": {"resourceVersion": "5"}, "items": [thing("a"), thing("b")]})

    async def run(config: gatehouse.Config) -> None:
        async def add(o: Any, initial: bool) -> None:
            told.append("begin " + o["metadata"]["name"])
            await asyncio.sleep(0)
            told.append("end " + o["metadata"]["name"])

        async with AsyncClient(config) as client, client.resource(THINGS)("n").informer(on_add=add) as informer:
            await asyncio.wait_for(informer.wait_synced(), 60)

    with peer(serve) as config:
        asyncio.run(run(config))
    assert told == ["begin a", "end a", "begin b", "end b"]


async def _all(iterator: Any) -> list[Any]:
    return [x async for x in iterator]
