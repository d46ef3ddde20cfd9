"""The output of a container, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from urllib3.response import BaseHTTPResponse

from .request import Request
from .transport import translated
from .watching import Lines


class LogLines:
    """The lines that a container prints, without line ends. Close it unless all are read."""

    def __init__(self, answer: BaseHTTPResponse, request: Request) -> None:
        self._answer = answer
        self._request = request
        self._lines = self._read()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def __enter__(self) -> LogLines:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._answer.close()

    def _read(self) -> Iterator[str]:
        lines = Lines()
        try:
            while True:
                with translated(self._request):
                    chunk = self._answer.read1(64 << 10)
                if not chunk:
                    break
                for line in lines.feed(chunk):
                    yield line.decode(errors="replace")
            if lines.rest():
                yield lines.rest().decode(errors="replace")
        finally:
            self._answer.close()
