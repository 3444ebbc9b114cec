"""`lamplit sweep`: the doors worth knocking on, in the terminal or to a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli import journal
from lamplit.cli.common import (
    DEFAULT_HOME,
    CommunityOption,
    EngineOption,
    HomeOption,
    JsonOption,
    MasterOption,
    note,
    open_home,
    print_json,
    stdout,
)
from lamplit.cli.dates import parse_day
from lamplit.cli.field import AsOption, office_and_actor
from lamplit.cli.text import LANGUAGE, tr
from lamplit.cli.who import who

if TYPE_CHECKING:
    import pyarrow as pa

    from lamplit.outbound.terminal import SweepRow
    from lamplit.services.sweep import SweepResult

SHOWN = 20
"""Doors that the terminal shows unless told; a file holds them all."""

AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=parse_day,
        metavar="DATE",
        help=tr("As the evening of DATE knew it (default: the last night).",
                "以该日傍晚所知为准（默认：最近一夜）。"),
    ),
]  # fmt: skip
Top = Annotated[
    int | None,
    typer.Option("--top", min=1, metavar="N", help=tr("The first N doors only.", "仅前 N 户。")),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help=tr("Write the list: .csv, .xlsx, .parquet or .json.",
                "写出清单：.csv、.xlsx、.parquet 或 .json。"),
    ),
]  # fmt: skip
Purpose = Annotated[
    str,
    typer.Option(
        "--purpose",
        metavar="TEXT",
        help=tr("What the list is for; stands in its watermark.", "清单用途，写入水印。"),
    ),
]

Campaign = Annotated[
    str,
    typer.Option(
        "--open",
        metavar="CAMPAIGN",
        help=tr("Enrol the homes in this open campaign, and make their tasks.",
                "将住户纳入该进行中的行动，并生成任务。"),
    ),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add `sweep` to the app."""

    @app.command(
        "sweep",
        help=tr(
            "List the doors worth knocking on, ranked, each with its evidence.",
            "列出值得上门的住户，按序排列，并给出依据。",
        ),
    )
    def sweep(
        as_of: AsOf = None,
        community: CommunityOption = "",
        top: Top = None,
        output: Output = None,
        purpose: Purpose = "",
        campaign: Campaign = "",
        as_person: AsOption = None,
        engine: EngineOption = None,
        master: MasterOption = None,
        home: HomeOption = DEFAULT_HOME,
        json: JsonOption = False,
    ) -> None:
        if campaign:
            _into(campaign, as_of, as_person, home, as_json=json)
            return
        from lamplit.services.sweep import sweep as sweep_doors

        limit = top if top is not None or output or json else SHOWN
        found = sweep_doors(open_home(home, engine, master), as_of, community=community, top=limit)
        journal.tell(
            "list", day=found.as_of, doors=found.doors.num_rows, found=found.found,
            homes=found.homes, unknown=found.unknown,
        )  # fmt: skip
        if output:
            _write(found, output, purpose)
        elif json:
            print_json(_answer(found))
        else:
            _show(found)


def _into(
    campaign: str, as_of: date | None, person: str | None, home: Path, *, as_json: bool
) -> None:
    """Enrol into a campaign. How many were drawn by chance is for analysts, so it is not told."""
    import dataclasses

    from lamplit.services.field.campaigns.enrol import open_sweep

    office, actor = office_and_actor(home, person)
    done = open_sweep(office, actor, campaign, as_of)
    if as_json:
        told = dataclasses.asdict(done)
        for hidden in ("random", "flagged", "unflagged"):
            del told[hidden]
        print_json(told)
        return
    note(
        tr(
            f"As of {done.as_of}: {done.looked_at:,} places looked at, {done.added:,} enrolled, "
            f"{done.back:,} back on the list, {done.resolved:,} off it; {done.tasks:,} tasks made.",
            f"截至 {done.as_of}：查看 {done.looked_at:,} 处，新纳入 {done.added:,}，"
            f"重新纳入 {done.back:,}，解除 {done.resolved:,}；生成任务 {done.tasks:,} 项。",
        )
    )
    note(
        tr(
            f"The board: lamplit campaign status {campaign}",
            f"查看看板：lamplit campaign status {campaign}",
        )
    )


def _write(found: SweepResult, output: Path, purpose: str) -> None:
    from datetime import datetime

    from lamplit.outbound.tables import TableStyle, write_table
    from lamplit.outbound.watermark import Watermark

    mark = Watermark(who(), datetime.now(), purpose)
    write_table(found.doors, output, TableStyle(language=LANGUAGE, watermark=mark))
    note(
        tr(
            f"{found.doors.num_rows:,} doors as of {found.as_of} written to {output}.",
            f"已将截至 {found.as_of} 的 {found.doors.num_rows:,} 户写入 {output}。",
        )
    )
    _note_calibration(found)


def _answer(found: SweepResult) -> dict[str, Any]:
    from lamplit.domain.disclosure import release

    communities = [
        {
            "community_id": row.community_id,
            "homes": row.homes,
            "states": {s.word: n for s, n in release(row.states).items()},
        }
        for row in found.communities
    ]
    return {
        "as_of": found.as_of,
        "homes": found.homes,
        "found": found.found,
        "calibration": _calibration(found),
        "doors": found.doors.to_pylist(),
        "communities": communities,
    }


def _calibration(found: SweepResult) -> dict[str, Any] | None:
    made = found.calibration
    return {"at": made.at, "labels": made.labels} if made else None


def _note_calibration(found: SweepResult) -> None:
    """Say whose word the probabilities are: the rules' alone, or put right by answers."""
    made = found.calibration
    if made is None:
        return
    day = made.at.astimezone().date()
    note(
        tr(
            f"Probabilities as put right on {day} by {made.labels:,} answers from the doors; what "
            "the rules alone say is beside them in files (raw_probability).",
            f"概率已于 {day} 依据 {made.labels:,} 条上门结果校准；"
            "导出文件中另列规则原始概率（raw_probability）。",
        )
    )


def _show(found: SweepResult) -> None:
    from lamplit.outbound.terminal import community_table, nothing_found, sweep_list

    console = stdout()
    console.soft_wrap = False
    if found.found == 0:
        console.print(nothing_found(found.as_of, found.homes, found.unknown, LANGUAGE))
    else:
        console.print(sweep_list(rows_of(found.doors), found.as_of, LANGUAGE))
        _note_calibration(found)
    if found.communities:
        console.print()
        console.print(community_table(found.communities, LANGUAGE))
    if found.found > found.doors.num_rows:
        note(
            tr(
                f"The first {found.doors.num_rows:,} of {found.found:,} doors. All of them: "
                "lamplit sweep -o doors.xlsx",
                f"共 {found.found:,} 户，此处为前 {found.doors.num_rows:,} 户。"
                "全部导出：lamplit sweep -o doors.xlsx",
            )
        )
    if found.found:
        first = found.doors["household_id"][0].as_py()
        note(tr(f"Why: lamplit explain {first}", f"查看依据：lamplit explain {first}"))


def rows_of(doors: pa.Table) -> list[SweepRow]:
    """The list's table as the rows that the terminal shows."""
    from lamplit.domain.words import HomeEvent, HomeState
    from lamplit.outbound.terminal import SweepRow

    rows = []
    for door in doors.to_pylist():
        door["state"] = HomeState[door["state"].upper()]
        door["event"] = HomeEvent[door["event"].upper()] if door["event"] else HomeEvent.NONE
        for name in ("community_id", "building_id", "unit", "door"):
            door[name] = door[name] or ""
        rows.append(SweepRow(**door))
    return rows
