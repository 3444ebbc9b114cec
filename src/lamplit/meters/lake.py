"""The lake: one row per meter and local day, in Parquet, behind a manifest.

Readers ask `Lake` for SQL text and never look at the folder: what the manifest does not list is
not there. A day that is read for the first time lands in a `base` file; a day that changes goes
to its month's `delta` file, which stands in for the base rows of the same (meter_id, day).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems
from lamplit.meters import manifest as manifests
from lamplit.meters.canonical import METER_DAY, SQL_TYPES
from lamplit.meters.manifest import Kind, LakeFile, Manifest
from lamplit.meters.shelf import FolderShelf, Shelf

COLUMNS: Final = tuple(field.name for field in METER_DAY)
FILES: Final = "days"
"""How the names of the lake's files on its shelf begin."""
PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 30720"
"""How DuckDB writes a file of the lake. Rows of 96 intervals fill 12 MB a group; groups four times
as large leave a thread idle at the end of each, which cost a quarter of the time."""


Days = tuple[date | None, date | None]
"""The first and the last day, inclusive; None where there is no bound."""


class HasLake(Protocol):
    """A home, as far as the lake needs one."""

    @property
    def lake_dir(self) -> Path:
        """The folder of the lake's manifest."""

    @property
    def lake_shelf(self) -> Shelf:
        """Where the lake's files are."""


class Lake:
    """The lake of a home, as its manifest stands whenever it is asked.

    Its SQL is DuckDB's; a subclass for another engine says how files are read there.
    """

    def __init__(self, home: HasLake | Path) -> None:
        """`home`: a home, or the folder of a lake that is all in one."""
        self.folder, self.shelf = _places(home)
        self._held: Manifest | None = None

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is now."""
        return self._held or manifests.load(self.folder)

    def for_workers(self) -> Lake:
        """The lake as it stands at this moment, to be sent to machines that only see its shelf."""
        lake = copy(self)
        lake.folder, lake.shelf = self.folder.absolute(), self.shelf.for_workers()
        lake._held = replace(self.manifest, batches=())
        return lake

    def files(self, day_from: date | None = None, day_to: date | None = None) -> list[LakeFile]:
        """The files that may hold days from `day_from` to `day_to`, inclusive."""
        return list(self.manifest.overlapping(day_from, day_to))

    def day_range(self) -> tuple[date, date] | None:
        """The first and the last day in the lake; None when it is empty."""
        files = self.manifest.files
        if not files:
            return None
        return min(f.day_min for f in files), max(f.day_max for f in files)

    def last_batch(self) -> int:
        """The number of the latest batch; 0 when there is none."""
        return self.manifest.next_batch - 1

    def sql(
        self,
        day_from: date | None = None,
        day_to: date | None = None,
        columns: Sequence[str] = COLUMNS,
    ) -> str:
        """A relation in parentheses, for FROM: the meter-days of the span, unique by key.

        An empty lake gives a typed relation without rows. Raises LamplitError
        `lake.file-missing` where a listed file is not on disk.
        """
        return self.sql_of(self.files(day_from, day_to), day_from, day_to, columns)

    def sql_of(
        self,
        files: Iterable[LakeFile],
        day_from: date | None = None,
        day_to: date | None = None,
        columns: Sequence[str] = COLUMNS,
    ) -> str:
        """As `sql`, over these files; deltas stand in for base rows of the same month."""
        months: dict[int, list[LakeFile]] = defaultdict(list)
        for file in files:
            months[file.month].append(file)
        plain = [f for m in months.values() if not _has_delta(m) for f in m]
        parts = [self._scan(plain, day_from, day_to, columns)] if plain else []
        for month in months.values():
            if _has_delta(month):
                parts += self._merged(month, day_from, day_to, columns)
        return f"({' UNION ALL '.join(parts)})" if parts else f"({self._empty(columns)})"

    def touched_since(self, batch: int, through: date | None = None) -> str:
        """A relation (meter_id, day): the earliest day that batches after `batch` wrote.

        `through` leaves out later days, and the files that hold only such: a night that has
        worked up to `through` learns which meters it must work again, and from which day.
        """
        files = [f for f in self.files(None, through) if f.batch > batch]
        if not files:
            return f"({self._empty(('meter_id', 'day'))})"
        scan = self._scan(files, None, through, ("meter_id", "day"), after=batch)
        return f"(SELECT meter_id, min(day) AS day FROM ({scan}) GROUP BY meter_id)"

    def paths(self, files: Iterable[LakeFile]) -> list[Path]:
        """The files as files of this machine. Raises LamplitError `lake.file-missing`."""
        files = list(files)
        return self._fetched([f.path for f in files], {f.path: f.digest for f in files})

    def named(self, name: str) -> Path:
        """As `paths`, of a file that the manifest need not list yet."""
        return self._fetched([name])[0]

    def _fetched(
        self, names: Sequence[str], digests: Mapping[str, str] | None = None
    ) -> list[Path]:
        try:
            return self.shelf.fetch(names, digests)
        except FileNotFoundError as gone:
            raise LamplitError(problems.FILE_MISSING, where=str(gone.filename)) from gone

    def path(self, file: LakeFile) -> Path:
        """As `paths`, of one file."""
        return self.paths([file])[0]

    def paths_sql(self, files: Iterable[LakeFile]) -> str:
        """The files as the argument of read_parquet. Raises LamplitError `lake.file-missing`."""
        paths = (str(path.resolve()).replace("'", "''") for path in self.paths(files))
        return "[" + ", ".join(f"'{path}'" for path in paths) + "]"

    def open(self, file: LakeFile) -> BinaryIO:
        """A file as a stream. Raises LamplitError `lake.file-missing`."""
        try:
            return self.shelf.open(file.path)
        except FileNotFoundError as gone:
            raise LamplitError(problems.FILE_MISSING, where=self.where(file)) from gone

    def where(self, file: LakeFile) -> str:
        """A file's place, as it is told to people."""
        return self.shelf.where(file.path)

    def sizes(self, files: Iterable[LakeFile]) -> list[int | None]:
        """How many bytes each file has; None where it is not there."""
        sizes = self.shelf.sizes()
        return [sizes.get(file.path) for file in files]

    def remove(self, files: Iterable[LakeFile]) -> None:
        """Let go of files that no manifest lists."""
        self.shelf.remove(file.path for file in files)

    def unlisted(self) -> list[str]:
        """Names of files that the manifest does not list: the next writer sweeps them."""
        listed = {file.path for file in self.manifest.files}
        return [n for n in self.shelf.sizes() if n.startswith(f"{FILES}/") and n not in listed]

    def sweep(self) -> list[str]:
        """Remove what no manifest lists: leavings of a writer that was cut off.

        Gives the names. Only for the holder of the home's lock. Raises LamplitError
        `home.address-differs`.
        """
        self._abreast()
        orphans = self.unlisted()
        self.shelf.remove(orphans)
        return orphans

    def commit(self, new: Manifest) -> None:
        """Make `new` the lake.

        Files that it no longer lists stay on disk until the next writer sweeps, since a reader
        may be in the middle of them. Raises LamplitError `home.address-differs`, and commits
        nothing.
        """
        old = set(self.manifest.files)
        self.shelf.settle([file.path for file in new.files if file not in old])
        manifests.save(self.folder, replace(new, after=self._abreast()))
        self.shelf.note(self.folder / manifests.NAME)

    def _abreast(self) -> str:
        return self.shelf.abreast(self.folder / manifests.NAME)

    def _scan(
        self,
        files: Iterable[LakeFile],
        day_from: date | None,
        day_to: date | None,
        columns: Sequence[str],
        *,
        after: int | None = None,
    ) -> str:
        """SELECT of files' rows; `after`: of those that later batches than it wrote."""
        files = list(files)
        tests = [] if after is None else [f"batch > {after}"]
        # A file that lies within the span needs no filter, so that a scan of it is a plain scan.
        if day_from is not None and any(f.day_min < day_from for f in files):
            tests.append(f"day >= DATE '{day_from}'")
        if day_to is not None and any(f.day_max > day_to for f in files):
            tests.append(f"day <= DATE '{day_to}'")
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        asked = dict.fromkeys((*columns, "day", *(() if after is None else ("batch",))))
        relation = self._relation(files, tuple(asked), (day_from, day_to))
        return f"SELECT {', '.join(columns)} FROM {relation}{where}"

    def _relation(self, files: list[LakeFile], columns: tuple[str, ...], days: Days) -> str:
        """Files as a relation for FROM, of which no other columns and days are asked."""
        return f"read_parquet({self.paths_sql(files)})"

    def _few(self, files: list[LakeFile]) -> str:
        """What an engine must be told where the files that are joined as `d` are small."""
        return ""

    def _empty(self, columns: Sequence[str]) -> str:
        """A SELECT without rows."""
        return _empty(columns)

    def _merged(
        self,
        month: list[LakeFile],
        day_from: date | None,
        day_to: date | None,
        columns: Sequence[str],
    ) -> list[str]:
        base = [f for f in month if f.kind == "base"]
        delta = [f for f in month if f.kind == "delta"]
        over = self._scan(delta, day_from, day_to, columns)
        if not base:
            return [over]
        wanted = tuple(dict.fromkeys((*columns, "meter_id", "day")))
        under = self._scan(base, day_from, day_to, wanted)
        keys = self._scan(delta, day_from, day_to, ("meter_id", "day"))
        named = ", ".join(f"b.{c}" for c in columns)
        return [
            f"SELECT {self._few(delta)}{named} FROM ({under}) AS b "
            f"ANTI JOIN ({keys}) AS d ON b.meter_id = d.meter_id AND b.day = d.day",
            over,
        ]


class TableLake(Lake):
    """Days of a lake that lie in a table of the engine's: any part of them can be asked for."""

    def __init__(self, folder: Path, table: str) -> None:
        super().__init__(folder)
        self.table = table

    def sql(
        self,
        day_from: date | None = None,
        day_to: date | None = None,
        columns: Sequence[str] = COLUMNS,
    ) -> str:
        """As `Lake.sql`."""
        low = f"day >= DATE '{day_from}'" if day_from else "true"
        high = f"day <= DATE '{day_to}'" if day_to else "true"
        return f"(SELECT {', '.join(columns)} FROM {self.table} WHERE {low} AND {high})"


def _places(home: HasLake | Path) -> tuple[Path, Shelf]:
    if isinstance(home, Path):
        return home, FolderShelf(home)
    return home.lake_dir, home.lake_shelf


def new_name(month: int | str, kind: Kind, batch: int) -> str:
    """A name that no file of the lake has had, for a month's (2025-01 is 202501) file."""
    return f"{FILES}/{month}-{kind}-b{batch:06d}-{uuid.uuid4().hex[:8]}.parquet"


def _has_delta(files: list[LakeFile]) -> bool:
    return any(f.kind == "delta" for f in files)


def _empty(columns: Sequence[str]) -> str:
    typed = ", ".join(f"CAST(NULL AS {SQL_TYPES[METER_DAY.field(c).type]}) AS {c}" for c in columns)
    return f"SELECT {typed} WHERE false"
