"""The home folder: where the settings, the lake, the registry and the states live.

```
HOME/lamplit.toml     the settings, commented
HOME/lake/            the meter days and their manifest
HOME/registry/        who is behind each meter
HOME/state/           each night's carried state
HOME/store/           people, places, campaigns and the log (SQLite), photos
HOME/quarantine/      rows that couldn't be read, with the reason
HOME/incoming/        files that are being sent to the server, until they are read
HOME/tmp/             work in hand; safe to empty when nothing runs
```
"""

from __future__ import annotations

import os
import re
import tempfile
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import home as problems
from lamplit.meters.address import AddressShelf
from lamplit.meters.shelf import FolderShelf, Shelf
from lamplit.services.settings import Settings, bytes_of, new_toml, read_settings
from lamplit.services.zones import checked_zone

SETTINGS_FILE = "lamplit.toml"
FOLDERS = ("lake", "registry", "state", "store", "quarantine", "incoming", "tmp")


@dataclass(frozen=True, slots=True)
class Home:
    """One home folder and its settings, as they were when it was opened."""

    path: Path
    config: Settings
    shelves: tuple[Shelf, Shelf] | None = None
    """Of lake and states, where they are not what the settings say: on a worker."""

    @classmethod
    def open(cls, path: Path | str) -> Home:
        """The home at `path`.

        Raises LamplitError `home.not-found` where there is none, `home.address`, and those of
        `read_settings`.
        """
        folder = Path(path)
        settings_file = folder / SETTINGS_FILE
        if not settings_file.is_file():
            _no_address(folder)
            raise LamplitError(problems.NOT_FOUND, where=str(folder), path=folder)
        home = cls(folder, read_settings(settings_file))
        for name in FOLDERS:
            (folder / name).mkdir(exist_ok=True)
        return home

    @classmethod
    def create(cls, path: Path | str, timezone: str = "Asia/Shanghai") -> Home:
        """Make a new home at `path`, whose local days are those of `timezone` (an IANA name).

        Other files that lie in the folder are left alone. Raises LamplitError `home.exists`,
        `home.not-a-folder`, `home.address` or `home.unknown-timezone`.
        """
        folder = Path(path)
        zone = checked_zone(timezone)
        _no_address(folder)
        if folder.exists() and not folder.is_dir():
            raise LamplitError(problems.NOT_A_FOLDER, where=str(folder))
        if (folder / SETTINGS_FILE).exists():
            raise LamplitError(problems.EXISTS, where=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        # The settings come last: a folder without them is not a home, so a cut-off init
        # can simply be run again.
        for name in FOLDERS:
            (folder / name).mkdir(exist_ok=True)
        write_atomically(folder / SETTINGS_FILE, new_toml(zone))
        return cls.open(folder)

    def with_engine(self, engine: str | None, master: str | None) -> Home:
        """The home with another engine or master than its settings say, where one is given.

        A master alone asks for Spark.
        """
        config = self.config
        if master:
            config = replace(config, engine="spark", spark_master=master)
        if engine:
            config = replace(config, engine=engine)
        return replace(self, config=config)

    def on_this_machine(self) -> Home:
        """The home with DuckDB, whatever its settings say: for what the pages ask and send."""
        return self.with_engine("duckdb", None)

    def for_workers(self) -> Home:
        """The home to be sent to machines that see its shelves alone, without its secrets."""
        shelves = self.lake_shelf.for_workers(), self.state_shelf.for_workers()
        nothing: dict[str, Any] = {}
        bare = Settings(self.timezone, spark=nothing, detector=nothing, store=nothing, web=nothing)
        return Home(self.path.absolute(), bare, shelves)

    @property
    def timezone(self) -> str:
        """The IANA name of the zone that says what a local day is."""
        return self.config.timezone

    @property
    def lake_dir(self) -> Path:
        """The folder of the lake's manifest."""
        return self.path / "lake"

    @property
    def lake_shelf(self) -> Shelf:
        """Where the lake's files are."""
        return self.shelves[0] if self.shelves else self._shelf("lake", self.lake_dir)

    @property
    def registry_file(self) -> Path:
        """The registry's Parquet file; absent until the first import."""
        return self.path / "registry" / "registry.parquet"

    @property
    def state_dir(self) -> Path:
        """The folder of the carried states' manifest."""
        return self.path / "state"

    @property
    def state_shelf(self) -> Shelf:
        """Where the carried states are."""
        return self.shelves[1] if self.shelves else self._shelf("state", self.state_dir)

    def _shelf(self, part: str, folder: Path) -> Shelf:
        if not self.config.lake:
            return FolderShelf(folder)
        own, most = _own_id(self.lake_dir / OWN_ID), bytes_of(self.config.lake_copies)
        copies, claim = self.tmp_dir / "copies" / part, self.lake_dir / CLAIMED
        return AddressShelf(self.config.lake, part, own, most, copies.absolute(), claim.absolute())

    @property
    def store_dir(self) -> Path:
        """The folder of the store, where it is SQLite, and of the photos."""
        return self.path / "store"

    @property
    def quarantine_dir(self) -> Path:
        """The folder of rows that couldn't be read."""
        return self.path / "quarantine"

    @property
    def incoming_dir(self) -> Path:
        """The folder of files that are being sent to the server."""
        return self.path / "incoming"

    @property
    def tmp_dir(self) -> Path:
        """The folder for work in hand, on the same disk as the lake."""
        return self.path / "tmp"


OWN_ID, CLAIMED = ".home-id", ".home-claimed"
"""In the lake's folder: by which name the home's marker goes at an address, and that it was put.

No backup takes them along: a second home under the same name would sweep away what the first has.
"""


def _own_id(path: Path) -> str:
    """What the home goes by, once and for all."""
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        draft.write_text(uuid.uuid4().hex, "ascii")
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        return path.read_text("ascii")


_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def _no_address(folder: Path) -> None:
    """Raise LamplitError `home.address` for `s3a://…` and its like, which would be made here."""
    if _ADDRESS.match(str(folder)) and not folder.exists():
        raise LamplitError(problems.ADDRESS, where=str(folder))


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` so that a reader sees the old file or the new, never a part."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
