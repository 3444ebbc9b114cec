"""The registry of a home: import it, look into it, count it."""

from __future__ import annotations

import csv
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplit.domain.cells import inert
from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.language import Language
from lamplit.domain.problems import home as home_problems
from lamplit.domain.problems import registry as problems
from lamplit.domain.problems.lake import LOCKED
from lamplit.meters.registry import FLAGS, SCHEMA, column_of, empty_table
from lamplit.meters.registry_merge import Merge, merge
from lamplit.meters.registry_rules import Checked, Faults, all_rows, check
from lamplit.meters.sheets import Sheet, read_sheet
from lamplit.meters.sources import is_address
from lamplit.services.engine import open_engine
from lamplit.services.fetched import fetched
from lamplit.services.home import Home
from lamplit.services.lock import alone, writing
from lamplit.services.night.courses import forget_withdrawn

SHOWN = 20
"""So many refused rows are printed; all of them go to the quarantine file."""


class Registry:
    """The registry's table, as other services read it."""

    @staticmethod
    def table(home: Home) -> pa.Table:
        """The whole registry in `meters.registry.SCHEMA`; without rows before the first import.

        Raises LamplitError `registry.damaged` where the file can't be read.
        """
        if not home.registry_file.exists():
            return empty_table()
        try:
            return pq.read_table(home.registry_file, schema=SCHEMA, memory_map=False)
        except (pa.ArrowException, ValueError) as fault:
            where, reason = str(home.registry_file), str(fault).splitlines()[0]
            raise LamplitError(problems.DAMAGED, where=where, reason=reason) from fault


@dataclass(frozen=True, slots=True)
class RowFault:
    """One refused row: where, why, and what stood there."""

    row: int
    column: str
    problem: Problem
    value: str

    def says(self, language: Language) -> str:
        """What is wrong with it."""
        return self.problem.says.say(language, value=self.value)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do: read it first, then `apply` it.

    `rows` is the number of rows in the file, `bad` how many of them can't be used. `file`: its path
    or address, as people know it; `mark`: by its bytes. `stamp` says which registry the plan was
    made for.
    """

    file: str
    mark: str
    rows: int
    bad: int
    faults: list[Faults]
    checked: Checked
    merge: Merge
    stamp: tuple[int, int] | None

    def first_faults(self, count: int = SHOWN) -> list[RowFault]:
        """The first `count` faults by row."""
        return sorted(_each_fault(self.faults), key=lambda f: f.row)[:count]


def plan_import(
    home: Home, file: Path | str, mapping: Mapping[str, str] | None = None
) -> ImportPlan:
    """What importing `file` (CSV, XLSX, Parquet) would do to the registry; nothing is written.

    It may lie at an address. `mapping` names columns that would not be recognised: file's header →
    registry's column. Raises the LamplitErrors of `read_sheet`, `check` and `fetched`, and
    `home.no-such-file`.
    """
    if is_address(str(file)):
        with fetched(home, str(file)) as (copy, name):
            return replace(plan_import(home, copy, mapping), file=name)
    file = Path(file)
    if not file.is_file():
        raise LamplitError(home_problems.NO_SUCH_FILE, where=str(file))
    return plan_sheet(home, file, read_sheet(file, column_of), mapping or {})


def plan_sheet(
    home: Home,
    file: Path,
    sheet: Sheet,
    mapping: Mapping[str, str],
    fixed: Mapping[str, str] | None = None,
) -> ImportPlan:
    """As `plan_import`, of a sheet that was read; `fixed` stands in a column in every row.

    Refused rows are left out of the merge and listed in `faults`.
    """
    checked = check(sheet, file, mapping, fixed)
    stamp, old = _stamp(home), Registry.table(home)
    merged = merge(old, checked.table, checked.rows, checked.given)
    faults = checked.faults + merged.faults
    if merged.faults:
        keep = ~np.isin(checked.rows, all_rows(merged.faults))
        checked = replace(
            checked, table=checked.table.filter(pa.array(keep)), rows=checked.rows[keep]
        )
        merged = merge(old, checked.table, checked.rows, checked.given)
    total = len(sheet.rows) + len(sheet.ragged)
    with file.open("rb") as stream:
        mark = hashlib.file_digest(stream, "sha256").hexdigest()[:8]
    bad = len(all_rows(faults))
    return ImportPlan(str(file), mark, total, bad, faults, checked, merged, stamp)


def apply_import(home: Home, plan: ImportPlan, *, skip_bad: bool = False) -> Path | None:
    """Make the registry what `plan` says, and write refused rows to a quarantine file.

    Gives the quarantine file, or None where no row was refused. The registry is replaced in one
    step, and the courses of those who agree no more are removed. Raises LamplitError
    `registry.bad-rows` where rows are bad and `skip_bad` is not
    asked for or leaves none, `registry.changed-meanwhile` where another import came between.
    """
    quarantined = quarantine(home, plan) if plan.bad else None
    if quarantined and (not skip_bad or plan.bad == plan.rows):
        raise LamplitError(
            problems.BAD_ROWS,
            where=plan.file,
            bad=plan.bad,
            rows=plan.rows,
            quarantine=quarantined,
        )
    if plan.merge.added or plan.merge.changed or plan.merge.closed:
        with alone(home.path, "registry"):
            if _stamp(home) != plan.stamp:
                raise LamplitError(problems.CHANGED_MEANWHILE, where=str(home.registry_file))
            _replace(home, plan.merge.table)
        _let_go(home)
    return quarantined


def _let_go(home: Home) -> None:
    """Remove what is carried of those who agree no more to being looked after.

    While a night is at work it is the next night's to remove; no list looks at them meanwhile.
    """
    try:
        with writing(home.path, "registry import"), open_engine(home) as con:
            forget_withdrawn(home, con)
    except LamplitError as fault:
        if fault.problem is not LOCKED:
            raise


def quarantine(home: Home, plan: ImportPlan) -> Path:
    """Write every refused row with its reason and cure, in both languages; gives the file."""
    file = PurePath(plan.file)
    target = home.quarantine_dir / f"registry-{file.stem}-{plan.mark}.csv"
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ("file", "row", "column", "code", "value", "says_en", "cure_en", "says_zh", "cure_zh")
        )
        for fault in sorted(_each_fault(plan.faults), key=lambda f: f.row):
            cure = fault.problem.remedy
            says = (fault.says("en"), cure.en, fault.says("zh"), cure.zh)
            where = (file.name, fault.row, fault.column, fault.problem.code, fault.value)
            # What a spreadsheet would run stays text: the file is made to be opened in one.
            writer.writerow([inert(str(cell)) for cell in (*where, *says)])
    return target


def find(home: Home, wanted: str) -> pa.Table:
    """The registry's rows of a meter or household, or of a household's or meter's fellows.

    Raises LamplitError `registry.not-registered` with ids that are near.
    """
    table = Registry.table(home)
    meters, homes = pc.equal(table["meter_id"], wanted), pc.equal(table["household_id"], wanted)
    found = table.filter(pc.or_(meters, homes))
    if found.num_rows:
        return found
    near = _near(table, wanted)
    raise LamplitError(problems.NOT_REGISTERED, wanted=wanted, near=", ".join(near) or "–")


def stats(home: Home) -> dict[str, int]:
    """How many rows, homes, meters, communities, buildings and collectors the registry has."""
    table = Registry.table(home)
    counts = {"rows": table.num_rows}
    for word, column in (
        ("homes", "household_id"),
        ("meters", "meter_id"),
        ("communities", "community_id"),
        ("buildings", "building_id"),
        ("collectors", "collector_id"),
    ):
        counts[word] = pc.count_distinct(table[column], mode="only_valid").as_py()
    for flag in FLAGS:
        counts[flag] = pc.count_distinct(
            table.filter(pc.fill_null(table[flag], False))["meter_id"]
        ).as_py()
    counts["ended"] = pc.sum(pc.is_valid(table["valid_to"])).as_py() or 0
    return counts


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as plain dicts, for JSON and for tables."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _each_fault(faults: list[Faults]) -> Iterator[RowFault]:
    for fault in faults:
        for row, value in zip(fault.rows.tolist(), fault.values, strict=True):
            yield RowFault(row, fault.column, fault.problem, value)


def _near(table: pa.Table, wanted: str) -> list[str]:
    """Up to three ids that begin or end like `wanted`, or hold it."""
    ids = pc.unique(pa.chunked_array(table["meter_id"].chunks + table["household_id"].chunks))
    for part in (wanted, wanted[:-1], wanted[1:], wanted[: len(wanted) // 2]):
        if len(part) >= 2:
            found = ids.filter(pc.match_substring(ids, part))[:3].to_pylist()
            if found:
                return [str(name) for name in found]
    return []


def _stamp(home: Home) -> tuple[int, int] | None:
    """When the registry was last written, and how large it is; None where there is none."""
    if not home.registry_file.exists():
        return None
    status = home.registry_file.stat()
    return status.st_mtime_ns, status.st_size


def _replace(home: Home, table: pa.Table) -> None:
    target = home.registry_file
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".registry.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            pq.write_table(table, stream, compression="zstd", row_group_size=1 << 17)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
