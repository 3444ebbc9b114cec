"""Runs the command line as a person does, and gives back what it said."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def lamplit(tmp_path: Path, ready: list[str]):
    """Run `lamplit …` in a folder of its own; `env` adds to the environment."""

    def run(*arguments: str, env: dict[str, str] | None = None) -> Said:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("LAMPLIT")}
        done = subprocess.run(
            [*ready, *arguments],
            cwd=tmp_path,
            env={**clean, "LAMPLIT_LANG": "en", "COLUMNS": "200", **(env or {})},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run
