"""What a program costs that lists pods."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
from pathlib import Path

from conftest import Environment

import gatehouse

MAX_KB = 35 * 1024
MAX_MODULES = 260
NEVER = ("asyncio", "httpx", "h2", "websockets", "subprocess", "urllib.request", "cryptography", "gatehouse.aio", "gatehouse.watch", "gatehouse.streams")

PROGRAM = """
import time
import gatehouse
loaded = time.process_time()
n = len(gatehouse.Client.from_kubeconfig().core_v1.pods.page().items)
listed = time.process_time()
import json, re, sys
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
print(json.dumps({"pods": n, "loaded": loaded, "listed": listed, "kB": peak, "modules": sorted(sys.modules)}))
"""


def test_budget(server: Environment) -> None:
    """It is small because it loads little: one module of models, and no part of the client that it does not use."""
    compileall.compile_dir(str(Path(gatehouse.__file__).parent), quiet=1)  # as pip leaves what it installs
    environment = {**os.environ, "KUBECONFIG": server.kubeconfig}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    got = json.loads(done.stdout)
    print(f"import {got['loaded']:.2f} s of CPU, with a list {got['listed']:.2f} s, {got['kB'] / 1024:.0f} MB, {len(got['modules'])} modules")
    assert got["kB"] <= MAX_KB
    assert len(got["modules"]) <= MAX_MODULES
    assert [m for m in got["modules"] if m.startswith("gatehouse.models.")] == ["gatehouse.models.core_v1"]
    for name in NEVER:
        assert name not in got["modules"]


def test_the_package_is_whole() -> None:
    """What is installed says that it is typed, under which licence it is, and what it needs."""
    from importlib import metadata, resources

    assert resources.files("gatehouse").joinpath("py.typed").is_file()
    said = metadata.metadata("gatehouse-client")
    assert said["License-Expression"] == "Apache-2.0" and said["Requires-Python"] == ">=3.10"
    needs = [r.partition(";")[0] for r in metadata.requires("gatehouse-client") or () if "extra ==" not in r]
    assert sorted(n.partition("<")[0].partition(">")[0] for n in needs) == ["PyYAML", "urllib3"]
