"""`lamplit campaign walk-list` and `wall-chart`: paper for a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, note
from lamplit.cli.field import AsOption, office_and_actor
from lamplit.cli.text import LANGUAGE, tr

Code = Annotated[str, typer.Argument(metavar="CAMPAIGN", help=tr("Its code or id.", "行动编号。"))]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help=tr("The PDF.", "PDF 文件。"))
]
Person = Annotated[
    str, typer.Option("--person", metavar="PERSON", help=tr("Whose doors.", "某人的住户。"))
]
Building = Annotated[
    str, typer.Option("--building", metavar="PLACE", help=tr("Or which building's.", "或某楼栋。"))
]
A4 = Annotated[bool, typer.Option("--a4", help=tr("A4 rather than A3.", "用 A4 而非 A3。"))]


def register(group: typer.Typer) -> None:
    """Add the commands to `lamplit campaign`."""
    group.command("walk-list", help=tr("Print a walk list.", "打印走访清单。"))(walk_list)
    group.command("wall-chart", help=tr("Print a wall chart.", "打印进度挂图。"))(wall_chart)


def walk_list(
    campaign: Code,
    output: Output,
    person: Person = "",
    building: Building = "",
    as_person: AsOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """The doors of a person or a building, in order, with boxes for the outcome."""
    from lamplit.services.field.campaigns import printing

    office, actor = office_and_actor(home, as_person)
    body = printing.walk_list(office, actor, campaign, LANGUAGE, person=person, building=building)
    _write(output, body)


def wall_chart(
    campaign: Code,
    output: Output,
    a4: A4 = False,
    as_person: AsOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Buildings by floors, a box to tick for each door."""
    from lamplit.services.field.campaigns import printing

    office, actor = office_and_actor(home, as_person)
    body = printing.wall_chart(
        office, actor, campaign, LANGUAGE, size="a4-landscape" if a4 else "a3-landscape"
    )
    _write(output, body)


def _write(output: Path, body: bytes) -> None:
    from lamplit.outbound.tables import check_path, write_whole

    check_path(output, (".pdf",))
    write_whole(output, lambda file: (file.write_bytes(body), None)[1])
    note(tr(f"Written to {output}.", f"已写入 {output}。"))
