"""A small controller: it keeps the config map "deployments" of a namespace in step with the deployments that are labelled "listed=yes":
a line for each, with the number of its replicas.

    make run                                                   # in the folder of the project
    KUBECONFIG=gatehouse-data/admin.kubeconfig clients/python/.venv/bin/python clients/python/example/controller.py
"""

from __future__ import annotations

import signal
import sys
import threading

import gatehouse
from gatehouse.models import apps_v1, core_v1


class Unchanged(Exception):
    """There is nothing to write."""


def main() -> None:
    config = gatehouse.auto()
    config.field_manager = "deployments-example"
    with gatehouse.Client(config) as client:
        run(client, sys.argv[1] if len(sys.argv) > 1 else client.namespace)


def run(client: gatehouse.Client, namespace: str) -> None:
    # A change says that there is something to do; what is to be done is read off the store. So changes that come together cost one
    # write, and a write that fails is tried again with what is true then.
    wake = threading.Event()
    over = threading.Event()

    def stop(*_: object) -> None:
        over.set()
        wake.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    deployments = client.apps_v1.deployments(namespace).informer(
        on_add=lambda *_: wake.set(),
        on_update=lambda *_: wake.set(),
        on_delete=lambda *_: wake.set(),
        label_selector="listed=yes",
    )
    with deployments:
        deployments.wait_synced()
        wake.set()
        while True:
            wake.wait()
            wake.clear()
            if over.is_set():
                return
            write(client.core_v1.config_maps(namespace), deployments.list())


def write(config_maps: gatehouse.Resource[core_v1.ConfigMap], deployments: list[apps_v1.Deployment]) -> None:
    """Make the config map say what the deployments are."""
    data: dict[str, str] = {}
    for d in deployments:
        data[d.metadata.name or ""] = str(1 if d.spec.replicas is None else d.spec.replicas)

    def change(m: core_v1.ConfigMap) -> None:
        if (m.data or {}) == data:
            raise Unchanged
        m.data = data

    try:
        config_maps.update("deployments", change)
    except Unchanged:
        return
    except gatehouse.NotFound:
        config_maps.create({"metadata": {"name": "deployments"}, "data": data})
    print("deployments:", data, flush=True)


if __name__ == "__main__":
    main()
