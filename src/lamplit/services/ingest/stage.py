"""One source file into the tables of the group at work, by the lane that its layout asks for.

A layout that Python reads goes down the readers' lane. All others say their plan in SQL, whose rows
are wide (`wide_lane`) or one per reading (`long_lane`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from lamplit.domain.errors import FULL, LamplitError
from lamplit.domain.problems import ingest as problems
from lamplit.domain.problems.home import DISK_FULL
from lamplit.engine.duckdb import DuckError
from lamplit.meters.archive import Input
from lamplit.meters.layouts.base import (
    Layout,
    Options,
    ReaderLayout,
    Reject,
    Sample,
    Source,
    SqlLayout,
)
from lamplit.services.ingest.group import Staging
from lamplit.services.ingest.long_lane import stage_canonical, stage_stamps
from lamplit.services.ingest.reader_lane import stage_read
from lamplit.services.ingest.ready import is_ascii, mixed_line_ends, ready
from lamplit.services.ingest.result import FileResult, Rows
from lamplit.services.ingest.split_rejects import (
    forget_rejects,
    lined,
    listed_rejects,
    numbered,
    split_rejects,
)
from lamplit.services.ingest.wide_lane import stage_wide


def stage(
    work: Staging,
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
    work.group.max_kwh = options.max_kwh
    work.source_zone = options.timezone
    try:
        if isinstance(layout, ReaderLayout):
            rejects = stage_read(work, item, sample, layout, options, result)
        else:
            assert isinstance(layout, SqlLayout)
            rejects = _stage_by_sql(work, item, sample, layout, options, result, tidy=tidy)
    except BaseException:
        work.forget(result)
        raise
    rejects.sort(key=lambda r: r.line)
    result.rejects = rejects
    result.rows.quarantined = len(rejects)
    result.reasons = dict(Counter(r.code for r in rejects).most_common())


def _stage_by_sql(
    work: Staging,
    item: Input,
    sample: Sample,
    layout: SqlLayout,
    options: Options,
    result: FileResult,
    *,
    tidy: bool,
) -> list[Reject]:
    """Read the file as it is, and anew in another way where that shows to be needed.

    Where DuckDB stumbles over it, or a quote swallows lines, once more with its lines tidied; and
    in the encoding of Chinese texts, should it turn out not to be UTF-8 further on.
    """
    tidy = sample.parquet is None and (tidy or mixed_line_ends(sample))
    for _ in range(4):
        try:
            return _attempt(work, item, sample, layout, options, result, tidy=tidy)
        except _SwallowedError:
            tidy = True
        except _OtherEncodingError:
            work.other_encoding()
            sample = replace(sample, encoding="gb18030")
        except DuckError as cause:
            if tidy or sample.parquet is not None:
                raise unreadable(cause, layout.name, item.name) from cause
            tidy = True
        work.forget(result)
        result.rows, result.notes = Rows(), []
    raise AssertionError("each way is tried once")


def _attempt(
    work: Staging,
    item: Input,
    sample: Sample,
    layout: SqlLayout,
    options: Options,
    result: FileResult,
    *,
    tidy: bool,
) -> list[Reject]:
    unfit: list[Reject] = []
    path = ready(work.tmp, item, sample, unfit, tidy=tidy)
    try:
        source = Source(path, sample, work.shard, work.lines)
        rejects = _run_plan(work, source, layout, options, result, unfit)
    finally:
        if path != item.path:
            path.unlink(missing_ok=True)
    if not tidy and any(r.code == "quotes" or "\n" in r.raw for r in rejects):
        raise _SwallowedError
    return rejects


def _run_plan(
    work: Staging,
    source: Source,
    layout: SqlLayout,
    options: Options,
    result: FileResult,
    unfit: list[Reject],
) -> list[Reject]:
    """Run a plan; once more, patiently, where its types were too strict for the file."""
    for patient in (False, True):
        plan = layout.plan(source, options, patient=patient)
        forget_rejects(work.duck)
        for _, sql in plan.steps:
            work.duck.run(sql)
        if plan.relation == "wide":
            staged = stage_wide(work, source, plan, options, result, patient=patient)
            if staged is None:
                continue
            own = staged
        elif plan.relation == "stamps":
            own = stage_stamps(work, plan, result)
        else:
            own = stage_canonical(work, plan, result)
        result.notes += plan.notes
        split = split_rejects(work.duck, source)
        undecided = options.encoding is None and is_ascii(source.sample)
        if undecided and any(r.code == "encoding" for r in split):
            raise _OtherEncodingError
        split = lined(numbered(split, unfit, source) + unfit, source)
        result.rows.read += len(split)
        listed = listed_rejects(work.duck, plan, layout)
        result.rows.read += len(listed)
        forget_rejects(work.duck)
        # A shard's rows say their line themselves.
        return (own if source.shard else numbered(own, split, source)) + split + listed
    raise AssertionError("a patient plan casts nothing")


class _SwallowedError(Exception):
    """A quote that was never closed took other lines for its own."""


class _OtherEncodingError(Exception):
    """The file is not in the encoding that its start seemed to be in."""


def is_full(cause: BaseException) -> bool:
    """Whether a fault is a disk that is full, or a limit on what may be written to it."""
    known = isinstance(cause, OSError) and cause.errno in FULL
    return known or any(t in str(cause) for t in ("No space left", "File too large", "Disk quota"))


def no_room(cause: BaseException, where: Path) -> LamplitError | None:
    """The problem `home.disk-full` where a fault is one; `where`: the folder written to."""
    if not is_full(cause):
        return None
    return LamplitError(DISK_FULL, where=str(where), reason=str(cause).splitlines()[0])


def unreadable(cause: Exception, layout: str, name: str) -> Exception:
    """What to raise where DuckDB can't read a file; a fault that is not the file's, as it is."""
    text = str(cause)
    if is_full(cause) or "Out of Memory" in text:
        return cause
    short = text.splitlines()[0][:300]
    return LamplitError(problems.UNREADABLE, where=name, layout=layout, cause=short)
