"""The requests of a resource and the decoding of responses, without I/O: shared by both clients."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from . import options as opts
from .errors import GatehouseError
from .model import Model, model, plain
from .request import JSON, Request
from .row import Row, Subresource

PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
APPLY = "application/apply-patch+yaml"
PAGE_SIZE = 500
"""The default page size of lists."""

Object = Any
"""A model, or a dict as json.loads makes it."""


class Scope:
    """A resource in one namespace or in all."""

    def __init__(self, row: Row, namespace: str | None, field_manager: str) -> None:
        self.row = row
        self.namespace = namespace
        self.field_manager = field_manager
        self.api_version = f"{row.group}/{row.version}" if row.group else row.version
        self._class = model(row.model) if row.model else None

    # Requests

    def collection(self, namespace: str | None = None) -> str:
        """The path of the collection."""
        row = self.row
        path = f"/apis/{row.group}/{row.version}" if row.group else f"/api/{row.version}"
        namespace = namespace or self.namespace
        if row.namespaced and namespace:
            path += "/namespaces/" + quote(namespace, safe="")
        return f"{path}/{row.resource}"

    def path(self, name: str | None, below: str = "", namespace: str | None = None) -> str:
        """The path of an object; for namespaced resources a namespace is required."""
        if not name:
            raise ValueError(f"{self.row.resource}: no name is given")
        if self.row.namespaced and not (namespace or self.namespace):
            raise ValueError(f"{self.row.resource} {name!r}: no namespace is given")
        path = self.collection(namespace) + "/" + quote(name, safe="")
        return f"{path}/{below}" if below else path

    def get(self, name: str, options: Mapping[str, Any], below: str = "") -> Request:
        return Request("GET", self.path(name, below), opts.query(opts.check("get", opts.GetOptions, options)))

    def page(self, options: Mapping[str, Any]) -> Request:
        return Request("GET", self.collection(), opts.query(options))

    def watch(self, query: dict[str, str]) -> Request:
        return Request("GET", self.collection(), query)

    def create(self, object: Object, options: Mapping[str, Any]) -> Request:
        body = self._said(object)
        path = self.collection(self._namespace_of(body))
        return self._write("POST", path, body, opts.check("create", opts.WriteOptions, options))

    def replace(self, object: Object, options: Mapping[str, Any], below: str = "") -> Request:
        body = self._said(object)
        path = self.path(_metadata(body).get("name"), below, self._namespace_of(body))
        return self._write("PUT", path, body, opts.check("replace", opts.WriteOptions, options))

    def patch(self, name: str, body: Any, type: str, options: Mapping[str, Any], below: str = "") -> Request:
        content = PATCH_TYPES.get(type)
        if content is None:
            raise ValueError(f"{type!r} is no type of patch; there are {', '.join(PATCH_TYPES)}")
        return self._write("PATCH", self.path(name, below), body, opts.check("patch", opts.PatchOptions, options), content)

    def apply(self, object: Object, options: Mapping[str, Any], below: str = "") -> Request:
        if isinstance(object, (str, bytes)):
            from .yamltext import load

            object = load(object)
            if not isinstance(object, dict):
                raise ValueError("apply: the text is no object")
        body = self._said(object)
        path = self.path(_metadata(body).get("name"), below, self._namespace_of(body))
        return self._write("PATCH", path, body, opts.check("apply", opts.PatchOptions, options), APPLY)

    def delete(self, name: str, options: Mapping[str, Any]) -> Request:
        options = opts.check("delete", opts.DeleteOptions, options)
        return Request("DELETE", self.path(name), None, _json(_delete_options(options)))

    def delete_collection(self, options: Mapping[str, Any]) -> Request:
        options = opts.check("delete_collection", opts.DeleteCollectionOptions, options)
        which = {name: value for name, value in options.items() if name not in opts.DeleteOptions.__optional_keys__}
        return Request("DELETE", self.collection(), opts.query(which), _json(_delete_options(options)))

    def scale(self, name: str, replicas: int, options: Mapping[str, Any]) -> Request:
        return self.patch(name, {"spec": {"replicas": replicas}}, "merge", options, "scale")

    def evict(self, name: str, options: Mapping[str, Any]) -> Request:
        options = opts.check("evict", opts.DeleteOptions, options)
        how = _delete_options({k: v for k, v in options.items() if k != "dry_run"}, kind=False)
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": self._name(name), "deleteOptions": how}
        return self._write("POST", self.path(name, "eviction"), body, {k: v for k, v in options.items() if k == "dry_run"})

    def token(self, name: str, audiences: Sequence[str], seconds: int | None, options: Mapping[str, Any]) -> Request:
        spec: dict[str, Any] = {"audiences": list(audiences)}
        if seconds is not None:
            spec["expirationSeconds"] = seconds
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": self._name(name), "spec": spec}
        return self._write("POST", self.path(name, "token"), body, opts.check("token", opts.WriteOptions, options))

    def logs(self, name: str, follow: bool, options: Mapping[str, Any]) -> Request:
        query = opts.query(opts.check("logs", opts.LogOptions, options))
        if follow:
            query["follow"] = "true"
        return Request("GET", self.path(name, "log"), query, accept="*/*")

    def sub(self, name: str) -> Subresource:
        """The subresource of a name."""
        for below in self.row.subresources:
            if below.name == name:
                return below
        raise ValueError(f"{self.row.resource} have no {name!r}")

    def write_sub(self, method: str, name: str, below: Subresource, body: Object, options: Mapping[str, Any]) -> Request:
        """Create or replace a subresource."""
        said = self._said(body, below.kind, f"{below.group}/{below.version}" if below.group else below.version)
        operation = "create" if method == "POST" else "replace"
        return self._write(method, self.path(name, below.name), said, opts.check(operation, opts.WriteOptions, options))

    # Responses

    def read(self, data: bytes) -> Any:
        """Decode an object."""
        return self.object(parse(data))

    def object(self, raw: Any) -> Any:
        """A model, or a dict. Items of lists lack kind and apiVersion: models have them as defaults, dicts get them."""
        if not isinstance(raw, dict):
            raise GatehouseError(f"{self.row.resource}: the server answered with no object: {str(raw)[:200]}")
        if self._class is not None:
            return self._class.from_dict(raw)
        raw.setdefault("kind", self.row.kind)
        raw.setdefault("apiVersion", self.api_version)
        return raw

    def deleted(self, data: bytes) -> Any:
        """The result of a deletion: the object, or a Status."""
        raw = parse(data)
        if self._class is not None and isinstance(raw, dict) and raw.get("kind") == "Status" != self.row.kind:
            return model("meta_v1.Status").from_dict(raw)
        return self.object(raw) if isinstance(raw, dict) and raw.get("kind") != "Status" else raw

    # Bodies

    def _said(self, object: Object, kind: str = "", api_version: str = "") -> dict[str, Any]:
        """The JSON of an object, with kind and apiVersion."""
        if not isinstance(object, (Model, Mapping)):
            raise TypeError(f"{self.row.resource}: {object!r} is neither a model nor a dict")
        body: dict[str, Any] = plain(object if isinstance(object, Model) else dict(object))
        for name, value in (("kind", kind or self.row.kind), ("apiVersion", api_version or self.api_version)):
            if body.get(name) is None:
                body[name] = value
        return body

    def _namespace_of(self, body: dict[str, Any]) -> str | None:
        return self.namespace or _metadata(body).get("namespace")

    def _name(self, name: str) -> dict[str, str | None]:
        return {"name": name, "namespace": self.namespace}

    def _write(self, method: str, path: str, body: Any, options: Mapping[str, Any], content_type: str = JSON) -> Request:
        """A write: it has a fieldManager."""
        query = opts.query(options)
        query.setdefault("fieldManager", self.field_manager)
        return Request(method, path, query, _json(body), content_type)


def parse(data: bytes) -> Any:
    """Decode JSON."""
    try:
        return json.loads(data)
    except ValueError as fault:
        raise GatehouseError(f"the server's answer is no JSON: {fault}") from fault


def _json(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return json.dumps(plain(body), ensure_ascii=False, separators=(",", ":")).encode()


def _metadata(body: dict[str, Any]) -> dict[str, Any]:
    return body.get("metadata") or {}


def _delete_options(options: Mapping[str, Any], kind: bool = True) -> dict[str, Any]:
    """DeleteOptions as a body: servers ignore the query when there is one."""
    body: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"} if kind else {}
    for name in ("grace_period_seconds", "propagation_policy", "preconditions"):
        if name in options:
            body[opts.camel(name)] = plain(options[name])
    if options.get("dry_run"):
        body["dryRun"] = ["All"]
    return body
