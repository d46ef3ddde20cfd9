"""The operations of a resource, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from .. import options as opts
from ..errors import Conflict
from ..request import Request
from ..resource import next_page, page_of, scale_of, token_of
from ..results import Page, Token
from ..retry import MAX_UPDATES, conflict_wait
from ..row import Row, Subresource
from ..scope import PAGE_SIZE, Scope, parse
from ..store import Handlers
from ..sub import body_of
from ..watching import Lines
from .informer import AsyncInformer
from .transport import translated
from .watch import AsyncWatch

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..models import autoscaling_v1, meta_v1
    from .client import AsyncClient
    from .streams import AsyncPortConnection, AsyncSession

T = TypeVar("T")


class AsyncResource(Generic[T]):
    """A resource of all namespaces, or of the cluster. Called with a namespace, it is that of one. Each method is that of
    gatehouse.Resource with the same name."""

    def __init__(self, client: AsyncClient, row: Row, namespace: str | None = None) -> None:
        self.row = row
        self._client = client
        self._scope = Scope(row, namespace, client.config.field_manager)

    def __call__(self, namespace: str) -> AsyncResource[T]:
        return AsyncResource(self._client, self.row, namespace)

    async def _send(self, request: Request) -> T:
        return self._scope.read(await self._client.read(request))  # type: ignore[no-any-return]

    async def get(self, name: str, **options: Unpack[opts.GetOptions]) -> T:
        return await self._send(self._scope.get(name, options))

    def list(self, **options: Unpack[opts.ListOptions]) -> AsyncIterator[T]:
        return self._items(opts.check("list", opts.ListOptions, options))

    async def _items(self, options: dict[str, Any]) -> AsyncIterator[T]:
        async for page in pages(self._client, self._scope, options):
            for raw in page.get("items") or ():
                yield self._scope.object(raw)

    async def page(self, **options: Unpack[opts.PageOptions]) -> Page[T]:
        said = opts.check("page", opts.PageOptions, options)
        return page_of(self._scope, await self._client.read(self._scope.page(said)))

    def watch(self, **options: Unpack[opts.WatchOptions]) -> AsyncWatch[T]:
        return AsyncWatch(self._client, self._scope, dict(options))

    def informer(
        self,
        *,
        on_add: Callable[[T, bool], object] | None = None,
        on_update: Callable[[T, T], object] | None = None,
        on_delete: Callable[[T], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
        **options: Unpack[opts.SelectOptions],
    ) -> AsyncInformer[T]:
        said = opts.check("informer", opts.SelectOptions, options)
        return AsyncInformer(self._client, self._scope, Handlers(on_add, on_update, on_delete, on_error), said)

    async def create(self, object: T | Mapping[str, Any], **options: Unpack[opts.WriteOptions]) -> T:
        return await self._send(self._scope.create(object, options))

    async def replace(self, object: T | Mapping[str, Any], **options: Unpack[opts.WriteOptions]) -> T:
        return await self._send(self._scope.replace(object, options))

    async def patch(self, name: str, body: Any, type: Literal["merge", "strategic", "json"] = "merge", **options: Unpack[opts.PatchOptions]) -> T:
        return await self._send(self._scope.patch(name, body, type, options))

    async def apply(self, object: T | Mapping[str, Any] | str, **options: Unpack[opts.PatchOptions]) -> T:
        return await self._send(self._scope.apply(object, options))

    async def update(self, name: str, change: Callable[[T], object], **options: Unpack[opts.WriteOptions]) -> T:
        tries = 1
        while True:
            object = await self.get(name)
            change(object)
            try:
                return await self.replace(object, **options)
            except Conflict:
                if tries == MAX_UPDATES:
                    raise
            await self._client._sleep(conflict_wait(tries))
            tries += 1

    async def delete(self, name: str, **options: Unpack[opts.DeleteOptions]) -> T | meta_v1.Status:
        return self._scope.deleted(await self._client.read(self._scope.delete(name, options)))  # type: ignore[no-any-return]

    async def delete_collection(self, **options: Unpack[opts.DeleteCollectionOptions]) -> None:
        await self._client.read(self._scope.delete_collection(options))

    async def get_status(self, name: str, **options: Unpack[opts.GetOptions]) -> T:
        return await self._send(self._scope.get(name, options, "status"))

    async def replace_status(self, object: T | Mapping[str, Any], **options: Unpack[opts.WriteOptions]) -> T:
        return await self._send(self._scope.replace(object, options, "status"))

    async def patch_status(
        self, name: str, body: Any, type: Literal["merge", "strategic", "json"] = "merge", **options: Unpack[opts.PatchOptions]
    ) -> T:
        return await self._send(self._scope.patch(name, body, type, options, "status"))

    async def apply_status(self, object: T | Mapping[str, Any] | str, **options: Unpack[opts.PatchOptions]) -> T:
        return await self._send(self._scope.apply(object, options, "status"))

    async def get_scale(self, name: str, **options: Unpack[opts.GetOptions]) -> autoscaling_v1.Scale:
        return scale_of(await self._client.read(self._scope.get(name, options, "scale")))

    async def scale(self, name: str, replicas: int, **options: Unpack[opts.PatchOptions]) -> autoscaling_v1.Scale:
        return scale_of(await self._client.read(self._scope.scale(name, replicas, options)))

    async def evict(self, name: str, **options: Unpack[opts.DeleteOptions]) -> None:
        await self._client.read(self._scope.evict(name, options))

    async def token(self, name: str, audiences: Sequence[str] = (), seconds: int | None = None, **options: Unpack[opts.WriteOptions]) -> Token:
        return token_of(await self._client.read(self._scope.token(name, audiences, seconds, options)))

    async def logs(self, name: str, **options: Unpack[opts.LogOptions]) -> str:
        return (await self._client.read(self._scope.logs(name, False, options))).decode(errors="replace")

    async def follow_logs(self, name: str, **options: Unpack[opts.LogOptions]) -> AsyncIterator[str]:
        """The lines that a container prints, as long as it runs."""
        request = self._scope.logs(name, True, options)
        answer = await self._client.open(request)
        lines = Lines()
        try:
            with translated(request):
                async for chunk in answer.aiter_raw():
                    for line in lines.feed(chunk):
                        yield line.decode(errors="replace")
            if lines.rest():
                yield lines.rest().decode(errors="replace")
        finally:
            await answer.aclose()

    async def exec(
        self, name: str, command: Sequence[str], *, container: str | None = None, stdin: bool = False, tty: bool = False
    ) -> AsyncSession:
        from .streams import session

        return await session(self._client, self._scope.path(name, "exec"), command, container, stdin, tty)

    async def attach(self, name: str, *, container: str | None = None, stdin: bool = False, tty: bool = False) -> AsyncSession:
        from .streams import session

        return await session(self._client, self._scope.path(name, "attach"), (), container, stdin, tty)

    async def port_forward(self, name: str, port: int) -> AsyncPortConnection:
        from .streams import port_connection

        return await port_connection(self._client, self._scope.path(name, "portforward"), port)

    def sub(self, name: str, subresource: str) -> AsyncSub:
        return AsyncSub(self._client, self._scope, name, self._scope.sub(subresource))


class AsyncSub:
    """A subresource of one object: see gatehouse.sub.Sub."""

    def __init__(self, client: AsyncClient, scope: Scope, name: str, below: Subresource) -> None:
        self._client = client
        self._scope = scope
        self._name = name
        self._below = below

    async def _send(self, request: Request) -> Any:
        return body_of(self._below, await self._client.read(request))

    async def get(self, **options: Unpack[opts.GetOptions]) -> Any:
        return await self._send(self._scope.get(self._name, options, self._below.name))

    async def replace(self, body: Any, **options: Unpack[opts.WriteOptions]) -> Any:
        return await self._send(self._scope.write_sub("PUT", self._name, self._below, body, options))

    async def create(self, body: Any, **options: Unpack[opts.WriteOptions]) -> Any:
        return await self._send(self._scope.write_sub("POST", self._name, self._below, body, options))

    async def patch(self, body: Any, type: Literal["merge", "strategic", "json"] = "merge", **options: Unpack[opts.PatchOptions]) -> Any:
        return await self._send(self._scope.patch(self._name, body, type, options, self._below.name))


async def pages(client: AsyncClient, scope: Scope, options: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """All pages of a list."""
    asked = {"limit": PAGE_SIZE, **options}
    while asked:
        page = parse(await client.read(scope.page(asked)))
        yield page
        asked = next_page(asked, page)
