"""`lamplit demo`: a town with known truth, its list of doors, and how often the list is right."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import JsonOption, note, print_json, stderr, stdout
from lamplit.cli.dates import parse_day
from lamplit.cli.demo_campaign import show_campaign
from lamplit.cli.demo_serve import PORT, serve_demo, tell_age
from lamplit.cli.progress import progress
from lamplit.cli.text import LANGUAGE, tr
from lamplit.cli.who import who

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lamplit.domain.accuracy import Measure, Score
    from lamplit.domain.language import Text
    from lamplit.services.demo import Demo, Step
    from lamplit.services.demo_truth import Part

SHOWN = 10
TITLE_WIDTH = 22
DEMO_HOMES, DEMO_FOLDER = 5000, Path("demo")

Homes = Annotated[
    int | None,
    typer.Option(
        help=tr("How many homes [default: 5000, replay 6000].", "户数 [默认：5000，重演 6000]。"),
        show_default=False,
    ),
]
AsReplay = Annotated[
    bool,
    typer.Option(
        "--replay",
        help=tr(
            "Relive the origin: check-in, sweep, supplies and work sites, over HTTP, with robots.",
            "重演起点：报到、摸排、物资与作业督察，由机器人经网络完成。",
        ),
    ),
]
People = Annotated[
    int, typer.Option(help=tr("Of the replay: how many members.", "重演：成员人数。"))
]
StoreUrl = Annotated[
    str,
    typer.Option(
        "--store-url",
        metavar="URL",
        help=tr("Of the replay: an empty database.", "重演：空数据库的地址。"),
    ),
]
Days = Annotated[int, typer.Option(help=tr("How many days.", "天数。"))]
Seed = Annotated[
    int, typer.Option(help=tr("The same seed gives the same town.", "相同种子生成相同小城。"))
]
Folder = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="DIR", help=tr("Where it all goes.", "输出目录。")),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help=tr("The last night [default: yesterday].", "最后一夜 [默认：昨天]。"),
        show_default=False,
    ),
]
NoServe = Annotated[
    bool,
    typer.Option("--no-serve", help=tr("Don't serve the pages at the end.", "最后不启动网页。")),
]
Port = Annotated[
    int,
    typer.Option(
        "--port", min=0, max=65535,
        help=tr("Where the pages are served; if taken, the next.", "网页端口；被占用则顺延。"),
    ),
]  # fmt: skip
Replace = Annotated[
    bool,
    typer.Option("--replace", help=tr("Make a demo that is there anew.", "重新生成已有的演示。")),
]


def register(app: typer.Typer) -> None:
    """Add `demo` to the app."""

    @app.command(
        "demo",
        help=tr(
            "See it at work: make a town, read its meters, list the doors, check them.",
            "看它如何工作：生成小城，读取电表，列出住户，再与真值核对。",
        ),
    )
    def demo(
        homes: Homes = None,
        days: Days = 60,
        seed: Seed = 2020,
        output: Folder = DEMO_FOLDER,
        until: Until = None,
        replace: Replace = False,
        no_serve: NoServe = False,
        port: Port = PORT,
        as_replay: AsReplay = False,
        people: People = 700,
        store_url: StoreUrl = "",
        as_json: JsonOption = False,
    ) -> None:
        if as_replay:
            from lamplit.cli.demo_replay import HOMES, replay

            folder = output if output != DEMO_FOLDER else Path("replay")
            replay(
                _do, homes=HOMES if homes is None else homes, people=people, seed=seed,
                folder=folder, store_url=store_url, replace=replace, as_json=as_json,
            )  # fmt: skip
            return
        started = time.monotonic()
        with progress(tr("Getting ready", "准备中")):
            from lamplit.replay.neighbourhood.demo import Neighbourhood
            from lamplit.services.demo import Demo

            shown = Demo.open(
                output, homes=DEMO_HOMES if homes is None else homes, days=days, seed=seed,
                until=None if until is None else parse_day(until), replace=replace, who=who(),
            )  # fmt: skip
            hood = Neighbourhood(shown)
        steps = (*shown.steps(), *hood.steps())
        for number, step in enumerate(steps, 1):
            _do(step, number, len(steps))
        took = time.monotonic() - started
        note(tr(f"Done in {took:.0f} s.", f"共用时 {took:.0f} 秒。"))
        if as_json:
            print_json(_answer(shown, took) | {"campaign": hood.report})
            return
        _show(shown)
        show_campaign(hood)
        note(_next(shown))
        tell_age(shown.home)
        if not no_serve:
            serve_demo(shown.home, _program(), port)


def _do(step: Step, number: int, steps: int) -> None:
    """One step with its bar, then its line: what, how long, what came of it."""
    from rich.cells import cell_len
    from rich.table import Table

    title = step.says.say(LANGUAGE)
    started = time.monotonic()
    with progress(f"{number}/{steps} {title}") as bar:
        told = step.work(bar)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, width=max(TITLE_WIDTH, cell_len(title)))
    grid.add_column(no_wrap=True, justify="right", width=7)
    grid.add_column(overflow="fold")
    seconds = f"{time.monotonic() - started:.1f} s"
    grid.add_row(f"[green]{number}/{steps}[/green]", title, seconds, _plain(told))
    console = stderr()
    console.soft_wrap = False
    console.print(grid)


def _plain(told: Text) -> Any:
    from rich.text import Text as Styled

    return Styled(told.say(LANGUAGE))


def _show(shown: Demo) -> None:
    """The list and what the truth says of it."""
    from lamplit.cli.sweep import rows_of
    from lamplit.outbound.terminal import sweep_list

    assert shown.found is not None
    console = stdout()
    console.soft_wrap = False
    console.print()
    console.print(sweep_list(rows_of(shown.found.doors.slice(0, SHOWN)), shown.through, LANGUAGE))
    _show_check(console, shown)
    _show_scores(console, shown)


CLAIMS = {
    "empty": tr("called empty", "判为无人"),
    "returned": tr("called returned", "判为返回"),
    "frozen_high": tr("called frozen high", "判为恒定偏高"),
    "routine_broken": tr("called routine broken", "判为作息异常"),
}


def _show_check(console: Console, shown: Demo) -> None:
    check = shown.check
    assert check is not None
    table = _table(
        tr("The list against the truth", "名单对照真值"),
        [
            tr("right", "正确"),
            tr("precision", "查准率"),
            "95%",
            tr("knocks/find", "敲门数/户"),
        ],
    )
    for k, part in check.first.items():
        table.add_row(tr(f"first {k} doors", f"前 {k} 户"), *_part(part))
    table.add_row(
        tr(f"all {check.all.doors} doors", f"全部 {check.all.doors} 户"), *_part(check.all)
    )
    for claim, part in check.claims.items():
        table.add_row(f"  {CLAIMS[claim]} ({part.doors:,})", *_part(part))
    console.print(table)


def _part(part: Part) -> tuple[str, str, str, str]:
    around = part.interval
    knocks = part.knocks_per_find
    return (
        f"{part.right:,}",
        "–" if part.precision is None else f"{part.precision:.3f}",
        "–" if around is None else f"{around.low:.3f} – {around.high:.3f}",
        "–" if knocks is None else f"{knocks:.2f}",
    )


def _show_scores(console: Console, shown: Demo) -> None:
    asof, revised = shown.scores["asof"], shown.scores["revised"]
    scope = asof.scope
    table = _table(
        tr(
            f"Every home and day: {scope.home_days:,}, of them {scope.empty_days:,} truly empty",
            f"每户每日：{scope.home_days:,} 户日，其中确实无人 {scope.empty_days:,}",
        ),
        [tr("that evening", "当晚所知"), tr("with hindsight", "事后修订")],
    )
    lines = (
        (tr("precision", "查准率"), "precision", "{:.3f}"),
        (tr("recall", "查全率"), "recall", "{:.3f}"),
        ("F1", "f1", "{:.3f}"),
        ("MCC", "mcc", "{:.3f}"),
        (tr("false alarms per lived-in home-month", "每有人户月误报"),
         "false_alarms_per_home_month", "{:.3f}"),
    )  # fmt: skip
    for name, measure, form in lines:
        pair = (getattr(s.by_state, measure) for s in (asof, revised))
        table.add_row(name, *(_figure(m, form) for m in pair))
    table.add_row(
        tr("days until found, median", "发现延迟中位数（天）"),
        *(_figure(s.by_state.delay.median, "{:.0f}") for s in (asof, revised)),
    )
    table.add_row(
        tr("days unknown", "未知日占比"), *(_figure(s.unknown, "{:.1%}") for s in (asof, revised))
    )
    for name, check in (
        (tr("missing days called empty", "缺失日被判无人"), "missing_as_dark"),
        (tr("frugal elders' days called empty", "节俭老人被误判无人（天）"), "frugal_called_empty"),
    ):
        table.add_row(name, *(f"{getattr(s, check).count:,}" for s in (asof, revised)))
    console.print(table)


def _figure(measure: Measure, form: str) -> str:
    return "–" if measure.value is None else form.format(measure.value)


def _table(title: str, columns: list[str]) -> Table:
    from rich.table import Table

    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None,
                  pad_edge=False, header_style="dim")  # fmt: skip
    table.add_column(min_width=24, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _next(shown: Demo) -> str:
    """What to try next, as commands that work from where the reader stands."""
    assert shown.found is not None
    me, demo = _program(), _said(shown.home)
    zone = "Asia/Shanghai" if LANGUAGE == "zh" else "Europe/London"
    first = shown.found.doors["household_id"][0].as_py() if shown.found.doors.num_rows else "ID"
    look = _said(shown.folder)
    building = shown.facade.building_id if shown.facade else "BUILDING"
    return "\n".join(
        [
            tr("\nLook closer at this town:", "\n细看这座小城："),
            f"  {me} explain {first} --home {demo}",
            f"  {me} sweep --top 20 --home {demo}",
            f"  {me} campaign report FIRST --home {demo}",
            f"  {me} labels --home {demo}",
            f"  {me} log verify --home {demo}",
            f"  {me} serve --home {demo}",
            tr(
                f"  open {look}/facade-{building}.html and {look}/doors.xlsx",
                f"  打开 {look}/facade-{building}.html 和 {look}/doors.xlsx",
            ),
            tr(
                "With your own file (meter_id, time, kwh will do; docs/index.md has the layouts):",
                "换成自己的文件（有 meter_id, time, kwh 即可；其他格式见 docs/index.md）：",
            ),
            f"  {me} init my-home --timezone {zone}",
            tr(
                f"  {me} registry import REGISTRY.csv --home my-home     # if there is one",
                f"  {me} registry import 台账.csv --home my-home     # 如有",
            ),
            tr(
                f"  {me} ingest READINGS.csv --home my-home",
                f"  {me} ingest 读数.csv --home my-home",
            ),
            f"  {me} nightly --home my-home",
            f"  {me} sweep --home my-home",
            tr(
                "The whole story, 700 members and 6,000 homes, over HTTP (some minutes):",
                "完整故事：700 名成员、6,000 户，经网络重演（数分钟）：",
            ),
            f"  {me} demo --replay",
        ]
    )


def _program() -> str:
    """How the reader calls lamplit from here: by name where it is on the path, else by place."""
    if shutil.which("lamplit"):
        return "lamplit"
    beside = Path(sys.executable).with_name("lamplit")
    return _said(beside) if beside.exists() else f"{_said(Path(sys.executable))} -m lamplit"


def _said(path: Path) -> str:
    """A path as one types it from here."""
    near = os.path.relpath(path)
    return shlex.quote(str(path) if near.startswith("..") else near)


def _answer(shown: Demo, seconds: float) -> dict[str, Any]:
    assert shown.check is not None
    assert shown.found is not None
    parts = {f"first_{k}": part for k, part in shown.check.first.items()}
    parts |= {"all": shown.check.all, **shown.check.claims}
    return {
        "folder": shown.folder,
        "as_of": shown.through,
        "seconds": round(seconds, 1),
        "readings": shown.readings,
        "list": {
            name: {"doors": p.doors, "right": p.right, "precision": p.precision}
            for name, p in parts.items()
        },
        "days": {view: _days(score) for view, score in shown.scores.items()},
    }


def _days(score: Score) -> dict[str, float | None]:
    names = ("precision", "recall", "f1", "mcc", "false_alarms_per_home_month")
    return {name: getattr(score.by_state, name).value for name in names}
