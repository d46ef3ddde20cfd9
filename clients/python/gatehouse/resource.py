"""The operations of a resource."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from . import options as opts
from .errors import Conflict
from .model import model
from .request import Request
from .results import Page, Token
from .row import Row
from .scope import PAGE_SIZE, Scope, parse
from .retry import MAX_UPDATES, conflict_wait

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .client import Client
    from .informer import Informer
    from .logs import LogLines
    from .models import autoscaling_v1, meta_v1
    from .streams import PortConnection, Session
    from .sub import Sub
    from .watch import Watch

T = TypeVar("T")


class Resource(Generic[T]):
    """A resource of all namespaces, or of the cluster. Called with a namespace, it is that of one: pods("shop").

    Wherever a model is taken, so is a dict as JSON has it. What a resource cannot do, the server refuses.
    """

    def __init__(self, client: Client, row: Row, namespace: str | None = None) -> None:
        self.row = row
        self._client = client
        self._scope = Scope(row, namespace, client.config.field_manager)

    def __call__(self, namespace: str) -> Resource[T]:
        return Resource(self._client, self.row, namespace)

    def _send(self, request: Request) -> T:
        return self._scope.read(self._client.read(request))  # type: ignore[no-any-return]

    def get(self, name: str, **options: Unpack[opts.GetOptions]) -> T:
        """Read an object."""
        return self._send(self._scope.get(name, options))

    def list(self, **options: Unpack[opts.ListOptions]) -> Iterator[T]:
        """All objects, page by page, lazily."""
        said = opts.check("list", opts.ListOptions, options)
        return self._items(said)

    def _items(self, options: dict[str, Any]) -> Iterator[T]:
        for page in pages(self._client, self._scope, options):
            for raw in page.get("items") or ():
                yield self._scope.object(raw)

    def page(self, **options: Unpack[opts.PageOptions]) -> Page[T]:
        """Read one page: as many objects as limit says, or all."""
        said = opts.check("page", opts.PageOptions, options)
        return page_of(self._scope, self._client.read(self._scope.page(said)))

    def watch(self, **options: Unpack[opts.WatchOptions]) -> Watch[T]:
        """Existing objects as ADDED, then changes; it reconnects after failures. See Watch."""
        from .watch import Watch

        return Watch(self._client, self._scope, dict(options))

    def informer(
        self,
        *,
        on_add: Callable[[T, bool], object] | None = None,
        on_update: Callable[[T, T], object] | None = None,
        on_delete: Callable[[T], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
        **options: Unpack[opts.SelectOptions],
    ) -> Informer[T]:
        """A local cache that calls functions on changes. See Informer."""
        from .informer import Informer
        from .store import Handlers

        said = opts.check("informer", opts.SelectOptions, options)
        return Informer(self._client, self._scope, Handlers(on_add, on_update, on_delete, on_error), said)

    def create(self, object: T | Mapping[str, Any], **options: Unpack[opts.WriteOptions]) -> T:
        """Create an object and return the server's version of it."""
        return self._send(self._scope.create(object, options))

    def replace(self, object: T | Mapping[str, Any], **options: Unpack[opts.WriteOptions]) -> T:
        """Replace the object of the same name. It is a Conflict if the object's resource_version is outdated."""
        return self._send(self._scope.replace(object, options))

    def patch(self, name: str, body: Any, type: Literal["merge", "strategic", "json"] = "merge", **options: Unpack[opts.PatchOptions]) -> T:
        """Change an object. The body is a dict, a list of operations (json), a model, or text."""
        return self._send(self._scope.patch(name, body, type, options))

    def apply(self, object: T | Mapping[str, Any] | str, **options: Unpack[opts.PatchOptions]) -> T:
        """Server-side apply of the fields that the field manager wants to own. Text is JSON or YAML."""
        return self._send(self._scope.apply(object, options))

    def update(self, name: str, change: Callable[[T], object], **options: Unpack[opts.WriteOptions]) -> T:
        """Get an object, call change with it, and replace it; retry on Conflict, at most 10 times. So change may be called several
        times, each time with a fresh object."""
        tries = 1
        while True:
            object = self.get(name)
            change(object)
            try:
                return self.replace(object, **options)
            except Conflict:
                if tries == MAX_UPDATES:
                    raise
            self._client._sleep(conflict_wait(tries))
            tries += 1

    def delete(self, name: str, **options: Unpack[opts.DeleteOptions]) -> T | meta_v1.Status:
        """Delete an object. The result is the object if it still exists, with a deletionTimestamp, or else a Status."""
        return self._scope.deleted(self._client.read(self._scope.delete(name, options)))  # type: ignore[no-any-return]

    def delete_collection(self, **options: Unpack[opts.DeleteCollectionOptions]) -> None:
        """Delete all objects that the selectors match; without any, all there are."""
        self._client.read(self._scope.delete_collection(options))

    def get_status(self, name: str, **options: Unpack[opts.GetOptions]) -> T:
        return self._send(self._scope.get(name, options, "status"))

    def replace_status(self, object: T | Mapping[str, Any], **options: Unpack[opts.WriteOptions]) -> T:
        """Write an object's status, and nothing else of it."""
        return self._send(self._scope.replace(object, options, "status"))

    def patch_status(self, name: str, body: Any, type: Literal["merge", "strategic", "json"] = "merge", **options: Unpack[opts.PatchOptions]) -> T:
        return self._send(self._scope.patch(name, body, type, options, "status"))

    def apply_status(self, object: T | Mapping[str, Any] | str, **options: Unpack[opts.PatchOptions]) -> T:
        return self._send(self._scope.apply(object, options, "status"))

    def get_scale(self, name: str, **options: Unpack[opts.GetOptions]) -> autoscaling_v1.Scale:
        """The scale subresource: wanted and current replicas."""
        return scale_of(self._client.read(self._scope.get(name, options, "scale")))

    def scale(self, name: str, replicas: int, **options: Unpack[opts.PatchOptions]) -> autoscaling_v1.Scale:
        """Set the number of replicas."""
        return scale_of(self._client.read(self._scope.scale(name, replicas, options)))

    def evict(self, name: str, **options: Unpack[opts.DeleteOptions]) -> None:
        """Evict a pod. It is TooManyRequests when a PodDisruptionBudget forbids it."""
        self._client.read(self._scope.evict(name, options))

    def token(self, name: str, audiences: Sequence[str] = (), seconds: int | None = None, **options: Unpack[opts.WriteOptions]) -> Token:
        """Request a token of a service account. The default audience is the API server, the default lifetime an hour; the server may
        change the lifetime."""
        return token_of(self._client.read(self._scope.token(name, audiences, seconds, options)))

    @overload
    def logs(self, name: str, follow: Literal[False] = False, **options: Unpack[opts.LogOptions]) -> str: ...

    @overload
    def logs(self, name: str, follow: Literal[True], **options: Unpack[opts.LogOptions]) -> LogLines: ...

    def logs(self, name: str, follow: bool = False, **options: Unpack[opts.LogOptions]) -> str | LogLines:
        """The log of a container, as text; with follow, an iterator over its lines."""
        from .logs import LogLines

        request = self._scope.logs(name, follow, options)
        if follow:
            return LogLines(self._client.open(request, forever=True), request)
        return self._client.read(request).decode(errors="replace")

    def exec(
        self, name: str, command: Sequence[str], *, container: str | None = None, stdin: bool = False, tty: bool = False
    ) -> Session:
        """Run a command in a container of a pod."""
        from .streams import session

        return session(self._client, self._scope.path(name, "exec"), command, container, stdin, tty)

    def attach(self, name: str, *, container: str | None = None, stdin: bool = False, tty: bool = False) -> Session:
        """Connect to what runs in a container already."""
        from .streams import session

        return session(self._client, self._scope.path(name, "attach"), (), container, stdin, tty)

    def port_forward(self, name: str, port: int) -> PortConnection:
        """Connect to a port of a pod."""
        from .streams import port_connection

        return port_connection(self._client, self._scope.path(name, "portforward"), port)

    def sub(self, name: str, subresource: str) -> Sub:
        """Any subresource of the row: get, replace, patch, create."""
        from .sub import Sub

        return Sub(self._client, self._scope, name, self._scope.sub(subresource))


def pages(client: Client, scope: Scope, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All pages of a list."""
    asked = {"limit": PAGE_SIZE, **options}
    while True:
        page = parse(client.read(scope.page(asked)))
        yield page
        asked = next_page(asked, page)
        if not asked:
            return


def next_page(asked: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the next page; empty after the last. A continue token contains the version, and servers refuse both."""
    token = (page.get("metadata") or {}).get("continue")
    if not token:
        return {}
    kept = {k: v for k, v in asked.items() if k not in ("resource_version", "resource_version_match")}
    return {**kept, "continue_": token}


def page_of(scope: Scope, data: bytes) -> Page[Any]:
    raw = parse(data)
    metadata = raw.get("metadata") or {}
    items = [scope.object(item) for item in raw.get("items") or ()]
    return Page(items, metadata.get("resourceVersion") or "", metadata.get("continue") or "", metadata.get("remainingItemCount"))


def scale_of(data: bytes) -> autoscaling_v1.Scale:
    return cast("autoscaling_v1.Scale", model("autoscaling_v1.Scale").from_dict(parse(data)))


def token_of(data: bytes) -> Token:
    from .model import _read_time

    status = parse(data).get("status") or {}
    return Token(status["token"], _read_time(status["expirationTimestamp"]))
