"""A staged group into the lake: new days as base files, days that come again as deltas."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters import merging, meterday, slots
from lamplit.meters.lake import COLUMNS, PARQUET, Lake, new_name
from lamplit.meters.manifest import Batch, Kind, LakeFile, digest_of
from lamplit.meters.shelf import written
from lamplit.services.ingest import registers
from lamplit.services.ingest.group import Group

KEY: Final = "meter_id, day"
ALL: Final = ", ".join(COLUMNS)
REAL_LINE: Final = "CASE WHEN line > 0 THEN line END"
"""A row's line, without those that only tell rows apart whose lines were not counted."""
_TABLES: Final = (
    "lists", "clash", "offered", "easy", "hard", "fresh", "old_rows", "pool", "ranked", "judged",
    "changed", "won", "won_lists", "again",
)  # fmt: skip


class Landing:
    """Merges one group into the lake, and commits."""

    def __init__(self, duck: Duck, lake: Lake, group: Group) -> None:
        self.duck, self.lake, self.group = duck, lake, group
        self.added: list[LakeFile] = []
        self.dropped: set[str] = set()
        self.register_fates: dict[tuple[int, int], int] = {}

    def prepare(self) -> None:
        """Work out what is new, what changes and what is known; write the files, uncommitted.

        Fills in each result's counts. Nothing that a reader sees has changed yet.
        """
        self.duck.drop(_TABLES)
        self.duck.run(
            f"CREATE TEMP TABLE lists AS SELECT *, {meterday.is_clean()} AS clean "
            f"FROM ({meterday.lists_of_slots('slots')})"
        )
        overlapping = self._overlapping()
        clashes = False
        if overlapping or not self._one_clean_wide_file():
            self._find_clashes(overlapping)
            clashes = bool(self.duck.value("SELECT count(*) FROM clash"))
        if clashes:
            self._judge(overlapping)
        self._write_new(clashes)
        if clashes:
            self.write_again("again")
        if self.group.registers:
            self._land_registers()
        self._count(clashes)

    def commit(self) -> None:
        """Make it the lake."""
        made = []
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for result in self.group.results:
            rows = result.rows
            counts = {
                "read": rows.read,
                "kept": rows.kept,
                "corrected": rows.corrected,
                "duplicate": rows.duplicate,
                "quarantined": rows.quarantined,
            }
            made.append(
                Batch(
                    result.batch,
                    result.name,
                    result.sha256,
                    result.layout,
                    result.options,
                    counts,
                    at,
                    result.day_min,
                    result.day_max,
                    result.meters,
                    result.size,
                )
            )
        new = self.lake.manifest.changed(
            add=tuple(self.added), drop=frozenset(self.dropped), batches=tuple(made)
        )
        self.lake.commit(new)

    def abandon(self) -> None:
        """Remove what `prepare` wrote, unless it has been committed already."""
        listed = set(self.lake.manifest.files)
        self.lake.remove(file for file in self.added if file not in listed)

    # --- what is there already ----------------------------------------------------------------

    def _wide(self) -> str:
        paths = ", ".join(quoted(str(p)) for p in self.group.wide)
        return f"read_parquet([{paths}])"

    def _one_clean_wide_file(self) -> bool:
        """Whether staging has found already that nothing comes twice."""
        alone = len(self.group.results) == 1 and not self.group.registers and self.group.unique
        return alone and not self.duck.value("SELECT count(*) FROM slots")

    def _wide_told(self) -> str:
        """The wide rows, each with a `line` of its own: negative where lines were not counted."""
        paths = ", ".join(quoted(str(p)) for p in self.group.wide)
        place = f"list_position([{paths}], filename)"
        line = f"coalesce(line, -1 - file_row_number - (CAST({place} AS BIGINT) << 40))"
        return (
            f"(SELECT * REPLACE ({line} AS line) FROM read_parquet([{paths}], "
            "file_row_number = true, filename = true))"
        )

    def _overlapping(self) -> list[LakeFile]:
        spans = ["SELECT min(day) AS a, max(day) AS b FROM lists"]
        if self.group.wide:
            spans.append(f"SELECT min(day), max(day) FROM {self._wide()}")
        first, last = self.duck.row(f"SELECT min(a), max(b) FROM ({' UNION ALL '.join(spans)})")
        if first is None:
            return []
        months = {f.month for f in self.lake.files(first, last)}
        # A month's delta and base files belong together, whatever days each of them holds.
        return [f for f in self.lake.files() if f.month in months]

    def _find_clashes(self, overlapping: list[LakeFile]) -> None:
        """The table `clash`: keys that come more than once (`own`), or are in the lake."""
        keys = [f"SELECT {KEY}, CASE WHEN clean THEN 1 ELSE 2 END AS n FROM lists"]
        if self.group.wide:
            keys.append(f"SELECT {KEY}, 1 AS n FROM {self._wide()}")
        every = " UNION ALL ".join(keys)
        found = [f"SELECT {KEY}, true AS own FROM ({every}) GROUP BY {KEY} HAVING sum(n) > 1"]
        if overlapping:
            first, last = self.duck.row(f"SELECT min(day), max(day) FROM ({every})")
            there = self.lake.sql_of(overlapping, first, last, ("meter_id", "day"))
            found.append(f"SELECT {KEY}, false FROM ({every}) SEMI JOIN {there} USING ({KEY})")
        both = " UNION ALL ".join(found)
        self.duck.run(
            f"CREATE TEMP TABLE clash AS SELECT {KEY}, bool_or(own) AS own FROM ({both}) "
            f"GROUP BY {KEY}"
        )

    def _judge(self, overlapping: list[LakeFile]) -> None:
        """What becomes of each row whose day comes again; the days to write again."""
        run = self.duck.run
        first, last = self.duck.row("SELECT min(day), max(day) FROM clash")
        there = self.lake.sql_of(overlapping, first, last)
        run(f"CREATE TEMP TABLE old_rows AS SELECT * FROM {there} SEMI JOIN clash USING ({KEY})")
        offered = [
            f"SELECT *, false AS whole FROM ({meterday.rows_of_lists('SELECT * FROM lists')})"
        ]
        if self.group.wide:
            offered.append(f"SELECT {ALL}, true AS whole FROM {self._wide_told()}")
        once = "(SELECT * FROM clash WHERE NOT own)"
        run(
            "CREATE TEMP TABLE offered AS "
            + " UNION ALL ".join(
                f"SELECT * FROM ({o}) SEMI JOIN {once} USING ({KEY})" for o in offered
            )
        )
        run(f"CREATE TEMP TABLE easy AS {merging.easy('offered', 'old_rows')}")
        self.duck.drop(("offered",))
        run(f"CREATE TEMP TABLE hard AS SELECT {KEY} FROM clash ANTI JOIN easy USING ({KEY})")
        self._judge_hard()

    def _judge_hard(self) -> None:
        """Slot by slot: which reading wins, and what that makes of each row."""
        run = self.duck.run
        fresh = f"SELECT {slots.SLOT_COLUMNS} FROM slots SEMI JOIN hard USING ({KEY})"
        if self.group.wide:
            wide = f"SELECT {ALL} FROM {self._wide_told()} SEMI JOIN hard USING ({KEY})"
            fresh += f" UNION ALL {meterday.slots_of_rows(wide)}"
        run(f"CREATE TEMP TABLE fresh AS {fresh}")
        old = f"SELECT * FROM old_rows SEMI JOIN hard USING ({KEY})"
        old_slots = f"SELECT * FROM ({meterday.slots_of_rows(old)}) WHERE kwh IS NOT NULL"
        run(f"CREATE TEMP TABLE pool AS {merging.pool('fresh', old_slots)}")
        self.duck.drop(("fresh",))
        run(f"CREATE TEMP TABLE ranked AS {merging.ranked('pool')}")
        self.duck.drop(("pool",))
        run(f"CREATE TEMP TABLE judged AS {merging.judged('ranked', 'old_rows')}")
        run(f"CREATE TEMP TABLE changed AS {merging.changed_keys('judged')}")
        run(f"CREATE TEMP TABLE won AS {merging.winners('ranked', 'changed')}")
        self.duck.drop(("ranked",))
        run(f"CREATE TEMP TABLE won_lists AS {meterday.lists_of_slots('won')}")
        rows = meterday.rows_of_lists("SELECT * FROM won_lists")
        replaced = f"SELECT {ALL}, true AS known FROM easy WHERE fate <> {merging.DUPLICATE}"
        run(
            f"CREATE TEMP TABLE again AS SELECT * REPLACE ({REAL_LINE} AS line) FROM "
            f"({merging.rewritten(rows, 'changed', 'old_rows')} "
            f"UNION ALL {replaced})"
        )

    # --- writing ------------------------------------------------------------------------------

    def _write_new(self, clashes: bool) -> None:
        """Days that were never there, as base files."""
        source = "lists ANTI JOIN clash USING (meter_id, day)" if clashes else "lists"
        if self.duck.value(f"SELECT count(*) FROM {source}"):
            told = f"SELECT * REPLACE ({REAL_LINE} AS line) FROM {source}"
            self._copy(meterday.rows_of_lists(told), "base")
        if clashes:
            first = f"SELECT {ALL} FROM again WHERE NOT known"
            if self.duck.value(f"SELECT count(*) FROM ({first})"):
                self._copy(first, "base")
        wide = self.group.wide
        if not wide:
            return
        touched = clashes and self.duck.value(
            f"SELECT count(*) FROM {self._wide()} SEMI JOIN clash USING ({KEY})"
        )
        if touched or len(wide) > 2 * len({p.name.split("-")[1] for p in wide}):
            rest = f"SELECT {ALL} FROM {self._wide()} ANTI JOIN clash USING ({KEY})"
            if self.duck.value(f"SELECT count(*) FROM ({rest})"):
                self._copy(rest, "base")
            return
        targets = [self._name(path.name.split("-")[1], "base") for path in wide]
        for path, target in zip(wide, targets, strict=True):
            self.lake.shelf.put(path, target)
        self._list(targets, "base")

    def _land_registers(self) -> None:
        """Days that registers speak of, on top of what the group's other readings wrote."""
        self.register_fates = registers.settle(
            self.duck, self.lake, self._files(), self.group.max_kwh
        )
        first = f"SELECT {ALL} FROM register_new WHERE NOT known"
        if self.duck.value(f"SELECT count(*) FROM ({first})"):
            self._copy(first, "base")
        self.write_again("register_new")

    def _files(self) -> list[LakeFile]:
        """The lake's files as the commit will leave them."""
        return [f for f in self.lake.files() if f.path not in self.dropped] + self.added

    def write_again(self, table: str) -> None:
        """Days that changed (`known` rows of the table): each month's delta, written whole."""
        months = self.duck.rows(
            f"SELECT DISTINCT year(day) * 100 + month(day) FROM {table} WHERE known"
        )
        for (month,) in months:
            rows = (
                f"SELECT {ALL} FROM {table} WHERE known AND year(day) * 100 + month(day) = {month}"
            )
            old = [f for f in self._files() if f.month == month and f.kind == "delta"]
            if old:
                before = f"SELECT {ALL} FROM read_parquet({self.lake.paths_sql(old)})"
                rows = (
                    f"SELECT * FROM ({before}) ANTI JOIN (SELECT {KEY} FROM {table} WHERE known) "
                    f"USING ({KEY}) UNION ALL {rows}"
                )
            target = self._name(str(month), "delta")
            self.write_file(f"SELECT * FROM ({rows}) ORDER BY {KEY}", target)
            self._drop(old)
            self._list([target], "delta")

    def _drop(self, files: list[LakeFile]) -> None:
        """Leave files out of the lake to come; those that this group wrote go at once."""
        for file in files:
            if file in self.added:
                self.added.remove(file)
                self.lake.remove([file])
            else:
                self.dropped.add(file.path)

    def _copy(self, rows: str, kind: Kind) -> None:
        """Write rows to one file a month."""
        target = self.group.folder / uuid.uuid4().hex[:12]
        self.duck.run(
            f"COPY (SELECT *, year(day) * 100 + month(day) AS lane FROM ({rows})) "
            f"TO {quoted(str(target))} ({PARQUET}, PARTITION_BY (lane))"
        )
        names = []
        for part in sorted(target.rglob("*.parquet")):
            name = self._name(part.parent.name.removeprefix("lane="), kind)
            self.lake.shelf.put(part, name)
            names.append(name)
        self._list(names, kind)

    def write_file(self, rows: str, name: str) -> None:
        """Write rows to a file of the lake, uncommitted."""
        with written(self.lake.shelf, name) as target:
            self.duck.run(f"COPY ({rows}) TO {quoted(str(target))} ({PARQUET})")

    def _name(self, month: str, kind: Kind) -> str:
        return new_name(month, kind, max(r.batch for r in self.group.results))

    def _list(self, names: Iterable[str], kind: Kind) -> None:
        self.added += listed(self.duck, self.lake, names, kind)

    # --- counting -----------------------------------------------------------------------------

    def _count(self, clashes: bool) -> None:
        fates: dict[tuple[int, int], int] = {}
        if clashes:
            tally = self.duck.rows(merging.tally(self._fates()))
            fates = {(batch, fate): n for batch, fate, n in tally}
        for result in self.group.results:
            rows = result.rows
            for known in (fates, self.register_fates):
                rows.duplicate += known.get((result.batch, merging.DUPLICATE), 0)
                rows.corrected += known.get((result.batch, merging.CORRECTED), 0)
            rows.kept = rows.read - rows.quarantined - rows.duplicate - rows.corrected
        if not self._one_clean_wide_file():
            self._count_meters()
            self._find_usual()

    def _fates(self) -> str:
        """(batch, line, fate) of all that any line of a clashing day came to."""
        mixed = (
            "SELECT DISTINCT s.batch, s.line FROM slots AS s ANTI JOIN clash "
            "ON s.meter_id = clash.meter_id AND s.day = clash.day "
            "SEMI JOIN (SELECT batch, line FROM slots SEMI JOIN clash USING (meter_id, day)) AS j "
            "ON s.batch = j.batch AND s.line = j.line"
        )
        return (
            "SELECT batch, line, fate FROM judged UNION ALL "
            "SELECT batch, line, fate FROM easy WHERE whole UNION ALL "
            "SELECT s.batch, s.line, e.fate FROM slots AS s JOIN easy AS e "
            "ON s.meter_id = e.meter_id AND s.day = e.day AND NOT e.whole UNION ALL "
            f"SELECT batch, line, {merging.KEPT} FROM ({mixed})"
        )

    def _find_usual(self) -> None:
        """What half of each file's days have more than, where that is not known already."""
        usual = dict(
            self.duck.rows(
                "SELECT batch, approx_quantile(list_sum(vals), 0.5) FROM lists "
                "WHERE vals IS NOT NULL GROUP BY batch"
            )
        )
        for result in self.group.results:
            result.usual = result.usual or usual.get(result.batch)

    def _count_meters(self) -> None:
        parts = [f"SELECT batch, {KEY} FROM slots"]
        if len(self.group.results) == 1:
            parts = [f"SELECT {self.group.results[0].batch} AS batch, {KEY} FROM lists"]
        if self.group.registers:
            parts.append("SELECT batch, meter_id, at_day AS day FROM registers")
        if self.group.wide or self.added:
            wide = [p for p in self.group.wide if p.exists()]
            wide += self.lake.paths(f for f in self.added if f.kind == "base")
            if wide and self.group.wide:
                paths = ", ".join(quoted(str(p)) for p in wide)
                parts.append(f"SELECT batch, {KEY} FROM read_parquet([{paths}])")
        found = {
            batch: (meters, first, last)
            for batch, meters, first, last in self.duck.rows(
                "SELECT batch, count(DISTINCT meter_id), min(day), max(day) "
                f"FROM ({' UNION ALL '.join(parts)}) GROUP BY batch"
            )
        }
        for result in self.group.results:
            meters, first, last = found.get(result.batch, (0, None, None))
            result.meters = meters
            result.day_min, result.day_max = first, last


def listed(
    duck: Duck, lake: Lake, names: Iterable[str], kind: Kind, *, digests: bool = True
) -> list[LakeFile]:
    """The manifest's entries of Parquet files that lie on the lake's shelf under these names.

    Their bytes are read for the digests, from memory as a rule: they were written just now.
    Raises LamplitError `lake.file-missing`.
    """
    found = []
    for name in names:
        path = lake.named(name)
        rows, first, last, batch = duck.row(
            f"SELECT count(*), min(day), max(day), max(batch) FROM {quoted(str(path))}"
        )
        found.append(
            LakeFile(
                name,
                kind,
                _month(first),
                first,
                last,
                rows,
                batch,
                digest_of(path) if digests else "",
            )
        )
    return found


def _month(day: date) -> int:
    return day.year * 100 + day.month
