"""The engine as a home's settings ask for it."""

from __future__ import annotations

from lamplit.engine.duckdb import Duck
from lamplit.services.home import Home


def open_engine(home: Home) -> Duck:
    """An engine within the home's memory and threads, spilling to the home's own disk."""
    config = home.config
    return Duck(
        memory_limit=config.memory_limit or None,
        threads=config.threads or None,
        temp_dir=home.tmp_dir,
    )
