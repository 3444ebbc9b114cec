"""How tests start `lamplit` as a process of its own, and what a start need not cost each time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

READY = Path(__file__).with_name("ready.py")
WHOLE = [sys.executable, "-m", "lamplit"]
"""An interpreter of its own, as a shell starts it."""


@pytest.fixture(scope="session")
def ready() -> Iterator[list[str]]:
    """The words before a command's own: it is a process, forked from one with the libraries loaded.

    A fork has its caller's folder, environment and open files, and its own modules of lamplit; but
    0.4 s of the processor where an interpreter takes a whole one. With LAMPLIT_WHOLE set, each is
    an interpreter.
    """
    if os.environ.get("LAMPLIT_WHOLE"):
        yield WHOLE
        return
    # Not pytest's folder: a socket's path may have 107 letters at most.
    with tempfile.TemporaryDirectory(prefix="lamplit-ready-") as folder:
        address = f"{folder}/ready"
        serving = [sys.executable, str(READY), "serve", address]
        with subprocess.Popen(serving, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                assert server.stdout.readline() == "ready\n"
                yield [sys.executable, "-I", "-S", str(READY), "call", address]
            finally:
                server.kill()
