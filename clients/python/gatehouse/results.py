"""Results of operations other than objects."""

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
    """The token of the next page; empty on the last one."""
    remaining: int | None
    """remainingItemCount, where the server reports it."""


@dataclass(frozen=True)
class Token:
    """A token of a service account."""

    token: str
    expires: datetime
