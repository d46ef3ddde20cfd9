"""YAML as Kubernetes' tools read it: dates, yes and no, and 12:30 are texts, and 0644 is octal."""

from __future__ import annotations

import re
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0[0-7]*|[1-9][0-9]*|0x[0-9a-fA-F]+)", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+0123456789.")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver("tag:yaml.org,2002:" + _tag, re.compile(f"^(?:{_pattern})$"), _first)


def load(text: str | bytes) -> Any:
    """The one document of a text. What is wrong with it is a ValueError."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from fault
