"""Subresources without methods of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .model import model
from .request import Request
from .row import Subresource
from .scope import Scope, parse

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .client import Client
    from .options import GetOptions, PatchOptions, WriteOptions


class Sub:
    """A subresource of one object. Its bodies are models where there is one, else dicts; plain text is a str."""

    def __init__(self, client: Client, scope: Scope, name: str, below: Subresource) -> None:
        self._client = client
        self._scope = scope
        self._name = name
        self._below = below

    def _send(self, request: Request) -> Any:
        return body_of(self._below, self._client.read(request))

    def get(self, **options: Unpack[GetOptions]) -> Any:
        return self._send(self._scope.get(self._name, options, self._below.name))

    def replace(self, body: Any, **options: Unpack[WriteOptions]) -> Any:
        return self._send(self._scope.write_sub("PUT", self._name, self._below, body, options))

    def create(self, body: Any, **options: Unpack[WriteOptions]) -> Any:
        return self._send(self._scope.write_sub("POST", self._name, self._below, body, options))

    def patch(self, body: Any, type: Literal["merge", "strategic", "json"] = "merge", **options: Unpack[PatchOptions]) -> Any:
        return self._send(self._scope.patch(self._name, body, type, options, self._below.name))


def body_of(below: Subresource, data: bytes) -> Any:
    """Decode a response: text, an object of the subresource's kind, or a Status."""
    if below.text:
        return data.decode(errors="replace")
    raw = parse(data)
    if isinstance(raw, dict) and raw.get("kind") == "Status":
        return model("meta_v1.Status").from_dict(raw)
    return model(below.model).from_dict(raw) if below.model else raw
