"""The programs of the README are as type checkers want them, and run."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Environment

import gatehouse

FOLDER = Path(__file__).parents[1]
PROGRAMS = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), re.S)


def test_types(tmp_path: Path) -> None:
    first, second = PROGRAMS
    (tmp_path / "first.py").write_text(first)
    imports, _, body = second.partition("\n\n")
    (tmp_path / "second.py").write_text(f"{imports}\n\n\nasync def main() -> None:\n{textwrap.indent(body, '    ')}")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(tmp_path)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_first(server: Environment, admin: gatehouse.Client, namespace: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It lists a pod, and prints what happens to it."""
    where = namespace("python-readme")
    pods = admin.core_v1.pods(where)
    pods.create({"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}})
    monkeypatch.setenv("KUBECONFIG", server.kubeconfig)
    program = PROGRAMS[0].replace('pods("shop")', f'pods("{where}")')
    with subprocess.Popen([sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert [process.stdout.readline() for _ in range(2)] == ["web Pending\n", "ADDED web\n"]
            pods.patch("web", {"metadata": {"labels": {"a": "b"}}})
            assert process.stdout.readline() == "MODIFIED web\n"
        finally:
            process.kill()
