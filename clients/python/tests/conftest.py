"""The server of the tests: that of the environment, or one that the project around this folder starts."""

from __future__ import annotations

import os
import secrets
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import gatehouse

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Environment:
    kubeconfig: str
    control: str
    golden: str

    def take_away(self, how: str, namespace: str) -> None:
        """Take the server away and bring it back: restart or expire."""
        request = urllib.request.Request(f"{self.control}/{how}?namespace={namespace}", method="POST")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            answer.read()


_NAMES = ("GATEHOUSE_KUBECONFIG", "GATEHOUSE_CONTROL", "GATEHOUSE_GOLDEN")


@pytest.fixture(scope="session")
def server() -> Iterator[Environment]:
    said = {name: os.environ.get(name, "") for name in _NAMES}
    if said["GATEHOUSE_KUBECONFIG"]:
        yield Environment(*(said[name] for name in _NAMES))
        return
    # It ends with its standard input.
    with subprocess.Popen(["go", "run", "./test/clients"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in _NAMES:
            name, _, value = process.stdout.readline().strip().partition("=")
            assert value, "the server does not start"
            said[name] = value
        yield Environment(*(said[name] for name in _NAMES))


@pytest.fixture
def config(server: Environment) -> gatehouse.Config:
    """The administrator's."""
    return gatehouse.load_kubeconfig(server.kubeconfig)


@pytest.fixture
def admin(config: gatehouse.Config) -> Iterator[gatehouse.Client]:
    with gatehouse.Client(config) as client:
        yield client


def unique(name: str) -> str:
    """A name that no other run of the tests at the same server has."""
    return f"{name}-{secrets.token_hex(4)}"


@pytest.fixture
def namespace(admin: gatehouse.Client) -> Iterator[Callable[[str], str]]:
    """Makes namespaces, which go at the end."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(unique(name))
        admin.core_v1.namespaces.create({"metadata": {"name": made[-1]}})
        return made[-1]

    yield make
    for name in made:
        try:
            admin.core_v1.namespaces.delete(name)
        except gatehouse.NotFound:
            pass
