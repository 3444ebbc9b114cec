"""Turns a sheet of text into registry rows, and says which rows can't be used and why.

Everything works on whole columns: a cell is read once for each distinct text in its column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.problems import registry as problems
from lamplit.meters.registry import COLUMNS, DATES, FLAGS, IDS, SCHEMA, column_of
from lamplit.meters.registry_values import ROUNDED, read_day, read_flag, read_floor
from lamplit.meters.sheets import Rows, Sheet

Mask = npt.NDArray[np.bool_]
Days = npt.NDArray[np.int64]

OPEN_START, OPEN_END = -(1 << 30), 1 << 30
"""Stand-ins for a missing valid_from and valid_to, in days since 1970."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The rows refused for one reason: their rows in the file, and what stood there."""

    problem: Problem
    column: str
    rows: Rows
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """The usable rows of a file (in SCHEMA), the rows where they stood, and all that was wrong.

    `named` are the registry's columns that the file has, `given` those with what was derived;
    `ignored` the headers it has besides; `duplicates` counts rows that repeat another wholly.
    """

    table: pa.Table
    rows: Rows
    faults: list[Faults]
    named: frozenset[str]
    given: frozenset[str]
    ignored: list[str]
    duplicates: int


def check(
    sheet: Sheet, file: Path, mapping: Mapping[str, str], fixed: Mapping[str, str] | None = None
) -> Checked:
    """The usable rows of `sheet`, with `mapping` (file's column → registry's) coming first.

    Where it gives nothing for a column, that is left aside. `fixed` (registry's column → text)
    stands in every row.

    Raises LamplitError `registry.no-meter-column`, `registry.same-column-twice`,
    `registry.bad-map` or `registry.no-rows`.
    """
    same = fixed or {}
    places = _places(sheet.headers, file, mapping, same)
    if not len(sheet.rows) and not sheet.ragged:
        raise LamplitError(problems.NO_ROWS, where=str(file))
    text = {name: _trimmed(sheet.columns[at]) for name, at in places.items()}
    text |= {name: pa.array([word] * len(sheet.rows), pa.string()) for name, word in same.items()}
    # A list of meters without households: each is a home of its own.
    text.setdefault("household_id", text["meter_id"])
    faults = _ragged(sheet) + _missing(text, sheet.rows)
    columns: list[pa.Array] = []
    for name in COLUMNS:
        column, wrong = _column(name, text.get(name), sheet.rows)
        columns.append(column)
        faults += wrong
    table = pa.table(columns, schema=pa.schema([field.with_nullable(True) for field in SCHEMA]))
    faults += _backwards(table, sheet.rows)
    keep = ~np.isin(sheet.rows, all_rows(faults))
    table, rows = table.filter(pa.array(keep)), sheet.rows[keep]
    table, rows, duplicates, wrong = _without_repeats(table, rows)
    known = {sheet.headers[at] for at in places.values()}
    return Checked(
        table=table.cast(SCHEMA),
        rows=rows,
        faults=faults + wrong,
        named=frozenset({*places, *same}),
        given=frozenset(text),
        ignored=[header for header in sheet.headers if header and header not in known],
        duplicates=duplicates,
    )


def _places(
    headers: Sequence[str], file: Path, mapping: Mapping[str, str], fixed: Mapping[str, str]
) -> dict[str, int]:
    """Where each of the registry's columns stands in the file."""
    for header, wanted in mapping.items():
        if header not in headers or wanted not in ("", *COLUMNS):
            raise LamplitError(
                problems.BAD_MAP,
                where=str(file),
                given=f"{header}={wanted}",
                columns=", ".join(headers),
                names=", ".join(COLUMNS),
            )
    places = {name: headers.index(header) for header, name in mapping.items() if name}
    found: dict[str, list[int]] = {}
    for at, header in enumerate(headers):
        name = column_of(header)
        known = name in places or name in fixed
        if name is not None and not known and header not in mapping:
            found.setdefault(name, []).append(at)
    for name, ats in found.items():
        if len(ats) > 1:
            twice = ", ".join(f"`{headers[at]}`" for at in ats)
            raise LamplitError(
                problems.SAME_COLUMN_TWICE, where=str(file), columns=twice, name=name
            )
        places[name] = ats[0]
    if "meter_id" not in places and "meter_id" not in fixed:
        shown = ", ".join(headers[:20]) + (" …" if len(headers) > 20 else "")
        raise LamplitError(problems.NO_METER_COLUMN, where=str(file), columns=shown)
    return places


def _trimmed(column: pa.Array) -> pa.Array:
    """Without spaces about it, nor the `="…"` by which Excel is told that a number is text."""
    plain = pc.utf8_trim_whitespace(column)
    if pc.any(pc.starts_with(plain, '="')).as_py():
        plain = pc.replace_substring_regex(plain, '^="(.*)"$', r"\1")
    return plain


def _ragged(sheet: Sheet) -> list[Faults]:
    if not sheet.ragged:
        return []
    rows = np.array([row for row, _ in sheet.ragged], dtype=np.int64)
    return [Faults(problems.RAGGED_ROW, "", rows, [word for _, word in sheet.ragged])]


def _missing(text: Mapping[str, pa.Array], rows: Rows) -> list[Faults]:
    faults = []
    for name, problem in (
        ("meter_id", problems.MISSING_METER),
        ("household_id", problems.MISSING_HOUSEHOLD),
    ):
        blank = pc.equal(text[name], "").to_numpy(zero_copy_only=False)
        # Where the household stands for the meter, the meter's own line says enough.
        if blank.any() and (name == "meter_id" or text[name] is not text["meter_id"]):
            faults.append(Faults(problem, name, rows[blank], [""] * int(blank.sum())))
    return faults


def _column(name: str, text: pa.Array | None, rows: Rows) -> tuple[pa.Array, list[Faults]]:
    """The values of a column, and the cells of it that can't be read."""
    kind = SCHEMA.field(name).type
    blank = False if name in FLAGS else None
    if text is None:
        return pa.array([blank] * len(rows), kind), []
    if name in _READERS:
        reader, problem = _READERS[name]
        # Each distinct text is read once: a million rows have a few hundred dates and floors.
        coded = text.dictionary_encode()
        read, refused = _read_each(coded.dictionary.to_pylist(), reader, blank)
        values = pa.array(read, kind).take(coded.indices)
        bad = refused[coded.indices.to_numpy()]
    else:
        problem = problems.ROUNDED_ID
        values = pc.if_else(pc.equal(text, ""), None, text)
        bad = np.zeros(len(rows), dtype=bool)
        if name in IDS:
            bad = pc.match_substring_regex(text, ROUNDED).to_numpy(zero_copy_only=False)
    if not bad.any():
        return values, []
    return values, [Faults(problem, name, rows[bad], text.filter(pa.array(bad)).to_pylist())]


_READERS: dict[str, tuple[Callable[[str], Any], Problem]] = {
    "floor": (read_floor, problems.BAD_FLOOR),
    **dict.fromkeys(FLAGS, (read_flag, problems.NOT_YES_OR_NO)),
    **dict.fromkeys(DATES, (read_day, problems.BAD_DATE)),
}


def _read_each(
    texts: Sequence[str], reader: Callable[[str], Any], blank: object
) -> tuple[list[Any], Mask]:
    values: list[Any] = []
    refused = np.zeros(len(texts), dtype=bool)
    for at, text in enumerate(texts):
        try:
            values.append(reader(text) if text else blank)
        except ValueError:
            values.append(blank)
            refused[at] = True
    return values, refused


def _backwards(table: pa.Table, rows: Rows) -> list[Faults]:
    starts, ends = spans(table)
    bad = ends <= starts
    if not bad.any():
        return []
    values = table["valid_to"].filter(pa.array(bad)).cast(pa.string()).to_pylist()
    return [Faults(problems.ENDS_BEFORE_START, "valid_to", rows[bad], values)]


def _without_repeats(table: pa.Table, rows: Rows) -> tuple[pa.Table, Rows, int, list[Faults]]:
    """Drop rows that repeat another, and refuse those that contradict or overlap one."""
    order, new_pair, starts, ends = ordered(table)
    same_key = ~new_pair & (starts == np.roll(starts, 1))
    repeats = same_key & _equals_previous(table, order, same_key)
    conflicts = same_key & ~repeats
    kept = order[~same_key]
    faults = []
    if conflicts.any():
        others = [str(rows[order[at - 1]]) for at in np.flatnonzero(conflicts)]
        faults.append(Faults(problems.CONFLICT, "", rows[order[conflicts]], others))
    pairs, starts, ends = np.cumsum(new_pair)[~same_key], starts[~same_key], ends[~same_key]
    overlaps, others_at = overlapping(pairs, starts, ends)
    if overlaps.any():
        values = [str(row) for row in rows[kept[others_at[overlaps]]]]
        faults.append(Faults(problems.OVERLAP, "valid_from", rows[kept[overlaps]], values))
    kept = np.sort(kept[~overlaps])
    return table.take(pa.array(kept)), rows[kept], int(repeats.sum()), faults


def spans(table: pa.Table) -> tuple[Days, Days]:
    """The first day and the first day no more of each row, open ends by their stand-ins."""
    return (
        _days(table["valid_from"], OPEN_START),
        _days(table["valid_to"], OPEN_END),
    )


def _days(column: pa.ChunkedArray, blank: int) -> Days:
    days = pc.fill_null(column.cast(pa.int32()).cast(pa.int64()), blank)
    return np.asarray(days.to_numpy(), dtype=np.int64)


def codes(table: pa.Table, *names: str) -> Days:
    """One number for each distinct combination of the columns `names`."""
    combined = np.zeros(table.num_rows, dtype=np.int64)
    for name in names:
        coded = table[name].combine_chunks().dictionary_encode()
        combined = combined * (len(coded.dictionary) + 1) + coded.indices.to_numpy()
    return combined


def ordered(table: pa.Table) -> tuple[Days, Mask, Days, Days]:
    """The rows by meter, household, start: their order, where a pair begins, starts and ends.

    The sort is stable, so among equals the one that stands first in `table` comes first.
    """
    pairs = codes(table, "meter_id", "household_id")
    starts, ends = spans(table)
    order = np.lexsort((starts, pairs))
    sorted_pairs = pairs[order]
    new_pair = np.ones(len(order), dtype=bool)
    new_pair[1:] = sorted_pairs[1:] != sorted_pairs[:-1]
    return order, new_pair, starts[order], ends[order]


def overlapping(groups: Days, starts: Days, ends: Days) -> tuple[Mask, Days]:
    """Which rows begin before an earlier row of their group has ended, and where that one is.

    Rows come sorted by group, then start; groups are numbered upwards.
    """
    late, at = np.zeros(len(starts), dtype=bool), np.arange(len(starts))
    if not len(starts):
        return late, at
    # Lifting each group above the one before lets a single running maximum serve them all.
    lift = groups * (OPEN_END * 4)
    reach = np.maximum.accumulate(ends + lift)
    late[1:] = (groups[1:] == groups[:-1]) & ((starts + lift)[1:] < reach[:-1])
    holder = np.maximum.accumulate(np.where(ends + lift == reach, at, 0))
    return late, np.roll(holder, 1)


def _equals_previous(table: pa.Table, order: Days, candidates: Mask) -> Mask:
    """For each candidate in sorted order, whether all its columns are those of the row before."""
    at = np.flatnonzero(candidates)
    same = np.zeros(len(order), dtype=bool)
    same[at] = True
    these, those = table.take(pa.array(order[at])), table.take(pa.array(order[at - 1]))
    same[at] = rows_equal(these, those, COLUMNS)
    return same


def rows_equal(these: pa.Table, those: pa.Table, names: Sequence[str]) -> Mask:
    """Row by row, whether the two tables agree in all columns `names`; NULL agrees with NULL."""
    same = np.ones(these.num_rows, dtype=bool)
    for name in names:
        left, right = these[name], those[name]
        equal = pc.fill_null(pc.equal(left, right), False)
        both_null = pc.and_(pc.is_null(left), pc.is_null(right))
        same &= pc.or_(equal, both_null).to_numpy()
    return same


def all_rows(faults: Sequence[Faults]) -> Rows:
    """The rows that any of `faults` names, each once, in order."""
    if not faults:
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.concatenate([fault.rows for fault in faults]))
