"""A service account that may do everything in its namespace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import gatehouse
from gatehouse.models import core_v1, meta_v1, rbac_v1


def robot(admin: gatehouse.Client, namespace: str) -> gatehouse.Config:
    accounts = admin.core_v1.service_accounts(namespace)
    accounts.create(core_v1.ServiceAccount(metadata=meta_v1.ObjectMeta(name="robot")))
    everything = rbac_v1.PolicyRule(api_groups=["*"], resources=["*"], verbs=["*"])
    admin.rbac_v1.roles(namespace).create(rbac_v1.Role(metadata=meta_v1.ObjectMeta(name="robot"), rules=[everything]))
    admin.rbac_v1.role_bindings(namespace).create(
        rbac_v1.RoleBinding(
            metadata=meta_v1.ObjectMeta(name="robot"),
            subjects=[rbac_v1.Subject(kind="ServiceAccount", name="robot", namespace=namespace)],
            role_ref=rbac_v1.RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name="robot"),
        )
    )
    token = accounts.token("robot", seconds=3600)
    assert token.expires - datetime.now(timezone.utc) > timedelta(minutes=50)
    out = replace(admin.config, cert=b"", key=b"", token=token.token)
    with gatehouse.Client(out) as client:
        # Authorization follows the store: it may take a moment to know the binding.
        until(lambda: client.core_v1.pods(namespace).page().items is not None, gatehouse.Forbidden)
    return out


def until(true: Callable[[], object], *passing: type[Exception]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if true():
                return
        except passing:
            pass
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.02)
