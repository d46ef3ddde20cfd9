"""The options of each operation, and their conversion to query parameters, of which they have the names in snake_case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from .model import plain

if TYPE_CHECKING:
    from .models.meta_v1 import Preconditions


class GetOptions(TypedDict, total=False):
    resource_version: str


class SelectOptions(TypedDict, total=False):
    label_selector: str
    """app=web,tier!=db"""
    field_selector: str
    """spec.nodeName=n1"""


class ListOptions(SelectOptions, total=False):
    resource_version: str
    resource_version_match: str
    """Exact or NotOlderThan"""
    timeout_seconds: int
    limit: int
    """The size of a page."""


class PageOptions(ListOptions, total=False):
    continue_: str
    """The token of the previous page."""


class WatchOptions(SelectOptions, total=False):
    resource_version: str
    """Watch from this version; without one, existing objects come first, as ADDED."""
    timeout_seconds: float
    """The duration of the watch, over all its connections."""
    bookmarks: bool
    """Yield bookmarks too."""
    limit: int
    """The size of a page of the list that the watch begins with."""


class WriteOptions(TypedDict, total=False):
    dry_run: bool
    field_manager: str
    field_validation: str
    """Strict, Warn or Ignore"""


class PatchOptions(WriteOptions, total=False):
    force: bool
    """An apply takes fields from other managers."""


class DeleteOptions(TypedDict, total=False):
    dry_run: bool
    grace_period_seconds: int
    propagation_policy: str
    """Orphan, Background or Foreground"""
    preconditions: Preconditions | Mapping[str, str]
    """The uid and the resourceVersion that the object must have."""


class DeleteCollectionOptions(DeleteOptions, SelectOptions, total=False):
    resource_version: str
    resource_version_match: str
    limit: int
    continue_: str


class LogOptions(TypedDict, total=False):
    container: str
    """May be left out where there is one."""
    previous: bool
    """The container before the last restart."""
    timestamps: bool
    since_seconds: int
    since_time: datetime
    tail_lines: int
    limit_bytes: int
    stream: str
    """All, Stdout or Stderr"""


def check(operation: str, allowed: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The given options without those that are None. An unknown option is a TypeError."""
    names: frozenset[str] = allowed.__optional_keys__
    for name in options:
        if name not in names:
            raise TypeError(f"{operation}() has no option {name!r}; it has {', '.join(sorted(names))}")
    return {name: value for name, value in options.items() if value is not None}


def query(options: Mapping[str, Any]) -> dict[str, str]:
    """Options as query parameters."""
    out: dict[str, str] = {}
    for name, value in options.items():
        if name == "dry_run":
            if value:
                out["dryRun"] = "All"
        elif isinstance(value, bool):
            out[camel(name)] = "true" if value else "false"
        else:
            out[camel(name)] = str(plain(value))
    return out


def camel(name: str) -> str:
    """An option's name as the API writes it: label_selector is labelSelector."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)
