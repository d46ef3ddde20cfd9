"""A small typed client of the Kubernetes API.

    client = gatehouse.Client.auto()
    for pod in client.core_v1.pods("shop").list(label_selector="app=web"):
        print(pod.metadata.name)

gatehouse.aio has the same for asyncio. gatehouse.models has a module for each group-version.
"""

from .address import VERSION as __version__
from .client import Client
from .config import Config, ExecPlugin, Impersonation, in_cluster
from .errors import (
    AlreadyExists,
    ApiError,
    ConfigError,
    Conflict,
    ConnectionFailed,
    ExitError,
    Expired,
    Forbidden,
    GatehouseError,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
)
from .kubeconfig import auto, load_kubeconfig
from .model import MicroTime, Model
from .resource import Resource
from .results import Page, Token
from .row import Row, Subresource
from .watching import Event

__all__ = [
    "AlreadyExists",
    "ApiError",
    "Client",
    "Config",
    "ConfigError",
    "Conflict",
    "ConnectionFailed",
    "Event",
    "ExecPlugin",
    "ExitError",
    "Expired",
    "Forbidden",
    "GatehouseError",
    "Impersonation",
    "Invalid",
    "MicroTime",
    "Model",
    "NotFound",
    "Page",
    "Resource",
    "Row",
    "Subresource",
    "Token",
    "TooManyRequests",
    "Unauthorized",
    "__version__",
    "auto",
    "in_cluster",
    "load_kubeconfig",
]
