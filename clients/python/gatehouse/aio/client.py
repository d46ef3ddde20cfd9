"""The client for asyncio: one server, one user."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import httpx

from ..aio_apis import AsyncApis
from ..config import Config, in_cluster
from ..credentials import credentials_of
from ..errors import ConnectionFailed, error_of
from ..kubeconfig import auto, load_kubeconfig
from ..request import Attempts, Request
from ..row import Row
from .resource import AsyncResource
from .transport import Transport


class AsyncClient(AsyncApis):
    """Sends requests to one server as one user. The tasks of one event loop may share it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._credentials = credentials_of(config)
        self._transport = Transport(config, self._credentials)
        self._sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @classmethod
    def from_kubeconfig(cls, path: str | os.PathLike[str] | None = None, context: str | None = None) -> AsyncClient:
        """A client of a kubeconfig: the file at path, else those of $KUBECONFIG, else ~/.kube/config."""
        return cls(load_kubeconfig(path, context))

    @classmethod
    def in_cluster(cls) -> AsyncClient:
        """A client of the service account of the pod that this program runs in."""
        return cls(in_cluster())

    @classmethod
    def auto(cls) -> AsyncClient:
        """A client of a kubeconfig if there is one, else of the pod's service account."""
        return cls(auto())

    @property
    def namespace(self) -> str:
        """That of the kubeconfig's context or of the service account; default when neither names one."""
        return self.config.namespace or "default"

    def resource(self, row: Row) -> AsyncResource[Any]:
        """A resource of a row, which may be made by hand: its objects are dicts then."""
        return AsyncResource(self, row)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def open(self, request: Request, forever: bool = True) -> httpx.Response:
        """Send a request, with retries. With forever, the caller reads and closes the response. Status codes from 400 on are raised."""
        attempts = Attempts(request)
        while True:
            try:
                answer = await self._transport.send(request, forever)
            except ConnectionFailed as fault:
                await self._sleep(attempts.broke(fault))
                continue
            if answer.status_code < 400:
                return answer
            error = error_of(answer.status_code, answer.content)
            wait = attempts.refused(error, answer.headers.get("Retry-After"), self._credentials.renewable)
            if error.code == 401:
                self._credentials.renew()
            await self._sleep(wait)

    async def read(self, request: Request) -> bytes:
        """Send a request and read the whole response. A GET whose body is truncated is sent again."""
        return (await self.open(request, forever=False)).content
