"""What operations answer with that is no object of a resource."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list."""

    items: list[T]
    resource_version: str
    continue_: str
    """What the next page is asked for with; empty on the last one."""
    remaining: int | None
    """How many objects are left, where the server says so."""


@dataclass(frozen=True)
class Token:
    """A token of a service account."""

    token: str
    expires: datetime
