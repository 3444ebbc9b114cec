"""A small town with its readings taken in and its nights worked, made in this process."""

from __future__ import annotations

from pathlib import Path

from lamplit.cli.app import run
from lamplit.services.home import Home

LAST = "2020-02-19"


def small_town(folder: Path, *, homes: int = 60, days: int = 50, seed: int = 11) -> Home:
    """Daily readings from 2020-01-01 on; the default ends on LAST."""
    data, home = folder / "town", folder / "home"
    for words in (
        ("town", "--homes", homes, "--days", days, "--seed", seed, "--layout", "daily",
         "--start", "2020-01-01", "--threads", 1, "-o", data),
        ("init", home),
        ("registry", "import", data / "registry.csv", "--home", home),
        ("ingest", data / "readings", "--home", home),
        ("nightly", "--home", home),
    ):  # fmt: skip
        assert run([str(word) for word in words]) == 0
    return Home.open(home)
