"""One source file into the tables of the group that is at work: slots, wide files, registers."""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import ingest as problems
from lamplit.engine.duckdb import Duck, DuckError, quoted
from lamplit.meters import meterday, slots
from lamplit.meters.archive import Input, opened, unpack
from lamplit.meters.canonical import DAYS, INTERVALS, REGISTERS, SQL_TYPES
from lamplit.meters.lake import PARQUET, Lake
from lamplit.meters.layouts.base import (
    Layout,
    Options,
    ReaderLayout,
    Reject,
    Sample,
    Source,
    SqlLayout,
    SqlPlan,
)
from lamplit.meters.layouts.csvfile import MAX_LINE, REJECTS
from lamplit.meters.localtime import Calendar, calendar
from lamplit.meters.quarantine import RAW_CHARACTERS, REASONS, reject
from lamplit.services.ingest.result import FileResult, Rows

CHUNK_ROWS: Final = 200_000
PATIENT_FROM: Final = 1_000
"""With more lines than this that can't be cast, the whole file is read again, patiently."""
GOOD_SUPPORT: Final = 12
"""Readings from which a meter's own times tell its interval length."""
UNLIKELY_DAY_KWH: Final = 150.0
"""Half of the meters using more than this a day are no homes; kW or Wh taken for kWh look so."""
PROBES: Final = 64
CALENDAR_FIRST, CALENDAR_LAST = date(1970, 1, 1), date(2100, 1, 1)


@dataclass(slots=True)
class Group:
    """The files that are committed together, and what has been staged of them."""

    folder: Path
    """Where staged Parquet lies, on the lake's disk."""
    results: list[FileResult] = field(default_factory=list)
    wide: list[Path] = field(default_factory=list)
    bytes: int = 0
    registers: bool = False
    max_kwh: float = 1000.0
    unique: bool = False
    """Whether the last wide file was found to have no meter-day twice."""


class Stager:
    """Reads source files into the tables `slots` and `registers`, and into wide Parquet files."""

    def __init__(self, duck: Duck, lake: Lake, timezone: str, tmp: Path) -> None:
        """`timezone`: the home's, which says what a local day is."""
        self.duck, self.lake, self.timezone, self.tmp = duck, lake, timezone, tmp
        self.group = Group(tmp)
        self.source_zone = timezone

    def begin(self, folder: Path) -> Group:
        """Start a group, with empty tables."""
        self.duck.drop(("slots", "registers"))
        self.duck.run(slots.create_slots("slots"))
        columns = ", ".join(f"{f.name} {SQL_TYPES[f.type]}" for f in REGISTERS)
        self.duck.run(f"CREATE TEMP TABLE registers (batch INTEGER, {columns})")
        folder.mkdir(parents=True, exist_ok=True)
        self.group = Group(folder)
        return self.group

    def stage(
        self,
        item: Input,
        sample: Sample,
        layout: Layout,
        options: Options,
        result: FileResult,
        *,
        tidy: bool = False,
    ) -> None:
        """Read one file; `result.rows.read`, `.quarantined` and rejects are filled in.

        `tidy`: it has lines that are far too long, or lines that end in odd ways.

        Raises LamplitError where nothing of the file can be read; the tables are then as before.
        """
        self.group.max_kwh = options.max_kwh
        self.source_zone = options.timezone
        try:
            rejects = self._stage(item, sample, layout, options, result, tidy=tidy)
        except BaseException:
            self.forget(result)
            raise
        rejects.sort(key=lambda r: r.line)
        result.rejects = rejects
        result.rows.quarantined = len(rejects)
        result.reasons = dict(Counter(r.code for r in rejects).most_common())

    def forget(self, result: FileResult) -> None:
        """Undo what a file has staged so far."""
        self.duck.run(f"DELETE FROM slots WHERE batch = {result.batch}")
        self.duck.run(f"DELETE FROM registers WHERE batch = {result.batch}")
        own = [p for p in self.group.wide if p.name.startswith(_wide_name(result.batch))]
        for path in own:
            path.unlink(missing_ok=True)
            self.group.wide.remove(path)
        shutil.rmtree(self.group.folder / _wide_name(result.batch), ignore_errors=True)

    def _stage(
        self,
        item: Input,
        sample: Sample,
        layout: Layout,
        options: Options,
        result: FileResult,
        *,
        tidy: bool,
    ) -> list[Reject]:
        if isinstance(layout, ReaderLayout):
            return self._read(item, sample, layout, options, result)
        assert isinstance(layout, SqlLayout)
        # Once as it is; where DuckDB stumbles over it, or a quote swallows lines, once more with
        # its lines tidied; and in the encoding of Chinese texts, should it turn out not to be
        # UTF-8 further on.
        tidy = sample.parquet is None and (tidy or _mixed_line_ends(sample))
        for _ in range(4):
            try:
                return self._run_ready(item, sample, layout, options, result, tidy=tidy)
            except _SwallowedError:
                tidy = True
            except _OtherEncodingError:
                sample = replace(sample, encoding="gb18030")
            except DuckError as cause:
                if tidy or sample.parquet is not None:
                    raise _unreadable(cause, layout, item) from cause
                tidy = True
            self.forget(result)
            result.rows, result.notes = Rows(), []
        raise AssertionError("each way is tried once")

    def _run_ready(
        self,
        item: Input,
        sample: Sample,
        layout: SqlLayout,
        options: Options,
        result: FileResult,
        *,
        tidy: bool,
    ) -> list[Reject]:
        unfit: list[Reject] = []
        path = self._ready(item, sample, unfit, tidy=tidy)
        try:
            rejects = self._run(Source(path, sample), layout, options, result, unfit)
        finally:
            if path != item.path:
                path.unlink(missing_ok=True)
        if not tidy and any(r.code == "quotes" or "\n" in r.raw for r in rejects):
            raise _SwallowedError
        return rejects

    # --- files that DuckDB reads -------------------------------------------------------------

    def _ready(self, item: Input, sample: Sample, unfit: list[Reject], *, tidy: bool) -> Path:
        """The file as DuckDB can read it: unpacked, in UTF-8.

        `tidy`: lines ended alike, and without those that are far too long (DuckDB's time on a
        line grows with the square of its columns) or open a quote that swallows the lines after
        it; these are added to `unfit`.
        """
        utf8 = sample.encoding in ("utf-8", "utf-8-sig", "binary", "ascii") and not tidy
        if item.packing == "plain" and utf8:
            return item.path
        target = self.tmp / f"source-{os.getpid()}.txt"
        if utf8:
            unpack(item, target)
            return target
        with opened(item) as stream, target.open("w", encoding="utf-8", newline="") as sink:
            for line, text in enumerate(_lines(stream, sample.encoding), start=1):
                if len(text) > MAX_LINE:
                    unfit.append(reject(line, "too-long", text))
                elif text.count('"') % 2:
                    unfit.append(reject(line, "quotes", text.rstrip("\n")))
                else:
                    sink.write(text)
        return target

    def _run(
        self,
        source: Source,
        layout: SqlLayout,
        options: Options,
        result: FileResult,
        unfit: list[Reject],
    ) -> list[Reject]:
        """Run a plan; once more, patiently, where its types were too strict for the file."""
        for patient in (False, True):
            plan = layout.plan(source, options, patient=patient)
            self._forget_rejects()
            for _, sql in plan.steps:
                self.duck.run(sql)
            if plan.relation == "wide":
                one_month = not patient and self._one_month(source, plan.day_column)
                staged = self._wide(plan, options, result, patient=patient, one_month=one_month)
                if staged is None:
                    continue
                own = staged
            elif plan.relation == "stamps":
                own = self._stamps(plan, options, result)
            else:
                own = self._canonical(plan, result)
            result.notes += plan.notes
            split = self._split_rejects(source)
            undecided = options.encoding is None and _is_ascii(source.sample)
            if undecided and any(r.code == "encoding" for r in split):
                raise _OtherEncodingError
            split = _numbered(split, unfit, source) + unfit
            result.rows.read += len(split)
            listed = self._listed_rejects(plan, layout)
            result.rows.read += len(listed)
            self._forget_rejects()
            return _numbered(own, split, source) + split + listed
        raise AssertionError("a patient plan casts nothing")

    def _wide(
        self,
        plan: SqlPlan,
        options: Options,
        result: FileResult,
        *,
        patient: bool,
        one_month: bool,
    ) -> list[Reject] | None:
        """Copy a wide file straight to rows of the lake; None when it must be read patiently."""
        self.group.unique = False
        odd = calendar(self.timezone, CALENDAR_FIRST, CALENDAR_LAST).odd_days()
        moved = plan.shift_minutes or self.source_zone != self.timezone
        aside = "true" if moved else "false"
        if odd and aside == "false":
            aside = f"day IN ({', '.join(f'DATE {quoted(str(d))}' for d in odd)})"
        wide = f"SELECT *, {aside} AS aside FROM ({plan.select})"
        seq = slots.batch_seq(result.batch)
        rows = meterday.rows_of_wide(wide, plan.points, result.batch, seq, options.max_kwh)
        target = self.group.folder / _wide_name(result.batch)
        target.mkdir()
        self._copy_wide(rows, target, one_month=one_month)
        if not patient and (self._split_count() or self._needs_lines(target, result)):
            shutil.rmtree(target)
            return None
        return self._lanes(target, plan, result)

    def _needs_lines(self, target: Path, result: FileResult) -> bool:
        """Whether lines must be counted after all: to quarantine them, or to tell which is later.

        Counting lines costs DuckDB its second thread, so it is left out at first.
        """
        if list(target.glob(f"lane={meterday.BAD_LANE}/*")):
            return True
        rows, keys, result.meters, result.day_min, result.day_max, usual = self.duck.row(
            "SELECT count(*), count(DISTINCT (meter_id, day)), count(DISTINCT meter_id), "
            "min(day), max(day), approx_quantile(kwh, 0.5) FROM read_parquet("
            f"{quoted(str(target / '*' / '*.parquet'))}, hive_partitioning = true) "
            f"WHERE lane <> {meterday.OUTWARD_LANE}"
        )
        if usual is not None and usual > UNLIKELY_DAY_KWH:
            result.notes.append(unlikely(usual))
        self.group.unique = rows == keys
        return bool(rows != keys)

    def _copy_wide(self, rows: str, target: Path, *, one_month: bool) -> None:
        """Write rows by lane, as `lane=202501/*.parquet`.

        Writing by lane costs an eighth more than writing one file. So where a look at the file
        found one month, one file is written; should it hold more after all, it is split.
        """
        by_lane = f"({PARQUET}, PARTITION_BY (lane), OVERWRITE_OR_IGNORE)"
        if not one_month:
            self.duck.run(f"COPY ({rows}) TO {quoted(str(target))} {by_lane}")
            return
        whole = target / "whole.parquet"
        self.duck.run(f"COPY ({rows}) TO {quoted(str(whole))} ({PARQUET})")
        found = self.duck.rows(f"SELECT DISTINCT lane FROM {quoted(str(whole))}")
        lanes = [lane for (lane,) in found]
        if len(lanes) == 1:
            (target / f"lane={lanes[0]}").mkdir()
            whole.rename(target / f"lane={lanes[0]}" / "whole.parquet")
        elif lanes:
            self.duck.run(f"COPY (FROM {quoted(str(whole))}) TO {quoted(str(target))} {by_lane}")
        whole.unlink(missing_ok=True)

    def _one_month(self, source: Source, at: int | None) -> bool:
        """Whether lines from all over the file name a day of one month in column `at`."""
        if source.sample.parquet is not None or at is None:
            return False
        size, delimiter = source.path.stat().st_size, source.sample.delimiter.encode()
        months = set()
        with source.path.open("rb") as stream:
            for part in range(PROBES):
                stream.seek(size * part // PROBES)
                # The first line found there is most likely cut; at the start, it is the header.
                stream.readline()
                cells = stream.readline().split(delimiter)
                if at < len(cells) and (found := _YEAR_MONTH.match(cells[at].strip(b' "'))):
                    months.add((int(found[1]), int(found[2])))
        return len(months) == 1

    def _lanes(self, target: Path, plan: SqlPlan, result: FileResult) -> list[Reject]:
        """Sort a staged wide file's parts: what may land, what is bad, what must be laid out."""
        rejects: list[Reject] = []
        for part in sorted(target.rglob("*.parquet")):
            lane = int(part.parent.name.removeprefix("lane="))
            read = self.duck.value(f"SELECT count(*) FROM {quoted(str(part))}")
            result.rows.read += read
            if lane == meterday.BAD_LANE:
                sql = f"SELECT line, raw_code, meter_id, day FROM {quoted(str(part))}"
                rejects += [
                    reject(line, code, f"{meter or ''},{day or ''}")
                    for line, code, meter, day in self.duck.rows(sql)
                ]
            elif lane in (meterday.ASIDE_LANE, meterday.OUTWARD_LANE):
                outward = lane == meterday.OUTWARD_LANE
                self._lay_out(f"SELECT * FROM {quoted(str(part))}", plan, result, outward)
            else:
                kept = self.group.folder / f"{target.name}-{lane}-{part.stem}.parquet"
                part.rename(kept)
                self.group.wide.append(kept)
        shutil.rmtree(target)
        return rejects

    def _lay_out(self, rows: str, plan: SqlPlan, result: FileResult, outward: bool) -> None:
        """Wide rows of export, shifted, or of days on which the clocks change: slot by slot."""
        minutes = 1440 // plan.points
        shifted = f"CAST(slot * {minutes} + {plan.shift_minutes} AS INTEGER)"
        stamps = (
            f"SELECT meter_id, CAST(day AS TIMESTAMP) + to_minutes({shifted}) AS stamp, "
            f"false AS is_utc, CAST({minutes} AS SMALLINT) AS minutes, kwh, "
            f"kwh AS kwh_export, {not outward} AS has_import, {outward} AS has_export, "
            "CAST(CASE WHEN kwh IS NULL THEN 3 ELSE quality END AS UTINYINT) AS quality, raw_code, "
            f"method, seq, line, NULL AS bad FROM ({meterday.slots_of_rows(rows)})"
        )
        self.duck.run(f"CREATE TEMP TABLE laid AS {stamps}")
        # An hour that the clocks skip has columns but no energy; an hour that comes twice has
        # one set of columns, which stands for its first coming.
        self._settle("laid", result, stamp_end=False, skip_never=True)
        self.duck.drop(("laid",))

    def _stamps(self, plan: SqlPlan, options: Options, result: FileResult) -> list[Reject]:
        """One line per reading: settle interval length, zone and slot."""
        self.duck.drop(("stamps",))
        self.duck.run(
            "CREATE TEMP TABLE stamps AS SELECT *, CAST(NULL AS VARCHAR) AS method "
            f"FROM ({plan.select})"
        )
        try:
            read, bad, lengthless = self.duck.row(
                "SELECT count(*), count(bad), count(*) FILTER (WHERE minutes IS NULL "
                "AND bad IS NULL) FROM stamps"
            )
            result.rows.read += read
            rejects = [
                reject(line, code, raw or "", column or "")
                for line, code, column, raw in self.duck.rows(
                    "SELECT line, bad, bad_field, raw FROM stamps WHERE bad IS NOT NULL"
                )
            ]
            if read > bad:
                if lengthless:
                    self._infer(result)
                relation = _WITH_GRID if lengthless else "stamps"
                rejects += self._settle(relation, result, stamp_end=plan.stamp_end)
            return rejects
        finally:
            self.duck.drop(("stamps", "grid"))

    def _infer(self, result: FileResult) -> None:
        """Give each meter its interval length, in the table `grid`.

        From its own times where there are enough, else what the lake knows of it, else the
        file's common one. Raises LamplitError `ingest.interval-unknown`.
        """
        self.duck.run(f"CREATE TEMP TABLE grid AS {slots.grids('stamps', per_meter=True)}")
        known = (
            f"SELECT meter_id, arg_max(minutes, day) AS minutes FROM {self._recent()} GROUP BY 1"
        )
        n, _, _, common = self.duck.row(slots.grids("stamps", per_meter=False))
        common = common if common is not None and n >= 2 else None
        self.duck.run(
            "CREATE OR REPLACE TEMP TABLE grid AS SELECT g.meter_id, CAST(CASE "
            f"WHEN g.n >= {GOOD_SUPPORT} AND g.minutes IS NOT NULL THEN g.minutes "
            f"ELSE coalesce(k.minutes, {'NULL' if common is None else common}, g.minutes) END "
            "AS SMALLINT) AS minutes "
            f"FROM grid AS g LEFT JOIN ({known}) AS k USING (meter_id)"
        )
        unknown = self.duck.value("SELECT count(*) FROM grid WHERE minutes IS NULL")
        if unknown:
            raise LamplitError(problems.INTERVAL_UNKNOWN, where=result.name, meters=unknown)
        lengths = self.duck.rows("SELECT DISTINCT minutes FROM grid ORDER BY 1")
        shown = ", ".join(str(m) if m else "day" for (m,) in lengths[:5])
        result.notes.append(
            Text(
                f"interval length from the times: {shown} min", f"由时间推断区间长度：{shown} 分钟"
            )
        )

    def _recent(self) -> str:
        span = self.lake.day_range()
        if span is None:
            return self.lake.sql(columns=("meter_id", "minutes", "day"))
        months = sorted({f.month for f in self.lake.files()})[-2:]
        files = [f for f in self.lake.files() if f.month in months]
        return self.lake.sql_of(files, columns=("meter_id", "minutes", "day"))

    def _settle(
        self,
        stamps: str,
        result: FileResult,
        *,
        stamp_end: bool,
        skip_never: bool = False,
    ) -> list[Reject]:
        """Stamps with their interval length to rows of `slots`."""
        relation = stamps
        first, last, local = self.duck.row(
            "SELECT min(stamp), max(stamp), count(*) FILTER (WHERE NOT is_utc) "
            f"FROM {stamps} WHERE bad IS NULL"
        )
        if first is None:
            return []
        when = calendar(self.timezone, first.date(), last.date())
        theirs = calendar(self.source_zone, first.date(), last.date())
        again = "false"
        if local and not theirs.fixed:
            relation, again = self._with_again(relation, theirs)
        intervals = slots.intervals_of_stamps(
            relation, when, theirs, "minutes", stamp_end=stamp_end, again=again
        )
        return self._place(f"({intervals})", when, result, skip_never=skip_never)

    def _with_again(self, relation: str, when: Calendar) -> tuple[str, str]:
        """Mark the second coming of wall-clock times, by order of appearance."""
        place = "row_number() OVER (PARTITION BY meter_id, stamp ORDER BY line)"
        twice = f"(NOT is_utc AND {when.twice('stamp')})"
        marked = (
            f"(SELECT *, false AS again FROM {relation} WHERE (NOT {twice}) IS NOT FALSE "
            f"UNION ALL SELECT *, {place} % 2 = 0 AS again FROM {relation} WHERE {twice})"
        )
        return marked, "again"

    def _place(
        self, intervals: str, when: Calendar, result: FileResult, *, skip_never: bool = False
    ) -> list[Reject]:
        """Intervals and totals with `never` and `named_day` to rows of `slots`."""
        batch = result.batch
        rejects: list[Reject] = []
        short = f"(SELECT * FROM {intervals} WHERE minutes BETWEEN 1 AND 1439 AND NOT never)"
        self.duck.drop(("placed",))
        phase = self.duck.rows(
            "SELECT p FROM (SELECT date_diff('second', "
            f"{when.day_start_utc('day')}, start_utc) % (minutes * 60) AS p FROM (SELECT "
            f"*, CAST({when.local_of_utc('start_utc')} AS DATE) AS day FROM {short} LIMIT 10000)) "
            "GROUP BY p ORDER BY count(*) DESC LIMIT 1"
        )
        offset = str(int(phase[0][0])) if phase else "0"
        self.duck.run(
            f"CREATE TEMP TABLE placed AS {slots.slots_of_intervals(short, when, batch, offset)}"
        )
        self.duck.run(
            f"INSERT INTO slots SELECT {slots.SLOT_COLUMNS} FROM placed WHERE NOT off_grid"
        )
        off = self.duck.rows(
            "SELECT DISTINCT line, meter_id, day, slot FROM placed WHERE off_grid "
            "AND line NOT IN (SELECT line FROM placed WHERE NOT off_grid)"
        )
        rejects += [reject(line, "off-grid", f"{meter},{day}") for line, meter, day, _ in off]
        self.duck.drop(("placed",))
        totals = (
            "(SELECT *, CASE WHEN minutes <= 1440 THEN 1 ELSE CAST(round(minutes / 1440.0) "
            f"AS INTEGER) END AS days FROM {intervals} WHERE minutes = 0 OR minutes >= 1440)"
        )
        self.duck.run(f"INSERT INTO slots {slots.slots_of_totals(totals, batch)}")
        if not skip_never:
            gone = self.duck.rows(
                f"SELECT DISTINCT line, meter_id, start_utc FROM {intervals} WHERE never"
            )
            rejects += [reject(line, "no-such-time", f"{m},{at}") for line, m, at in gone]
        return rejects

    # --- relations in the canonical shapes ---------------------------------------------------

    def _canonical(self, plan: SqlPlan, result: FileResult) -> list[Reject]:
        self.duck.drop(("canonical",))
        self.duck.run(f"CREATE TEMP TABLE canonical AS {plan.select}")
        try:
            result.rows.read += self.duck.value("SELECT count(DISTINCT line) FROM canonical")
            return self._take("canonical", plan.relation, result)
        finally:
            self.duck.drop(("canonical",))

    def _take(self, name: str, relation: str, result: FileResult) -> list[Reject]:
        """Rows of a canonical relation (a table) into `slots` or `registers`."""
        if relation == "registers":
            columns = ", ".join(REGISTERS.names)
            self.duck.run(f"INSERT INTO registers SELECT {result.batch}, {columns} FROM {name}")
            self.group.registers = True
            return []
        if relation == "days":
            return self._take_days(name, result)
        first, last = self.duck.row(f"SELECT min(start_utc), max(start_utc) FROM {name}")
        if first is None:
            return []
        when = calendar(self.timezone, first.date(), last.date())
        named = (
            f"(SELECT *, false AS never, CAST({when.local_of_utc('start_utc')} AS DATE) "
            f"AS named_day FROM {name})"
        )
        return self._place(named, when, result)

    def _take_days(self, name: str, result: FileResult) -> list[Reject]:
        first, last = self.duck.row(f"SELECT min(day), max(day) FROM {name}")
        if first is None:
            return []
        when = calendar(self.timezone, first, last)
        daily = (
            "SELECT meter_id, CAST(NULL AS TIMESTAMP) AS start_utc, CAST(0 AS SMALLINT) "
            "AS minutes, direction, kwh, quality, raw_code, method, seq, line, "
            f"false AS never, day AS named_day FROM {name} WHERE intervals IS NULL"
        )
        shaped = (
            f"SELECT *, false AS never, CAST(NULL AS DATE) AS named_day FROM "
            f"({slots.intervals_of_days(name, when)})"
        )
        return self._place(f"({daily} UNION ALL BY NAME {shaped})", when, result)

    # --- files that Python reads -------------------------------------------------------------

    def _read(
        self, item: Input, sample: Sample, layout: ReaderLayout, options: Options,
        result: FileResult,
    ) -> list[Reject]:  # fmt: skip
        rejects: list[Reject] = []
        relations = {tuple(s.names): n for s, n in _RELATIONS}
        held: dict[str, list[pa.RecordBatch]] = {}
        with opened(item) as stream:
            found: Iterator[pa.RecordBatch | Reject] = iter(layout.read(stream, sample, options))
            while chunk := list(islice(found, 64)):
                for piece in chunk:
                    if isinstance(piece, Reject):
                        rejects.append(piece)
                    elif piece.num_rows:
                        held.setdefault(relations[tuple(piece.schema.names)], []).append(piece)
        # A record may speak in several batches, so lines are counted over the whole file.
        lines: list[str] = []
        for relation, batches in held.items():
            table = pa.Table.from_batches(batches)
            self.duck.register(f"in_{relation}", table)
            self.duck.run(f"CREATE TEMP TABLE read_{relation} AS SELECT * FROM in_{relation}")
            self.duck.unregister(f"in_{relation}")
            lines.append(f"SELECT line FROM read_{relation}")
        if lines:
            union = " UNION ALL ".join(lines)
            result.rows.read += self.duck.value(f"SELECT count(DISTINCT line) FROM ({union})")
        result.rows.read += len(rejects)
        for relation in held:
            rejects += self._take(f"read_{relation}", relation, result)
            self.duck.drop((f"read_{relation}",))
        return rejects

    # --- rejects ------------------------------------------------------------------------------

    def _forget_rejects(self) -> None:
        self.duck.drop((REJECTS, f"{REJECTS}_scans"))

    def _split_count(self) -> int:
        if not self._has_rejects():
            return 0
        return int(self.duck.value(f"SELECT count(DISTINCT line) FROM {REJECTS}"))

    def _has_rejects(self) -> bool:
        sql = f"SELECT count(*) FROM duckdb_tables() WHERE table_name = {quoted(REJECTS)}"
        return bool(self.duck.value(sql))

    def _split_rejects(self, source: Source) -> list[Reject]:
        """The lines that DuckDB could not split into cells."""
        if not self._has_rejects():
            return []
        rows = self.duck.rows(
            "SELECT line, arg_min(CAST(error_type AS VARCHAR), coalesce(column_idx, 0)), "
            f"any_value(csv_line) FROM {REJECTS} GROUP BY line ORDER BY line"
        )
        return [reject(line, _SPLIT.get(kind, "unreadable"), raw or "") for line, kind, raw in rows]

    def _listed_rejects(self, plan: SqlPlan, layout: SqlLayout) -> list[Reject]:
        if plan.rejects is None:
            return []
        own: dict[str, Text] = getattr(layout, "reasons", {})
        return [
            Reject(
                line,
                code,
                own.get(code) or REASONS.get(code) or REASONS["unreadable"],
                (raw or "")[:RAW_CHARACTERS],
                column or "",
            )
            for line, column, code, raw in self.duck.rows(
                f"SELECT line, field, code, raw FROM ({plan.rejects})"
            )
        ]


_YEAR_MONTH: Final = re.compile(rb"(\d{4})\D{0,3}(\d{1,2})")
_WITH_GRID: Final = (
    "(SELECT s.* REPLACE (coalesce(s.minutes, g.minutes) AS minutes) "
    "FROM stamps AS s JOIN grid AS g USING (meter_id))"
)
_RELATIONS: Final = ((INTERVALS, "intervals"), (DAYS, "days"), (REGISTERS, "registers"))
_SPLIT: Final = {
    "MISSING COLUMNS": "columns",
    "TOO MANY COLUMNS": "columns",
    "UNQUOTED VALUE": "quotes",
    "LINE SIZE OVER MAXIMUM": "too-long",
    "INVALID ENCODING": "encoding",
    "INVALID STATE": "quotes",
    "CAST": "not-a-number",
}


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of a text, each ended by a line feed; what is beyond MAX_LINE may be cut off."""
    newlines = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(encoding)("replace"), translate=True
    )
    rest = ""
    while True:
        chunk = stream.read(1 << 20)
        text = rest + newlines.decode(chunk, final=not chunk)
        *whole, rest = text.split("\n")
        yield from (line + "\n" for line in whole)
        if len(rest) > 2 * MAX_LINE:
            rest = rest[: 2 * MAX_LINE]
        if not chunk:
            break
    if rest:
        yield rest + "\n"


class _SwallowedError(Exception):
    """A quote that was never closed took other lines for its own."""


class _OtherEncodingError(Exception):
    """The file is not in the encoding that its start seemed to be in."""


def _is_ascii(sample: Sample) -> bool:
    """Whether the start of a text says nothing of its encoding."""
    return sample.encoding == "utf-8" and sample.text.isascii() and bool(sample.text)


def _mixed_line_ends(sample: Sample) -> bool:
    """Whether lines end in more than one way, or the old Macintosh one."""
    text = sample.text
    pairs, feeds, returns = text.count("\r\n"), text.count("\n"), text.count("\r")
    return returns > pairs or (pairs > 0 and feeds > pairs)


def _wide_name(batch: int) -> str:
    return f"w{batch:06d}"


def _numbered(own: list[Reject], split: list[Reject], source: Source) -> list[Reject]:
    """Rejects found by row, with the line that they stand on: lines not split come before."""
    if not split or source.sample.parquet is not None:
        return own
    skipped = sorted(r.line for r in split)
    fixed = []
    for row in sorted(own, key=lambda r: r.line):
        line = row.line
        for before in skipped:
            if before > line:
                break
            line += 1
        fixed.append(Reject(line, row.code, row.reason, row.raw, row.column))
    return fixed


def unlikely(usual: float) -> Text:
    """The note on a file whose unit is most likely not what it was taken for."""
    return Text(
        f"half of the days have over {usual:,.0f} kWh: are the values kW or Wh? (--unit)",
        f"半数表日电量超过 {usual:,.0f} kWh：数值单位是否为 kW 或 Wh？（--unit）",
    )


def is_full(cause: BaseException) -> bool:
    """Whether a fault is a disk that is full, or a limit on what may be written to it."""
    known = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return known or any(t in str(cause) for t in ("No space left", "File too large", "Disk quota"))


def _unreadable(cause: Exception, layout: Layout, item: Input) -> Exception:
    text = str(cause)
    if is_full(cause) or "Out of Memory" in text:
        return cause
    short = text.splitlines()[0][:300]
    return LamplitError(problems.UNREADABLE, where=item.name, layout=layout.name, cause=short)
