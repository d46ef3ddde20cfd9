"""The example, as a program of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from conftest import Environment
from robot import until

import gatehouse

CONTROLLER = Path(__file__).parents[1] / "example" / "controller.py"


def deployment(name: str, replicas: int, listed: str) -> dict[str, object]:
    return {
        "metadata": {"name": name, "labels": {"listed": listed}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}},
        },
    }


def test_controller(server: Environment, admin: gatehouse.Client, namespace: Callable[[str], str]) -> None:
    where = namespace("python-example")
    deployments, config_maps = admin.apps_v1.deployments(where), admin.core_v1.config_maps(where)

    def says(**want: str) -> None:
        until(lambda: (config_maps.get("deployments").data or {}) == want, gatehouse.NotFound)

    deployments.create(deployment("web", 1, "yes"))
    deployments.create(deployment("other", 1, "no"))
    environment = {**os.environ, "KUBECONFIG": server.kubeconfig}
    with subprocess.Popen([sys.executable, str(CONTROLLER), where], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            says(web="1")
            deployments.scale("web", 3)
            deployments.create(deployment("db", 2, "yes"))
            says(web="3", db="2")
            server.take_away("restart", "")
            deployments.delete("web")
            says(db="2")
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert said.splitlines()[-1] == "deployments: {'db': '2'}"
