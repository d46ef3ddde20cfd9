"""What every model can do: be made of keyword arguments or of JSON, and be written as JSON again.

A model keeps what it was told in its instance dictionary; its class has None for the rest. So an object costs what is in it.
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


Fields = Mapping[str, "tuple[str, str | None]"]
"""By the name in JSON: the attribute, and how its value is read (see _reader)."""


class _Table:
    """How a class is read and written, made when it is first needed."""

    __slots__ = ("read", "write", "attributes")

    def __init__(self, fields: Fields) -> None:
        self.read = {name: (attribute, _reader(code)) for name, (attribute, code) in fields.items()}
        self.write = {attribute: (name, code) for name, (attribute, code) in fields.items()}


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

    def __init__(self, **values: Any) -> None:
        table = _table(type(self))
        for attribute in ("kind", "api_version"):
            if attribute in table.write and getattr(type(self), attribute) is not None:
                self.__dict__[attribute] = getattr(type(self), attribute)
        for attribute, value in values.items():
            setattr(self, attribute, value)

    if not TYPE_CHECKING:  # type checkers know the fields, and would take a __setattr__ for leave to set any

        def __setattr__(self, attribute: str, value: Any) -> None:
            """A field that is not there is an error. A dict where a model belongs becomes one."""
            table = _table(type(self))
            known = table.write.get(attribute)
            if known is None:
                raise AttributeError(f"{type(self).__name__} has no field {attribute!r}")
            if isinstance(value, (dict, list)) and known[1] is not None:
                value = _adopted(known[1], value)
            self.__dict__[attribute] = value

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what json.loads made of an object. Fields that are not known are kept, and so is null."""
        read = (_tables.get(cls) or _table(cls)).read
        new = cls.__new__(cls)
        values = new.__dict__
        extra: dict[str, Any] | None = None
        for name, value in data.items():
            known = read.get(name)
            if known is None or value is None:
                if extra is None:
                    extra = values["_extra"] = {}
                extra[name] = value
            elif known[1] is None:
                values[known[0]] = value
            else:
                values[known[0]] = known[1](value)
        return new

    def to_dict(self) -> dict[str, Any]:
        """What json.dumps writes."""
        write = _table(type(self)).write
        out = dict(self.__dict__.get("_extra") or ())
        for attribute, value in self.__dict__.items():
            if value is not None and attribute != "_extra":
                name, code = write[attribute]
                out[name] = plain(value, code)
        return out

    @property
    def unknown(self) -> dict[str, Any]:
        """The fields that the model does not know, by their names in JSON. They are written back."""
        return cast("dict[str, Any]", self.__dict__.setdefault("_extra", {}))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and type(self) is type(other) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items() if value is not None)
        return f"{type(self).__name__}({said})"


def model(path: str) -> type[Model]:
    """The model of a name, as module.Class; the module is loaded now, unless it was."""
    module, _, name = path.rpartition(".")
    return cast("type[Model]", getattr(importlib.import_module("gatehouse.models." + module), name))


def _reader(code: str | None) -> Callable[[Any], Any] | None:
    """What reads a value: a time (t), one with microseconds (u), bytes (b), a model (module.Class), a list ([) or a map ({)."""
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
    """A reader that finds its class when the first object comes, because classes refer to each other."""
    found: list[Callable[[Any], Any]] = []

    def read(value: Any) -> Any:
        if not found:
            found.append(model(path).from_dict)
        return found[0](value)

    return read


def _adopted(code: str, value: Any) -> Any:
    """A value of a program, in which dicts may stand for models."""
    if code[0] == "[":
        return [_adopted(code[1:], v) for v in value] if isinstance(value, list) else value
    if code[0] == "{":
        return {k: _adopted(code[1:], v) for k, v in value.items()} if isinstance(value, dict) else value
    if isinstance(value, dict) and code not in ("t", "u", "b"):
        return model(code).from_dict(value)
    return value


def plain(value: Any, code: str | None = None) -> Any:
    """A value as JSON has it. The code of its field says how a time is written."""
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
