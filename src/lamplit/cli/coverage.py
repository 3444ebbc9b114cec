"""`lamplit coverage`: who covers what on a day, and what nobody covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.field import (
    AfterOption,
    AsOption,
    DayOption,
    LimitOption,
    office_and_actor,
    print_table,
)
from lamplit.cli.field import day_of as day_from
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.field.people.coverage import Coverage


def register(app: typer.Typer) -> None:
    """Add `coverage` to the app."""
    app.command("coverage", help=tr("Who covers what, on any day.", "任一天由谁包保、何处无人。"))(
        coverage
    )


def coverage(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=tr("Id or code.", "地点编号。"))],
    day: DayOption = None,
    homes: Annotated[bool, typer.Option("--homes", help=tr("Home by home.", "逐户显示。"))] = False,
    gaps: Annotated[
        bool, typer.Option("--gaps", help=tr("Only what nobody covers.", "只显示无人包保的。"))
    ] = False,
    after: AfterOption = "",
    limit: LimitOption = 20,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Who covers the buildings (or homes) of a place; of a district: its communities, summed."""
    from lamplit.domain.field import PlaceKind
    from lamplit.services.field.people import coverage as service
    from lamplit.services.field.places.places import resolve_place

    office, actor = office_and_actor(home, as_person)
    on = day_from(day)
    with office.db.read() as conn:
        kind = resolve_place(conn, place).kind
    if kind == PlaceKind.DISTRICT:
        found = service.coverage_by_community(office, actor, place, on, after=after, limit=limit)
        _print_communities(found, as_json=as_json)
        return
    one = service.covers(office, actor, place, on, homes=homes)
    if as_json:
        told = service.as_json(one)
        open_codes = {part.code for part in one.uncovered}
        told["uncovered"] = sorted(open_codes)
        if gaps:
            told["parts"] = [part for part in told["parts"] if part["place"] in open_codes]
        print_json(told)
        return
    print_table(
        (tr("place", "地点"), tr("homes", "户数"), tr("covered", "已包保"), tr("people", "人员")),
        [
            (p.code, p.homes, p.covered, ", ".join(f"{k.name} ({k.code})" for k in p.keepers))
            for p in (one.uncovered if gaps else one.parts)
        ],
    )
    note(
        tr(
            f"{one.day}: {one.covered:,} of {one.homes:,} homes covered by {one.people:,} people.",
            f"{one.day}：{one.homes:,} 户中 {one.covered:,} 户有人包保，共 {one.people:,} 人。",
        )
    )


def _print_communities(found: list[Coverage], *, as_json: bool) -> None:
    from lamplit.services.field.places.places import name_of

    if as_json:
        print_json(
            [
                {"place": c.place.code, "day": c.day, "homes": c.homes, "covered": c.covered,
                 "people": c.people, "uncovered_buildings": len(c.uncovered)}
                for c in found
            ]
        )  # fmt: skip
        return
    headers = (
        tr("community", "社区"), tr("name", "名称"), tr("homes", "户数"), tr("covered", "已包保"),
        tr("people", "人员"), tr("open buildings", "无人楼栋"),
    )  # fmt: skip
    print_table(
        headers,
        [
            (c.place.code, name_of(c.place).say(LANGUAGE), c.homes, c.covered, c.people,
             len(c.uncovered))
            for c in found
        ],
    )  # fmt: skip
