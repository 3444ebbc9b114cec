"""Which shards of a night are done, so that a night that was cut off need not work them again.

`state/working.json` names the files of finished shards and a mark of all that they were made
from: the states before, the lake, the registry, the rules, and how the homes were cut. Under
another mark they count for nothing. Nothing here is a commit: the night counts once the manifest
names its files.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from lamplit.services.home import Home, write_atomically
from lamplit.services.night.carried import no_room

NAME = "working.json"

Names = dict[str, dict[str, str]]
"""Day → files, under their parts, as a snapshot has them."""


class Ledger:
    """The shards done of one stretch of nights."""

    def __init__(self, home: Home, made_from: Any) -> None:
        """`made_from`: all that the shards are made from, as JSON can say it."""
        self.path = home.state_dir / NAME
        told = json.dumps(made_from, sort_keys=True, default=str)
        self.mark = hashlib.sha256(told.encode()).hexdigest()
        found = _read(self.path)
        self.shards: dict[str, Names] = {}
        if found.get("mark") == self.mark:
            there = home.state_shelf.sizes().keys()
            self.shards = {n: s for n, s in found["shards"].items() if _named(s) <= there}

    def done(self, shard: int) -> Names | None:
        """The files of a finished shard, None where it is to be worked."""
        return self.shards.get(str(shard))

    def add(self, shard: int, names: Names) -> None:
        """A shard is done, and its files are durable."""
        self.shards[str(shard)] = names
        try:
            write_atomically(self.path, json.dumps({"mark": self.mark, "shards": self.shards}))
        except OSError as fault:
            raise no_room(fault, self.path) from fault

    def close(self) -> None:
        """The stretch has been committed."""
        self.path.unlink(missing_ok=True)


def unfinished(state_dir: Path) -> set[str]:
    """Names of the files that a night which was cut off may go on from."""
    shards = _read(state_dir / NAME).get("shards", {})
    return {name for shard in shards.values() for name in _named(shard)}


def forget_unfinished(state_dir: Path) -> None:
    """Go on from nothing: what was begun is worked again."""
    (state_dir / NAME).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
        return found if isinstance(found.get("shards"), dict) else {}
    except (OSError, ValueError, AttributeError):
        return {}


def _named(names: Names) -> set[str]:
    return {name for files in names.values() for name in files.values()}
