"""The store of an informer: objects by namespace and name, and by index."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Generic, List, NamedTuple, TypeVar

from .model import Model
from .watching import Key

T = TypeVar("T")


class Store(Generic[T]):
    """Safe for concurrent use. Its objects must not be modified."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[Key, T] = {}
        self._indexes: dict[str, tuple[Callable[[T], Iterable[str]], dict[str, set[Key]]]] = {}

    def add_index(self, name: str, values: Callable[[T], Iterable[str]]) -> None:
        """Add an index: values returns the keys of an object. Existing objects are indexed too."""
        with self._lock:
            keys: dict[str, set[Key]] = {}
            for key, object in self._objects.items():
                for value in values(object):
                    keys.setdefault(value, set()).add(key)
            self._indexes[name] = (values, keys)

    def get(self, namespace: str, name: str) -> T | None:
        """The object of a name, or None. Cluster-scoped objects have an empty namespace."""
        with self._lock:
            return self._objects.get((namespace, name))

    def list(self) -> List[T]:
        """All objects, by namespace and name."""
        with self._lock:
            return [self._objects[key] for key in sorted(self._objects)]

    def by_index(self, name: str, value: str) -> List[T]:
        """The objects with a value in an index, by namespace and name."""
        with self._lock:
            return [self._objects[key] for key in sorted(self._indexes[name][1].get(value, ()))]

    def __len__(self) -> int:
        return len(self._objects)

    def _put(self, key: Key, object: T) -> T | None:
        """Store an object and return the previous one."""
        with self._lock:
            old = self._objects.get(key)
            self._unindex(key, old)
            for values, keys in self._indexes.values():
                for value in values(object):
                    keys.setdefault(value, set()).add(key)
            self._objects[key] = object
            return old

    def _remove(self, key: Key) -> T | None:
        with self._lock:
            old = self._objects.pop(key, None)
            self._unindex(key, old)
            return old

    def _unindex(self, key: Key, old: T | None) -> None:
        if old is None:
            return
        for values, keys in self._indexes.values():
            for value in values(old):
                found = keys.get(value)
                if found is not None:
                    found.discard(key)
                    if not found:
                        del keys[value]


class Handlers(NamedTuple):
    """The callbacks of an informer."""

    add: Callable[[Any, bool], object] | None
    update: Callable[[Any, Any], object] | None
    delete: Callable[[Any], object] | None
    error: Callable[[Exception], object] | None


def key_of_object(object: Any) -> Key:
    """Namespace and name of a model or a dict."""
    if isinstance(object, Model):
        metadata: Any = getattr(object, "metadata", None)
        return (metadata.namespace or "", metadata.name or "") if metadata is not None else ("", "")
    metadata = object.get("metadata") or {}
    return metadata.get("namespace") or "", metadata.get("name") or ""


def told(store: Store[Any], handlers: Handlers, type: str, object: Any, initial: bool) -> Callable[[], Any] | None:
    """Update the store, and return a call of the handler, if there is one. So handlers see the change in the store. In the asyncio
    client the call may return an awaitable."""
    key = key_of_object(object)
    if type == "DELETED":
        last = store._remove(key)
        return partial(handlers.delete, last) if handlers.delete is not None and last is not None else None
    old = store._put(key, object)
    if old is None:
        return partial(handlers.add, object, initial) if handlers.add is not None else None
    return partial(handlers.update, old, object) if handlers.update is not None else None


def report(handlers: Handlers, resource: str, error: Exception) -> None:
    """Report an exception of a handler. It does not stop the informer: one bad object must not hide all others."""
    if handlers.error is not None:
        handlers.error(error)
    else:
        logging.getLogger("gatehouse").error("handler of %s failed", resource, exc_info=error)
