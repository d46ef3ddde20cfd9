"""The base of the generated models: construction from keyword arguments or JSON, and JSON output.

A model keeps the dict that json.loads made and converts a field on access. So a long list costs little more than its JSON, and fields
that are not accessed are written back unchanged. Nested models are cached once converted, because they may be modified.
"""

from __future__ import annotations

import base64
import importlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar, cast

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[type], type]:
        return lambda cls: cls


class MicroTime(datetime):
    """A time that is written with microseconds."""


_VALUES = frozenset("tub")
"""The codes of immutable values, which are not cached: unless set, they are written back unchanged."""

ALWAYS: Any = object()
"""The default of fields that are never None: metadata, spec and status of a kind."""

Fields = Mapping[str, "tuple[str, str | None]"]
"""By name in JSON: the attribute, and the code of its values (see _reader)."""


class _Table:
    """The fields of a class by attribute: name in JSON, code of its values, and their reader. Built on first use."""

    __slots__ = ("attributes", "names")

    def __init__(self, fields: Fields) -> None:
        self.attributes = {attribute: (name, code, _reader(code)) for name, (attribute, code) in fields.items()}
        self.names = frozenset(fields)


_tables: dict[type, _Table] = {}


def _table(cls: type[Model]) -> _Table:
    found = _tables.get(cls)
    if found is None:
        found = _tables[cls] = _Table(cls._fields)
    return found


@dataclass_transform(kw_only_default=True)
class Model:
    """The base of all models."""

    _fields: ClassVar[Fields] = {}
    _said: ClassVar[dict[str, Any]] = {}
    """The defaults of kind and apiVersion."""
    _always: ClassVar[set[str]] = set()
    """The attributes that are never None: an empty model is created on access, and omitted from JSON while it is empty."""

    def __init_subclass__(cls) -> None:
        """Move the defaults out of the class, where they would take precedence over __getattr__."""
        cls._said, cls._always = {}, set()
        for name, (attribute, _) in cls._fields.items():
            value = cls.__dict__.get(attribute)
            if value is ALWAYS:
                cls._always.add(attribute)
            elif value is not None:
                cls._said[name] = value
            if attribute in cls.__dict__:
                delattr(cls, attribute)

    def __init__(self, **values: Any) -> None:
        self.__dict__["_raw"] = dict(self._said)
        for attribute, value in values.items():
            setattr(self, attribute, value)

    if not TYPE_CHECKING:  # with these two, type checkers would accept any attribute

        def __getattr__(self, attribute: str) -> Any:
            """Convert a field. Mutable values are cached."""
            known = _table(type(self)).attributes.get(attribute)
            if known is None:
                raise AttributeError(f"{type(self).__name__} has no field {attribute!r}")
            name, code, read = known
            value = self.__dict__["_raw"].get(name)
            if value is None and attribute in self._always:
                value = {}
            if value is None:
                return self._said.get(name)
            if read is None:
                return value
            value = read(value)
            if code not in _VALUES:
                self.__dict__[attribute] = value
            return value

        def __setattr__(self, attribute: str, value: Any) -> None:
            """Set a field. A dict in place of a model is converted to one."""
            known = _table(type(self)).attributes.get(attribute)
            if known is None:
                raise AttributeError(f"{type(self).__name__} has no field {attribute!r}")
            if isinstance(value, (dict, list)) and known[1] is not None:
                value = _adopted(known[1], value)
            self.__dict__[attribute] = value

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """A model of what json.loads made. It takes ownership of the dict."""
        if not isinstance(data, dict):
            raise ValueError(f"{cls.__name__}: {str(data)[:100]!r} is no object")
        new = cls.__new__(cls)
        new.__dict__["_raw"] = data
        return new

    def to_dict(self) -> dict[str, Any]:
        """A dict for json.dumps. Unknown fields and nulls are unchanged."""
        attributes = _table(type(self)).attributes
        raw: dict[str, Any] = self.__dict__["_raw"]
        read = [(a, value, *attributes[a]) for a, value in self.__dict__.items() if a != "_raw"]
        names = {name for _, _, name, _, _ in read}
        out = {name: plain(value) for name, value in raw.items() if name not in names}
        for attribute, value, name, code, _ in read:
            written = plain(value, code)
            if written is not None and (written or attribute not in self._always):
                out[name] = written
            elif name in raw and value is not None:
                out[name] = raw[name]
        return out

    @property
    def unknown(self) -> dict[str, Any]:
        """The fields that the model does not know, by their names in JSON. They are written back."""
        names = _table(type(self)).names
        return {name: value for name, value in self.__dict__["_raw"].items() if name not in names}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and type(self) is type(other) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        there = {a for a, (name, _, _) in _table(type(self)).attributes.items() if a in self.__dict__ or name in self.__dict__["_raw"]}
        values = ((a, getattr(self, a)) for a in _table(type(self)).attributes if a in there)
        return f"{type(self).__name__}({', '.join(f'{a}={v!r}' for a, v in values if v is not None)})"

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_table(type(self)).attributes]


def model(path: str) -> type[Model]:
    """The class of a path, module.Class; its module is imported on first use."""
    module, _, name = path.rpartition(".")
    return cast("type[Model]", getattr(importlib.import_module("gatehouse.models." + module), name))


def _reader(code: str | None) -> Callable[[Any], Any] | None:
    """The conversion for a code: time (t), time with microseconds (u), bytes (b), model (module.Class), list ([) or map ({) of one."""
    if code is None:
        return None
    if code == "t":
        return _read_time
    if code == "u":
        return _read_micro_time
    if code == "b":
        return base64.b64decode
    if code[0] not in "[{":
        return _model_reader(code)
    inner = _reader(code[1:])
    assert inner is not None
    if code[0] == "[":
        return lambda values: [None if v is None else inner(v) for v in values]
    return lambda values: {k: None if v is None else inner(v) for k, v in values.items()}


def _model_reader(path: str) -> Callable[[Any], Any]:
    """A conversion that resolves its class on first use, because classes refer to each other."""
    found: list[Callable[[Any], Any]] = []

    def read(value: Any) -> Any:
        if not found:
            found.append(model(path).from_dict)
        return found[0](value)

    return read


def _adopted(code: str, value: Any) -> Any:
    """A value in which dicts in place of models are converted."""
    if code[0] == "[":
        return [_adopted(code[1:], v) for v in value] if isinstance(value, list) else value
    if code[0] == "{":
        return {k: _adopted(code[1:], v) for k, v in value.items()} if isinstance(value, dict) else value
    if isinstance(value, dict) and code not in ("t", "u", "b"):
        return model(code).from_dict(plain(value))
    return value


def plain(value: Any, code: str | None = None) -> Any:
    """A value for json.dumps. The code of the field decides whether a time has microseconds."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, dict):
        return {k: plain(v, code and code[1:]) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, code and code[1:]) for v in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return time_text(value, code == "u" if code else isinstance(value, MicroTime))
    return value


def time_text(value: datetime, micro: bool = False) -> str:
    """A time as the API writes it."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    value = value.astimezone(timezone.utc)
    text = f"{value.year:04d}-{value.month:02d}-{value.day:02d}T{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    return f"{text}.{value.microsecond:06d}Z" if micro else text + "Z"


_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _read_time(text: str, cls: type[datetime] = datetime) -> datetime:
    if len(text) == 20 and text[19] == "Z":
        return cls.fromisoformat(text[:19] + "+00:00")
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is no time")
    zone = "+00:00" if parts[3] in "zZ" else parts[3]
    return cls.fromisoformat(f"{parts[1]}.{(parts[2] or '')[:6].ljust(6, '0')}{zone}")


def _read_micro_time(text: str) -> datetime:
    return _read_time(text, MicroTime)
