"""The errors of this package. Wrong arguments are TypeError or ValueError; everything else is a GatehouseError."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models.meta_v1 import Status, StatusDetails


class GatehouseError(Exception):
    """The base of all errors."""


class ConfigError(GatehouseError):
    """A kubeconfig, a certificate, a proxy or an exec plugin is wrong."""


class ConnectionFailed(GatehouseError):
    """No response, or a truncated one. __cause__ is the error of the HTTP library."""

    def __init__(self, message: str, broke: bool = False, unsent: bool = False) -> None:
        super().__init__(message)
        self.broke = broke
        """The connection was established and then lost."""
        self.unsent = unsent
        """It was lost before the whole request was sent, so the server has not acted on it. Otherwise it may have."""


class ApiError(GatehouseError):
    """A response with a status code from 400 on. The reasons that programs test for are subclasses."""

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
        """The Status of the response."""
        from .models.meta_v1 import Status

        return Status.from_dict(self._status)

    @property
    def details(self) -> StatusDetails | None:
        """Name, kind, causes and retryAfterSeconds, where the Status has them."""
        return self.status.details


class NotFound(ApiError):
    """There is no such object, or no such resource."""


class AlreadyExists(ApiError):
    """There is an object of this name."""


class Conflict(ApiError):
    """The resourceVersion is outdated, a precondition fails, or another field manager owns a field."""


class Expired(ApiError):
    """410: the resourceVersion or the continue token is too old."""


class Forbidden(ApiError):
    """The user is not allowed to do this."""


class Unauthorized(ApiError):
    """The credentials are missing or not accepted."""


class Invalid(ApiError):
    """The object is not valid; the details have a cause for each field."""


class TooManyRequests(ApiError):
    """429: the server is overloaded, or a PodDisruptionBudget forbids an eviction."""


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
    """The error of a response. A body that is no Status, for example a proxy's, becomes the message."""
    try:
        status = json.loads(body)
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        return status_error(status, code)
    text = body.decode(errors="replace").strip()[:2048]
    return _BY_CODE.get(code, ApiError)(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": text})


def status_error(status: dict[str, Any], code: int = 500) -> ApiError:
    """The error of a Status."""
    said = status.get("code")
    if isinstance(said, int) and said:
        code = said
    reason = status.get("reason") or ""
    return (_BY_REASON.get(reason) or _BY_CODE.get(code, ApiError))(code, status)


def expired(error: BaseException) -> bool:
    """Whether an error is a 410."""
    return isinstance(error, Expired)
