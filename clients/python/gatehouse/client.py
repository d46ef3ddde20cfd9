"""The client: one server, one user."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from urllib3.response import BaseHTTPResponse

from .apis import Apis
from .config import Config, in_cluster
from .credentials import credentials_of
from .errors import ConnectionFailed, error_of
from .kubeconfig import auto, load_kubeconfig
from .request import MAX_RESENDS, Attempts, Request
from .resource import Resource
from .row import Row
from .transport import Transport, translated

_MAX_ERROR = 1 << 20
"""The largest part of an error's body that is read."""


class Client(Apis):
    """Sends requests to one server as one user. Threads may share it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._credentials = credentials_of(config)
        self._transport = Transport(config, self._credentials)
        self._sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_kubeconfig(cls, path: str | os.PathLike[str] | None = None, context: str | None = None) -> Client:
        """A client of a kubeconfig: the file at path, else those of $KUBECONFIG, else ~/.kube/config."""
        return cls(load_kubeconfig(path, context))

    @classmethod
    def in_cluster(cls) -> Client:
        """A client of the service account of the pod that this program runs in."""
        return cls(in_cluster())

    @classmethod
    def auto(cls) -> Client:
        """A client of a kubeconfig if there is one, else of the pod's service account."""
        return cls(auto())

    @property
    def namespace(self) -> str:
        """That of the kubeconfig's context or of the service account; default when neither names one."""
        return self.config.namespace or "default"

    def resource(self, row: Row) -> Resource[Any]:
        """A resource of a row, which may be made by hand: its objects are dicts then."""
        return Resource(self, row)

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _pausing(self, sleep: Callable[[float], None]) -> Client:
        """The same client with another way to wait between attempts."""
        out = copy.copy(self)
        out._sleep = sleep
        return out

    def open(self, request: Request, forever: bool = False) -> BaseHTTPResponse:
        """Send a request, with retries. The caller reads and closes the response. Status codes from 400 on are raised."""
        attempts = Attempts(request)
        while True:
            try:
                answer = self._transport.send(request, forever)
            except ConnectionFailed as fault:
                self._sleep(attempts.broke(fault))
                continue
            if answer.status < 400:
                return answer
            error = error_of(answer.status, _rest(answer))
            wait = attempts.refused(error, answer.headers.get("Retry-After"), self._credentials.renewable)
            if error.code == 401:
                self._credentials.renew()
            self._sleep(wait)

    def read(self, request: Request) -> bytes:
        """Send a request and read the whole response. A GET whose body is truncated is sent again."""
        resends = 0
        while True:
            answer = self.open(request)
            try:
                with translated(request):
                    return answer.read(decode_content=True)
            except ConnectionFailed:
                resends += 1
                if request.method != "GET" or resends > MAX_RESENDS:
                    raise
            finally:
                answer.release_conn()


def _rest(answer: BaseHTTPResponse) -> bytes:
    """The body of an error response; empty when it cannot be read."""
    try:
        return answer.read(_MAX_ERROR, decode_content=True)
    except Exception:
        return b""
    finally:
        if answer.closed:
            answer.release_conn()
        else:
            answer.close()
