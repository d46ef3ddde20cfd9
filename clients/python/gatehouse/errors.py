"""What can go wrong. Everything that this package raises on its own account is a GatehouseError."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models.meta_v1 import Status, StatusDetails


class GatehouseError(Exception):
    """The base of all errors."""


class ConfigError(GatehouseError):
    """A kubeconfig, a certificate or a plugin is not as it should be."""


class ConnectionFailed(GatehouseError):
    """There was no answer, or it broke off. The cause is the error of the HTTP library."""

    def __init__(self, message: str, broke: bool = False, unsent: bool = False) -> None:
        super().__init__(message)
        self.broke = broke
        """A connection ended that had been made."""
        self.unsent = unsent
        """It ended before the whole request was sent: the server has done nothing. Else it may have."""


class ApiError(GatehouseError):
    """An answer from 400 on. Its subclasses are the reasons that programs ask for."""

    def __init__(self, code: int, status: dict[str, Any]) -> None:
        super().__init__(status.get("message") or f"the server answered {code}")
        self.code = code
        self.reason: str = status.get("reason") or ""
        self._status = status

    @property
    def message(self) -> str:
        return str(self)

    @property
    def status(self) -> Status:
        """The whole answer."""
        from .models.meta_v1 import Status

        return Status.from_dict(self._status)

    @property
    def details(self) -> StatusDetails | None:
        """What it is about, with causes, and after how many seconds to try again."""
        return self.status.details


class NotFound(ApiError):
    """There is no such object, or no such resource."""


class AlreadyExists(ApiError):
    """There is an object of this name."""


class Conflict(ApiError):
    """Somebody else has written since, or a precondition is not met."""


class Expired(ApiError):
    """The server has forgotten what happened since a version, or the rest of a list."""


class Forbidden(ApiError):
    """Who asks may not."""


class Unauthorized(ApiError):
    """The server does not know who asks."""


class Invalid(ApiError):
    """The object is not valid; the details have a cause for each field."""


class TooManyRequests(ApiError):
    """The server is busy, or a budget forbids an eviction."""


class ExitError(GatehouseError):
    """A command in a container did not exit with 0."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


_BY_REASON: dict[str, type[ApiError]] = {
    "NotFound": NotFound,
    "AlreadyExists": AlreadyExists,
    "Conflict": Conflict,
    "Expired": Expired,
    "Gone": Expired,
    "Forbidden": Forbidden,
    "Unauthorized": Unauthorized,
    "Invalid": Invalid,
    "TooManyRequests": TooManyRequests,
}
_BY_CODE: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
    429: TooManyRequests,
}


def error_of(code: int, body: bytes) -> ApiError:
    """The error of an answer. A body that is no Status, from something in front of the server, becomes the message."""
    try:
        status = json.loads(body)
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        return status_error(status, code)
    text = body.decode(errors="replace").strip()[:2048]
    return _BY_CODE.get(code, ApiError)(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": text})


def status_error(status: dict[str, Any], code: int = 500) -> ApiError:
    """The error that a Status tells."""
    said = status.get("code")
    if isinstance(said, int) and said:
        code = said
    reason = status.get("reason") or ""
    return (_BY_REASON.get(reason) or _BY_CODE.get(code, ApiError))(code, status)


def expired(error: BaseException) -> bool:
    """Whether the server has forgotten what happened since a version."""
    return isinstance(error, Expired)
