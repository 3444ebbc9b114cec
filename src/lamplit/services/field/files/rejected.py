"""The quarantine of readings: which files left rows behind, why, and the rows themselves.

What is told comes from the quarantine files that ingest writes beside the lake; a count is read
once a file and kept, since such a file never changes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import store as store_problems
from lamplit.meters.lake import Lake
from lamplit.meters.manifest import Batch
from lamplit.meters.quarantine import read_quarantine
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office

NAME = re.compile(r"(\d{6,})-.+\.csv(\.gz)?")
WHAT = Text("quarantine file", "隔离文件")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were set aside, and how many."""

    code: str
    text: Text
    count: int


@dataclass(frozen=True, slots=True)
class RejectedFile:
    """A source file some of whose rows could not be read.

    `name` is the quarantine file's; `batch` and `read` are None where nothing of the source was
    taken in. `at` is when.
    """

    name: str
    source: str
    at: datetime
    batch: int | None
    read: int | None
    rejected: int
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row: `line` in the source (None where lines were not counted), `raw` cut at 200 signs."""

    number: int
    line: int | None
    column: str
    reason: str
    text: Text
    raw: str


@dataclass(frozen=True, slots=True)
class _Counts:
    source: str
    reasons: tuple[Reason, ...]


def files(office: Office, actor: Actor, after: str | None, limit: int) -> list[RejectedFile]:
    """The newest first, from after the file `after`. Needs IMPORT or ANALYSE somewhere.

    Raises LamplitError `door.not-allowed`.
    """
    with office.read(actor) as tx:
        door.require_one_of(tx, Ability.IMPORT, Ability.ANALYSE)
    batches = {batch.id: batch for batch in Lake(office.home).manifest.batches}
    names = [path.name for path in _listed(office)]
    if after is not None:
        names = [name for name in names if _order(name) < _order(after)]
    folder = office.home.quarantine_dir
    return [_told(folder / name, batches) for name in names[:limit]]


def reasons(office: Office, actor: Actor) -> list[Reason]:
    """Why rows of all files were set aside, the commonest first. Needs and raises as `files`."""
    with office.read(actor) as tx:
        door.require_one_of(tx, Ability.IMPORT, Ability.ANALYSE)
    total: Counter[str] = Counter()
    texts: dict[str, Text] = {}
    for path in _listed(office):
        for one in _counts(path, path.stat().st_mtime_ns).reasons:
            total[one.code] += one.count
            texts.setdefault(one.code, one.text)
    return [Reason(code, texts[code], count) for code, count in total.most_common()]


def count(office: Office) -> int:
    """How many files left rows behind; a figure for whoever may see how the office stands."""
    return len(_listed(office))


def rows(
    office: Office,
    actor: Actor,
    name: str,
    *,
    reason: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[RejectedRow]:
    """A file's rows in order, from after the row `after` (they count from 1).

    Needs and raises as `files`; LamplitError `store.not-found` for what is no such file.
    """
    path = file_of(office, actor, name)
    found: list[RejectedRow] = []
    for number, row in enumerate(read_quarantine(path), 1):
        if number <= after or (reason is not None and row["reason"] != reason):
            continue
        text = Text(row["reason_en"], row["reason_zh"])
        line = int(row["line"]) if row["line"].isdigit() else None
        found.append(RejectedRow(number, line, row["column"], row["reason"], text, row["raw"]))
        if len(found) >= limit:
            break
    return found


def file_of(office: Office, actor: Actor, name: str) -> Path:
    """Where a quarantine file lies; needs and raises as `rows`."""
    with office.read(actor) as tx:
        door.require_one_of(tx, Ability.IMPORT, Ability.ANALYSE)
    for path in _listed(office):
        if path.name == name:
            return path
    raise LamplitError(store_problems.NOT_FOUND, what=WHAT, wanted=name)


def download(office: Office, actor: Actor, name: str) -> Path:
    """As `file_of`; that it was taken is logged."""
    path = file_of(office, actor, name)
    with office.begin(actor) as tx:
        tx.log("quarantine.exported", "file", path.name)
    return path


def _listed(office: Office) -> list[Path]:
    """The quarantine files of readings, the newest first; those of registries are named apart."""
    folder = office.home.quarantine_dir
    found = [path for path in folder.iterdir() if path.is_file() and NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: _order(path.name), reverse=True)


def _order(name: str) -> tuple[int, str]:
    match = NAME.fullmatch(name)
    return (int(match[1]) if match else 0, name)


def _told(path: Path, batches: dict[int, Batch]) -> RejectedFile:
    stat = path.stat()
    counts = _counts(path, stat.st_mtime_ns)
    batch = batches.get(_order(path.name)[0])
    if batch is not None and batch.source != counts.source:
        # A number is taken again where nothing of the file before it was usable.
        batch = None
    return RejectedFile(
        name=path.name, source=counts.source,
        at=datetime.fromtimestamp(int(stat.st_mtime), UTC),
        batch=batch.id if batch else None, read=batch.rows["read"] if batch else None,
        rejected=sum(one.count for one in counts.reasons), reasons=list(counts.reasons),
    )  # fmt: skip


@lru_cache(maxsize=10_000)
def _counts(path: Path, _made: int) -> _Counts:
    found: Counter[str] = Counter()
    texts: dict[str, Text] = {}
    source = ""
    for row in read_quarantine(path):
        source = source or row["file"]
        found[row["reason"]] += 1
        texts.setdefault(row["reason"], Text(row["reason_en"], row["reason_zh"]))
    ordered = tuple(Reason(code, texts[code], count) for code, count in found.most_common())
    return _Counts(source, ordered)
