"""`lamplit nightly`: bring every home's state up to a day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli import journal
from lamplit.cli.common import (
    DEFAULT_HOME,
    EngineOption,
    HomeOption,
    JsonOption,
    MasterOption,
    note,
    open_home,
    print_json,
)
from lamplit.cli.dates import parse_day
from lamplit.cli.progress import progress
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.field.campaigns.evening import EveningReport
    from lamplit.services.home import Home
    from lamplit.services.night.advance import NightReport

Through = Annotated[
    date | None,
    typer.Option(
        parser=parse_day,
        metavar="DATE",
        help=tr("The last day to work (default: the last with readings).",
                "算至哪一天（默认：最后有读数的一天）。"),
    ),
]  # fmt: skip
Afresh = Annotated[
    bool,
    typer.Option(help=tr("Forget the carried states and work every day again.",
                         "丢弃已保存的状态，从头重算。")),
]  # fmt: skip

Metrics = Annotated[
    Path | None,
    typer.Option(
        "--metrics", metavar="FILE", envvar="LAMPLIT_METRICS",
        help=tr("Write what the night came to for Prometheus (textfile collector).",
                "将运行指标写入 Prometheus 文本文件。"),
    ),
]  # fmt: skip

WHY_AFRESH = {
    "asked": ("as asked", "按要求"),
    "rules": ("the rules or thresholds have changed", "规则或阈值已变化"),
}


def register(app: typer.Typer) -> None:
    """Add `nightly` to the app."""

    @app.command(
        "nightly",
        help=tr(
            "Carry every home's state forward to DATE; then close the field office's day.",
            "将每户状态推进到指定日期并补算迟到的读数，然后做外勤日终处理。",
        ),
    )
    def nightly(
        through: Through = None,
        afresh: Afresh = False,
        metrics: Metrics = None,
        engine: EngineOption = None,
        master: MasterOption = None,
        home: HomeOption = DEFAULT_HOME,
        json: JsonOption = False,
    ) -> None:
        from lamplit.services.night.advance import run_nights

        here = open_home(home, engine, master)
        with (
            _measured(here, metrics) as done,
            progress(tr("Working the nights", "夜间计算")) as bar,
        ):
            report = run_nights(
                here,
                through,
                afresh=afresh,
                progress=lambda _, done, total: bar(done, total),
            )
            done.append(report)
        told = {name: getattr(report, name) for name in report.__slots__}
        journal.tell("night", **told)
        evening = _close_the_day(here, report.through)
        if evening:
            sums = ("handed_over", "received", "tasks", "missed", "expired")
            journal.tell(
                "evening", **{name: getattr(evening, name) for name in sums},
                swept=len(evening.swept), failed=[f.code for f in evening.failed.values()],
            )  # fmt: skip
        if json:
            print_json(told | ({"field": _as_json(evening)} if evening else {}))
            return
        _tell(report)
        if evening:
            _tell_evening(evening)
        note(tr("Next: lamplit sweep", "下一步：lamplit sweep"))


@contextmanager
def _measured(home: Home, file: Path | None) -> Iterator[list[NightReport]]:
    """Write the run's metrics when the `with` ends, however it ends; the report is put in."""
    done: list[NightReport] = []
    start = time.monotonic()
    try:
        yield done
    finally:
        if file is not None:
            from lamplit.services.metrics import write_metrics

            now, seconds = datetime.now(UTC), time.monotonic() - start
            write_metrics(home, file, done[0] if done else None, seconds, now)


def _close_the_day(home: Home, through: date | None) -> EveningReport | None:
    """The field office's evening, where there is an office."""
    from lamplit.services.field.office import Office, has_store

    if not has_store(home):
        return None
    from lamplit.services.field.campaigns.evening import close_the_day

    with progress(tr("The field office's evening", "外勤日终处理")) as bar:
        bar(0, None)
        return close_the_day(Office.open(home), through)


def _as_json(evening: EveningReport) -> dict[str, Any]:
    from dataclasses import asdict

    told = asdict(replace(evening, failed={}))
    return told | {"failed": {code: fault.code for code, fault in evening.failed.items()}}


def _tell_evening(evening: EveningReport) -> None:
    for one in evening.swept:
        note(
            tr(
                f"A campaign swept as of {one.as_of}: {one.added:,} doors added, "
                f"{one.resolved:,} resolved.",
                f"已按 {one.as_of} 更新一个行动：新增 {one.added:,} 户，解除 {one.resolved:,} 户。",
            )
        )
    for code, fault in evening.failed.items():
        note(tr(f"Campaign {code} was not swept:", f"行动 {code} 未能更新："))
        note(f"  {fault.describe(LANGUAGE)}")
    note(
        tr(
            f"Field office: {evening.tasks:,} tasks made, {evening.missed:,} missed, "
            f"{evening.handed_over:,} ties took effect, {evening.received:,} submissions "
            f"worked in, {evening.expired:,} lists expired.",
            f"外勤：生成任务 {evening.tasks:,}，错过 {evening.missed:,}，"
            f"移交生效 {evening.handed_over:,}，补处理记录 {evening.received:,}，"
            f"到期名单 {evening.expired:,}。",
        )
    )


def _tell(report: NightReport) -> None:
    if report.afresh:
        en, zh = WHY_AFRESH[report.afresh]
        note(tr(f"Worked from the first reading again: {en}.", f"已从首个读数重算：{zh}。"))
    if report.reworked_homes:
        note(
            tr(
                f"Late readings or registry changes from {report.reworked_from} on: "
                f"{report.reworked_homes:,} homes worked again.",
                f"{report.reworked_from} 起有迟到读数或台账变更："
                f"重算 {report.reworked_homes:,} 户。",
            )
        )
    if report.nights:
        told = tr(
            f"{report.nights} nights worked for {report.homes:,} homes, through {report.through}.",
            f"已为 {report.homes:,} 户计算 {report.nights} 夜，至 {report.through}。",
        )
    else:
        told = tr(
            f"Nothing new: the nights stand at {report.through}.",
            f"没有新内容：目前算至 {report.through}。",
        )
    note(told)
    if report.unread:
        note(
            tr(
                f"No reading after {report.last_read}: {report.unread} of these nights saw none.",
                f"{report.last_read} 之后没有读数：其中 {report.unread} 夜无数据。",
            )
        )
