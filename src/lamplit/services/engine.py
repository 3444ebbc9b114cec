"""The engine as a home's settings ask for it."""

from __future__ import annotations

from lamplit.engine.duckdb import Duck
from lamplit.services.home import Home
from lamplit.services.settings import bytes_of


def open_engine(home: Home, share: float = 1.0) -> Duck:
    """An engine within the home's memory and threads, spilling to the home's own disk.

    `share`: the part of the home's memory limit that the engine may take.
    """
    config = home.config
    limit = config.memory_limit
    if limit and share < 1:
        limit = f"{int(bytes_of(limit) * share) // 1_000_000}MB"
    return Duck(
        memory_limit=limit or None,
        threads=config.threads or None,
        temp_dir=home.tmp_dir,
    )
