"""YAML as kubectl reads it: unlike YAML 1.1, dates, yes, no and 12:30 are strings."""

from __future__ import annotations

import re
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Plain(_Base):  # type: ignore[misc]
    """For kubeconfigs: no octal numbers, so a numeric token keeps its leading 0."""

    yaml_implicit_resolvers: dict[str, Any] = {}


class _Manifest(_Base):  # type: ignore[misc]
    """For manifests: 0644 is octal."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def _resolve(loader: Any, tag: str, pattern: str, first: str) -> None:
    loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(f"^(?:{pattern})$"), list(first) or [""])


for _loader, _int in ((_Plain, r"0|[1-9][0-9]*"), (_Manifest, r"0[0-7]*|[1-9][0-9]*|0x[0-9a-fA-F]+")):
    _resolve(_loader, "null", r"~|null|Null|NULL", "~nN")
    _resolve(_loader, "null", "", "")
    _resolve(_loader, "bool", r"true|True|TRUE|false|False|FALSE", "tTfF")
    _resolve(_loader, "int", rf"[-+]?(?:{_int})", "-+0123456789")
    _resolve(_loader, "float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+0123456789.")
    _resolve(_loader, "merge", "<<", "<")


def load(text: str | bytes, manifest: bool = True) -> Any:
    """Parse one document; errors are ValueError."""
    try:
        return yaml.load(text, Loader=_Manifest if manifest else _Plain)
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from fault
