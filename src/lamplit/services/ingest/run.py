"""Take readings in: find the files, choose a layout for each, stage, merge, commit."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import ingest as problems
from lamplit.domain.problems.home import DISK_FULL
from lamplit.engine.duckdb import Duck, DuckError, quoted
from lamplit.meters.archive import Input, digest, find_inputs, has_long_lines, inputs_of
from lamplit.meters.lake import COLUMNS, Lake
from lamplit.meters.layouts.base import Layout, Options, Sample
from lamplit.meters.quarantine import write_quarantine
from lamplit.meters.sniff import choose, sample_of
from lamplit.meters.sources import FarFile
from lamplit.services.blame import blaming
from lamplit.services.home import Home
from lamplit.services.ingest.excel import as_text
from lamplit.services.ingest.group import Staging
from lamplit.services.ingest.land import Landing
from lamplit.services.ingest.result import FileResult, IngestReport, Rows
from lamplit.services.ingest.stage import is_full, stage
from lamplit.services.ingest.watch import Watch
from lamplit.services.lock import committing
from lamplit.services.settings import Settings, bytes_of

GROUP_BYTES: Final = 64 << 20
GROUP_FILES: Final = 1_000
"""Small files are committed together, up to so much; a larger one on its own."""

ROW_BYTES: Final = 2_000
"""A row of the lake while it waits to be written, its 96 intervals as DuckDB holds them."""
HELD_SHARE: Final = 8
"""Of the memory limit, the part that waits to be written by month: the engine does not count it."""
FEWEST_HELD, MOST_HELD = 61_440, 524_288
"""Rows that each thread holds before it writes; more of them make larger row groups of a month."""

Report = Callable[[float, float | None, str | None], None]


def ingest(
    home: Home,
    given: Sequence[Path | str],
    options: Options,
    *,
    report: Report | None = None,
    dry_run: bool = False,
    watch: Watch | None = None,
) -> IngestReport:
    """Take the readings of what is given (files, folders, addresses) into the home's lake.

    A file of which nothing can be used is told of in its result, and the others go on. What
    `report` raises ends the run; files committed by then stay. `watch` is kept filled in for
    another thread. Raises LamplitError where nothing can be begun: no such file, or another writer;
    and `lake.file-damaged` or `lake.file-missing`.
    """
    started = time.monotonic()
    inputs = find_inputs(given)
    with committing(home, "ingest"):
        run = _run_on(home.config.engine)(
            home, options, report or _silent, dry_run, watch or Watch()
        )
        try:
            if watch is not None:
                run.watched()
            run.all(inputs)
        except (DuckError, OSError) as cause:
            if is_full(cause):
                raise OSError(errno.ENOSPC, str(cause).splitlines()[0]) from cause
            raise
        finally:
            run.close()
    run.report.seconds = time.monotonic() - started
    return run.report


def _run_on(engine: str) -> type[Run]:
    if engine == "duckdb":
        return Run
    from lamplit.services.ingest.spark import SparkRun

    return SparkRun


def rows_held(config: Settings) -> int:
    """Rows of the lake that each thread may hold back while it writes by month."""
    if not config.memory_limit:
        return MOST_HELD
    threads = config.threads or os.cpu_count() or 1
    rows = bytes_of(config.memory_limit) // (HELD_SHARE * ROW_BYTES * threads)
    return int(min(max(rows, FEWEST_HELD), MOST_HELD))


class Run:
    """One run of an ingest: what it holds while it works."""

    most_files = GROUP_FILES

    def __init__(
        self, home: Home, options: Options, say: Report, dry_run: bool, watch: Watch
    ) -> None:
        self.home, self.options, self.say, self.watch = home, options, say, watch
        self.lake = Lake(home)
        self.lake.sweep()
        self.tmp = home.tmp_dir / "ingest"
        shutil.rmtree(self.tmp, ignore_errors=True)
        self.tmp.mkdir(parents=True)
        self.duck = Duck(
            memory_limit=home.config.memory_limit,
            threads=home.config.threads,
            temp_dir=self.tmp / "spill",
        )
        self.duck.run(f"SET partitioned_write_flush_threshold = {rows_held(home.config)}")
        self.staging = Staging(self.duck, self.lake, home.timezone, self.tmp)
        self.hasher = ThreadPoolExecutor(1, "digest")
        self.report = IngestReport(dry_run=dry_run)
        self.next_batch = self.lake.last_batch() + 1
        self.done = 0.0
        watch.report = self.report

    def watched(self) -> None:
        """Let the watch look into the engine."""
        self.duck.watched()
        self.watch.duck = self.duck

    def close(self) -> None:
        """Give back memory and disk."""
        self.watch.end()
        self.hasher.shutdown(cancel_futures=True)
        self.duck.close()
        shutil.rmtree(self.tmp, ignore_errors=True)

    def all(self, inputs: list[Input | FarFile]) -> None:
        """Every file, in groups."""
        # What lies at an address is gone over twice: it is fetched, and then read.
        total = float(sum(i.size * (1 + isinstance(i, FarFile)) for i in inputs)) or 1.0
        self.watch.total = total
        group = self.staging.begin(self.tmp / "staged")
        for item in self._at_hand(inputs, total):
            self.say(self.done, total, item.name)
            if group.results and group.bytes + item.size > GROUP_BYTES:
                self._land()
                group = self.staging.begin(self.tmp / "staged")
            self.watch.at("reading", item.name, self.done, item.size)
            self._one(item)
            group.bytes += item.size
            self.done += item.size
            if len(group.results) >= self.most_files:
                self._land()
                group = self.staging.begin(self.tmp / "staged")
        self._land()
        self.say(total, total, None)
        self._count_unknown()

    def _at_hand(self, inputs: Iterable[Input | FarFile], total: float) -> Iterator[Input]:
        """What is to be read, one after the other; of a file at an address there is a copy here
        until the next is asked for.
        """
        for item in inputs:
            if isinstance(item, Input):
                yield item
                continue
            copy, begun = self.tmp / item.copy_name(), self.done
            try:
                yield from self.fetched(item, copy, total)
            except (LamplitError, FileNotFoundError) as fault:
                gone = LamplitError(problems.NO_SUCH_FILE, where=item.name)
                result = FileResult(item.name)
                self.report.files.append(result)
                self._failed(result, fault if isinstance(fault, LamplitError) else gone)
            finally:
                copy.unlink(missing_ok=True)
                self.done = begun + 2 * item.size

    def fetched(self, item: FarFile, copy: Path, total: float) -> list[Input]:
        """Have a file that lies at an address here, as `copy`; and what is to be read of it."""
        size = f"{item.size / 1e6:,.1f} MB"

        def come(copied: int) -> None:
            self.say(self.done + copied, total, f"{item.name} ({copied / 1e6:,.1f} / {size})")

        come(0)
        item.fetch(copy, come)
        self.done += item.size
        return inputs_of(copy, item.name)

    def _one(self, item: Input) -> None:
        """Stage one file; what is wrong with it is told in its result."""
        result = FileResult(item.name)
        try:
            self.report.files.append(result)
            self._stage(item, result)
        except LamplitError as error:
            self._failed(result, error)

    def _failed(self, result: FileResult, error: LamplitError) -> None:
        """Tell of a file that nothing was taken of; raise what would meet the next file too."""
        if error.code.startswith("lake.") or error.code == DISK_FULL.code:
            raise error
        result.error = error
        result.rows = Rows()
        result.batch = 0

    def _stage(self, item: Input, result: FileResult) -> None:
        item = as_text(item, self.tmp)
        sample = sample_of(item, self.options)
        layout, match = choose(sample, self.options)
        result.layout, result.why = layout.name, match.why
        _check_rows(sample, layout.name)
        result.options = _told(self.options, layout.name, self.home.timezone)
        result.size = item.size
        tidy = sample.parquet is None and self.untidy(item)
        hashing = self.hasher.submit(digest, item)
        if self._size_known(item.size) or item.packing != "plain":
            result.sha256 = hashing.result()
            if self._seen(result):
                return
        result.batch = self.next_batch
        self.next_batch += 1
        try:
            self.read(item, sample, layout, result, tidy=tidy)
        finally:
            # Of a size that no batch has, the file is new (or was packed then, which the hash
            # tells), and its hash is made alongside.
            result.sha256 = hashing.result()
        if self._known_after_all(result):
            return
        if result.rows.quarantined and not self.report.dry_run:
            result.quarantine = write_quarantine(
                self.home.quarantine_dir, result.batch, item.name, result.rejects
            )
        if result.rows.quarantined == result.rows.read:
            self._refuse(result)
        self.staging.group.results.append(result)

    def untidy(self, item: Input) -> bool:
        """Whether a text has lines that are far too long."""
        return has_long_lines(item)

    def read(
        self, item: Input, sample: Sample, layout: Layout, result: FileResult, *, tidy: bool
    ) -> None:
        """Stage one file, and say in the result what of it can't be used."""
        stage(self.staging, item, sample, layout, self.options, result, tidy=tidy)

    def forget(self, result: FileResult) -> None:
        """Undo what `read` has staged."""
        self.staging.forget(result)

    def landing(self) -> Landing:
        """What takes the staged group into the lake."""
        return Landing(self.duck, self.lake, self.staging.group)

    def _refuse(self, result: FileResult) -> None:
        """Nothing of the file was usable: an empty one, or every row was rejected."""
        if not result.rows.read:
            raise LamplitError(problems.HEADER_ONLY, where=result.name)
        first = result.rejects[0]
        raise LamplitError(
            problems.NOTHING_USABLE,
            where=f"{result.name}, line {first.line}",
            rows=result.rows.read,
            reason=first.reason.en,
        )

    def _known_after_all(self, result: FileResult) -> bool:
        staged, result.rows = result.rows, Rows()
        if self._seen(result):
            self.forget(result)
            result.notes, result.reasons, result.rejects, result.batch = [], {}, (), 0
            return True
        result.rows = staged
        return False

    def _size_known(self, size: int) -> bool:
        sizes = (b.size for b in self.lake.manifest.batches)
        return any(s in (0, size) for s in sizes) or any(
            r.size == size for r in self.staging.group.results
        )

    def _seen(self, result: FileResult) -> bool:
        """Whether these bytes were taken in before with these options; the counts, if so."""
        before = self.lake.manifest.seen(result.sha256, result.options)
        if before is not None:
            result.seen_before = before.id
            result.rows.read = before.rows["read"]
            result.rows.duplicate = before.rows["read"] - before.rows["quarantined"]
            result.rows.quarantined = before.rows["quarantined"]
            result.day_min, result.day_max = before.day_min, before.day_max
            result.meters = before.meters
            return True
        for other in self.staging.group.results:
            if other.sha256 == result.sha256 and other.options == result.options:
                result.seen_before = other.batch
                result.rows.read = other.rows.read
                result.rows.quarantined = other.rows.quarantined
                result.rows.duplicate = other.rows.read - other.rows.quarantined
                return True
        return False

    def _land(self) -> None:
        group = self.staging.group
        if not group.results:
            return
        size = float(sum(result.size for result in group.results))
        begun = self.watch.done + self.watch.size - size
        self.watch.at("merging", group.results[-1].name, max(begun, 0.0), size)
        landing = self.landing()
        try:
            with blaming(self.lake, self.duck, COLUMNS):
                landing.prepare()
            for result in group.results:
                result.doubt_unit()
            if self.report.dry_run:
                landing.abandon()
            else:
                landing.commit()
        except BaseException:
            landing.abandon()
            raise

    def _count_unknown(self) -> None:
        """How many of the meters taken in the registry does not know."""
        registry = self.home.registry_file
        batches = [f.batch for f in self.report.files if f.batch]
        if not registry.exists() or not batches or self.report.dry_run:
            return
        self.report.registry = True
        self.report.unknown_meters = self.duck.value(
            "SELECT count(DISTINCT meter_id) FROM "
            f"{self.lake.touched_since(min(batches) - 1)} "
            f"ANTI JOIN read_parquet({quoted(str(registry))}) USING (meter_id)"
        )


def _check_rows(sample: Sample, layout: str) -> None:
    """Raise `ingest.header-only` for a table without rows."""
    one_line = len(sample.text.strip("\ufeff\x1a \t\r\n").splitlines()) <= 1
    if sample.parquet is None and not sample.rows and one_line and layout in _TABLES:
        raise LamplitError(problems.HEADER_ONLY, where=sample.name)


_TABLES: Final = ("long", "wide", "registers", "london", "ausgrid")


def _told(options: Options, layout: str, timezone: str) -> dict[str, object]:
    """The options as the batch records them: what was said, the layout and the home's zone."""
    plain = Options()
    told: dict[str, object] = {"layout": layout, "home_timezone": timezone}
    for field in fields(Options):
        value = getattr(options, field.name)
        if field.name != "layout" and value != getattr(plain, field.name):
            told[field.name] = dict(value) if field.name == "columns" else value
    return told


def _silent(done: float, total: float | None, label: str | None) -> None:
    """Say nothing."""
