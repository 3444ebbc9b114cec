"""States and truth brought onto one grid: a row per home, a column per day.

On a grid, runs and spells are found by two passes over the columns, for all homes at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import score as problem
from lamplit.domain.words import HomeState

Array = np.ndarray[Any, Any]

SPELL_DAYS = 3
"""An absence counts as an empty spell from this many whole days on."""

MOST_CELLS = 600_000_000
"""Homes x days that fit a grid on an ordinary machine (about 8 GB at the peak)."""

_EPOCH = date(1970, 1, 1)
_TRUE = ["true", "True", "TRUE", "1", "t", "yes", "是"]
_FALSE = ["false", "False", "FALSE", "0", "f", "no", "否"]
_WORDS = {state.word: int(state) for state in HomeState}


@dataclass(frozen=True, slots=True)
class Grid:
    """Homes x days arrays; `first` is the day of column 0.

    judged: the truth has this home-day; empty: inside a spell of 3 days or more; nobody: nobody
    home that day (None if the truth does not say); state: HomeState numbers, 0 where no row;
    has_row: the states have a row; probability: NaN where none; missing: no actual reading
    (None if unknown); class_code / confounder_code index class_labels / confounder_labels.
    """

    households: pa.Array
    first: date
    judged: Array
    empty: Array
    nobody: Array | None
    state: Array
    has_row: Array
    probability: Array | None
    missing: Array | None
    missing_by: str
    class_code: Array | None
    class_labels: tuple[str, ...]
    confounder_code: Array | None
    confounder_labels: tuple[str, ...]
    spells_derived: bool
    rows_without_truth: int
    rows_joined: int

    def day(self, column: int) -> date:
        """The day of a column."""
        return self.first + timedelta(days=column)


def read_table(path: Path) -> pa.Table:
    """A CSV (also .gz) or Parquet file as a table; ids stay text.

    Raises LamplitError: score.file-missing, score.file-kind, score.file-unreadable.
    """
    suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    if not path.is_file():
        raise LamplitError(problem.FILE_MISSING, where=str(path))
    try:
        if suffix == ".parquet":
            return pq.read_table(path)
        if suffix in (".csv", ".csv.gz"):
            return pacsv.read_csv(path, convert_options=_as_text(path))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise LamplitError(problem.FILE_UNREADABLE, where=str(path), reason=reason) from error
    raise LamplitError(problem.FILE_KIND, where=str(path), suffix=suffix)


def _as_text(path: Path) -> pacsv.ConvertOptions:
    """Ids such as 00042 must not become numbers, nor a day something else."""
    text = ("household_id", "meter_id", "day", "state", "since", "home_class", "confounder")
    return pacsv.ConvertOptions(
        column_types={name: pa.string() for name in text},
        true_values=_TRUE,
        false_values=_FALSE,
        strings_can_be_null=False,
    )


def column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    """The column, or score.column-missing with what was found instead."""
    if name not in table.column_names:
        found = ", ".join(table.column_names[:12])
        raise LamplitError(problem.COLUMN_MISSING, where=where, column=name, found=found)
    return table.column(name)


def days_of(table: pa.Table, where: str) -> Array:
    """The day column as days since 1970 (int32)."""
    values = column(table, "day", where)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(values), 0, 10)
    return numbers(_cast(values, pa.date32(), "a day", where).cast(pa.int32()), where, "day")


def numbers(values: pa.ChunkedArray, where: str, name: str) -> Array:
    """A numeric column without gaps as numpy; score.value-unreadable at the first null."""
    if values.null_count:
        row = pc.index(pc.is_null(values), True).as_py() + 1
        raise LamplitError(
            problem.VALUE_UNREADABLE,
            where=f"{where}, row {row}, column {name}",
            value="",
            wanted="a value",
        )
    array: Array = values.to_numpy()
    return array


def booleans(table: pa.Table, name: str, where: str) -> Array:
    """A true/false column as numpy bools; text and 0/1 are understood."""
    values = column(table, name, where)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        lowered = pc.utf8_lower(pc.utf8_trim_whitespace(values))
        true = pc.is_in(lowered, value_set=pa.array([text.lower() for text in _TRUE]))
        known = pc.or_(true, pc.is_in(lowered, value_set=pa.array(list(_FALSE)).cast(pa.string())))
        if not pc.all(known).as_py():
            row = pc.index(known, False).as_py()
            raise LamplitError(
                problem.VALUE_UNREADABLE,
                where=f"{where}, row {row + 1}, column {name}",
                value=values[row].as_py(),
                wanted="true or false",
            )
        values = true
    return numbers(_cast(values, pa.bool_(), "true or false", where), where, name)


def _cast(values: pa.ChunkedArray, to: pa.DataType, wanted: str, where: str) -> pa.ChunkedArray:
    try:
        return values.cast(to)
    except pa.ArrowException as error:
        for row, value in enumerate(values):
            try:
                value.cast(to)
            except pa.ArrowException:
                raise LamplitError(
                    problem.VALUE_UNREADABLE,
                    where=f"{where}, row {row + 1}",
                    value=value.as_py(),
                    wanted=wanted,
                ) from error
        raise


def build_grid(
    states: pa.Table,
    truth: pa.Table,
    missing: pa.Table | None = None,
    *,
    states_name: str = "states",
    truth_name: str = "truth",
) -> Grid:
    """Lay both tables on one grid; rows of states outside the truth are counted, not scored.

    `missing` (household_id, day) lists the home-days without an actual reading, where known.
    """
    for table, name in ((states, states_name), (truth, truth_name)):
        if table.num_rows == 0:
            raise LamplitError(problem.NO_ROWS, where=name)
    ids = column(truth, "household_id", truth_name).cast(pa.string()).combine_chunks()
    coded = ids.dictionary_encode()
    homes: pa.Array = coded.dictionary
    home = coded.indices.to_numpy(zero_copy_only=False)
    day = days_of(truth, truth_name)
    first, width = int(day.min()), int(day.max()) - int(day.min()) + 1
    if len(homes) * width > MOST_CELLS:
        raise LamplitError(problem.TOO_LARGE, where=truth_name, homes=len(homes), days=width)
    shape = (len(homes), width)
    cell = home.astype(np.int64) * width + (day - first)
    judged = _mark(shape, cell)
    _refuse_twice(judged, cell, homes, first, truth_name)
    empty, nobody, derived = _truth_masks(truth, truth_name, shape, cell, judged)
    spots, rows = _states_spots(states, states_name, homes, first, width, judged)
    if not len(rows):
        raise _no_overlap(states, states_name, homes, day)
    state, probability, coverage, joined = _states_arrays(states, states_name, shape, spots, rows)
    has_row = _mark(shape, spots)
    missing_mask, missing_by = _missing(
        truth, truth_name, missing, coverage, (shape, cell, homes, first)
    )
    classes, class_labels = _labels(truth, "home_class", shape, cell)
    confounders, confounder_labels = _labels(truth, "confounder", shape, cell)
    return Grid(
        households=homes,
        first=_EPOCH + timedelta(days=first),
        judged=judged,
        empty=empty,
        nobody=nobody,
        state=state,
        has_row=has_row,
        probability=probability,
        missing=missing_mask,
        missing_by=missing_by,
        class_code=classes,
        class_labels=class_labels,
        confounder_code=confounders,
        confounder_labels=confounder_labels,
        spells_derived=derived,
        rows_without_truth=states.num_rows - len(rows),
        rows_joined=joined,
    )


def _mark(shape: tuple[int, int], cells: Array) -> Array:
    mask = np.zeros(shape, dtype=bool)
    mask.reshape(-1)[cells] = True
    return mask


def _refuse_twice(judged: Array, cell: Array, homes: pa.Array, first: int, where: str) -> None:
    extra = len(cell) - int(np.count_nonzero(judged))
    if extra:
        ordered = np.sort(cell)
        again = int(ordered[1:][ordered[1:] == ordered[:-1]][0])
        home, offset = divmod(again, judged.shape[1])
        raise LamplitError(
            problem.DAY_TWICE,
            where=where,
            household=homes[home].as_py(),
            day=_EPOCH + timedelta(days=first + offset),
            rows=extra,
        )


def _truth_masks(
    truth: pa.Table, where: str, shape: tuple[int, int], cell: Array, judged: Array
) -> tuple[Array, Array | None, bool]:
    """(empty, nobody home, whether the spells had to be derived from `occupied`)."""
    nobody: Array | None = None
    if "occupied" in truth.column_names:
        nobody = np.zeros(shape, dtype=bool)
        nobody.reshape(-1)[cell] = ~booleans(truth, "occupied", where)
    if "empty_spell" in truth.column_names or nobody is None:
        empty = np.zeros(shape, dtype=bool)
        empty.reshape(-1)[cell] = booleans(truth, "empty_spell", where)
        return empty, nobody, False
    length = run_end(nobody) - run_start(nobody) + 1
    return nobody & (length >= SPELL_DAYS), nobody, True


def run_start(mask: Array) -> Array:
    """For each cell, the column where the run of its own value began (int32)."""
    columns = np.arange(mask.shape[1], dtype=np.int32)
    change = np.ones_like(mask)
    change[:, 1:] = mask[:, 1:] != mask[:, :-1]
    started: Array = np.maximum.accumulate(np.where(change, columns, 0), axis=1)
    return started


def run_end(mask: Array) -> Array:
    """For each cell, the last column of the run of its own value (int32)."""
    last = mask.shape[1] - 1
    ended: Array = last - run_start(mask[:, ::-1])[:, ::-1]
    return ended


def next_true(mask: Array) -> Array:
    """For each cell, the first column from it on that is true; the width where none is."""
    width = mask.shape[1]
    columns = np.where(mask, np.arange(width, dtype=np.int32), np.int32(width))
    found: Array = np.minimum.accumulate(columns[:, ::-1], axis=1)[:, ::-1]
    return found


def _states_spots(
    states: pa.Table, where: str, homes: pa.Array, first: int, width: int, judged: Array
) -> tuple[Array, Array]:
    """Cells of the states' rows that the truth judges, and those rows' numbers."""
    ids = column(states, "household_id", where).cast(pa.string())
    home = pc.fill_null(pc.index_in(ids, value_set=homes), -1).to_numpy()
    offset = days_of(states, where) - first
    inside = (home >= 0) & (offset >= 0) & (offset < width)
    cells = home.astype(np.int64) * width + offset
    inside[inside] = judged.reshape(-1)[cells[inside]]
    rows = np.flatnonzero(inside)
    return cells[rows], rows


def _no_overlap(states: pa.Table, where: str, homes: pa.Array, truth_day: Array) -> LamplitError:
    def said(day: Any) -> str:
        return str(_EPOCH + timedelta(days=int(day)))

    day = days_of(states, where)
    return LamplitError(
        problem.NO_OVERLAP,
        where=where,
        state_home=states.column("household_id")[0].as_py(),
        state_first=said(day.min()),
        state_last=said(day.max()),
        truth_home=homes[0].as_py(),
        truth_first=said(truth_day.min()),
        truth_last=said(truth_day.max()),
    )


def _states_arrays(
    states: pa.Table, where: str, shape: tuple[int, int], spots: Array, rows: Array
) -> tuple[Array, Array | None, Array | None, int]:
    """(state, probability, coverage, rows joined into another of the same home-day).

    A home with several meters is as empty as its liveliest meter: the highest state wins, and
    with it the lowest probability.
    """
    number = _state_numbers(column(states, "state", where), where)[rows]
    probability = _floats(states, "probability", where)
    coverage = _floats(states, "coverage", where)
    order = np.arange(len(rows))
    joined = len(spots) - int(np.count_nonzero(_mark(shape, spots)))
    if joined:
        chance = np.zeros(len(rows)) if probability is None else -probability[rows]
        order = np.lexsort((np.nan_to_num(chance, nan=-9.0), number))
    state = np.zeros(shape, dtype=np.int8)
    state.reshape(-1)[spots[order]] = number[order]
    laid = [_lay(values, shape, spots[order], rows[order]) for values in (probability, coverage)]
    return state, laid[0], laid[1], joined


def _lay(values: Array | None, shape: tuple[int, int], spots: Array, rows: Array) -> Array | None:
    if values is None:
        return None
    grid = np.full(shape, np.nan, dtype=np.float32)
    grid.reshape(-1)[spots] = values[rows]
    return grid


def _state_numbers(values: pa.ChunkedArray, where: str) -> Array:
    if pa.types.is_integer(values.type):
        return numbers(values.cast(pa.int8()), where, "state")
    known = pa.array(list(_WORDS))
    place = pc.index_in(pc.utf8_lower(values.cast(pa.string())), value_set=known)
    if place.null_count:
        row = pc.index(pc.is_null(place), True).as_py()
        raise LamplitError(
            problem.VALUE_UNREADABLE,
            where=f"{where}, row {row + 1}, column state",
            value=values[row].as_py(),
            wanted=" | ".join(_WORDS),
        )
    by_place = np.array(list(_WORDS.values()), dtype=np.int8)
    number: Array = by_place[place.to_numpy()]
    return number


def _floats(table: pa.Table, name: str, where: str) -> Array | None:
    if name not in table.column_names:
        return None
    values = _cast(table.column(name), pa.float32(), "a number", where)
    array: Array = values.to_numpy()
    return array


def _missing(
    truth: pa.Table,
    where: str,
    listed: pa.Table | None,
    coverage: Array | None,
    frame: tuple[tuple[int, int], Array, pa.Array, int],
) -> tuple[Array | None, str]:
    """Home-days without an actual reading, by the best source there is, and which it was."""
    shape, cell, homes, first = frame
    if "missing" in truth.column_names:
        mask = np.zeros(shape, dtype=bool)
        mask.reshape(-1)[cell] = booleans(truth, "missing", where)
        return mask, "truth column 'missing'"
    if listed is not None:
        ids = pc.fill_null(
            pc.index_in(listed.column("household_id").cast(pa.string()), value_set=homes), -1
        ).to_numpy()
        offset = days_of(listed, "readings") - first
        inside = (ids >= 0) & (offset >= 0) & (offset < shape[1])
        return _mark(shape, (ids.astype(np.int64) * shape[1] + offset)[inside]), "readings"
    if coverage is not None:
        return coverage == 0, "states column 'coverage' = 0"
    return None, "nothing in the files tells which days are missing"


def _labels(
    truth: pa.Table, name: str, shape: tuple[int, int], cell: Array
) -> tuple[Array | None, tuple[str, ...]]:
    """Codes into the distinct texts of a column; code 0 is no label."""
    if name not in truth.column_names:
        return None, ()
    texts = pc.fill_null(truth.column(name).cast(pa.string()), "").combine_chunks()
    coded = texts.dictionary_encode()
    labels = ("", *coded.dictionary.to_pylist())
    codes = np.zeros(shape, dtype=np.int16)
    codes.reshape(-1)[cell] = coded.indices.to_numpy(zero_copy_only=False) + 1
    return codes, labels
