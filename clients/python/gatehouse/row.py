"""What a client knows of a resource. The rows of the built-in resources are generated (rows.py); others are made by hand."""

from __future__ import annotations

from typing import NamedTuple


class Subresource(NamedTuple):
    """Something below a resource: status, scale, log, exec."""

    name: str
    group: str
    version: str
    kind: str
    """Group, version and kind are those of the bodies."""
    verbs: tuple[str, ...] = ()
    connect: tuple[str, ...] = ()
    """The HTTP methods of a connection, which has no verbs."""
    text: bool = False
    """The answer is plain text."""
    model: str = ""
    """The model of the bodies, as module.Class; empty where there is none."""


class Row(NamedTuple):
    """One resource of one version."""

    group: str
    version: str
    resource: str
    """The plural name, as in the path."""
    kind: str
    namespaced: bool = True
    list_kind: str = ""
    singular: str = ""
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
    model: str = ""
    """The model of the objects, as module.Class; without one they are dicts."""
    subresources: tuple[Subresource, ...] = ()
