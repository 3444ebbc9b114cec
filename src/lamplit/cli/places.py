"""`lamplit places`: communities, buildings, homes, stations; homes found in the field."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.field import (
    AfterOption,
    AsOption,
    DryRunOption,
    FileArgument,
    LimitOption,
    MapOption,
    SetOption,
    SkipBadOption,
    office_and_actor,
    print_table,
    run_import,
)
from lamplit.cli.progress import progress
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.store.places import Place


class Crs(StrEnum):
    """How a file says where things are."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


CrsOption = Annotated[
    Crs,
    typer.Option("--crs", help=tr("gcj02 where the file comes from a Chinese map.",
                                  "文件取自国内地图时用 gcj02。")),
]  # fmt: skip
District = Annotated[
    str | None,
    typer.Option(
        "--district",
        metavar="PLACE",
        help=tr("Where new communities belong.", "新社区所属的地区。"),
    ),
]
Under = Annotated[
    str | None,
    typer.Argument(metavar="PLACE", help=tr("The place to look into.", "要查看的地点。")),
]
FoundIn = Annotated[
    str, typer.Argument(metavar="PLACE", help=tr("Where to look.", "要查看的地点。"))
]
Where = Annotated[
    str,
    typer.Argument(
        metavar="PLACE", help=tr("A place of 15 homes or more.", "不少于 15 户的地点。")
    ),
]
Languages = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        metavar="LANGUAGE",
        help=tr("Whoever goes speaks it, or another one named; may be repeated.",
                "去的人须会其中一种；可重复。"),
    ),
]  # fmt: skip
Skills = Annotated[
    list[str] | None,
    typer.Option(
        "--skill",
        metavar="SKILL",
        help=tr("Whoever goes has it; may be repeated.", "去的人须具备；可重复。"),
    ),
]
FoundHome = Annotated[
    str, typer.Argument(metavar="HOME", help=tr("The home, by code or id.", "住户编号或标识。"))
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help=tr("Why.", "原因。"))]


def register(app: typer.Typer) -> None:
    """Add `places` and its commands to the app."""
    group = typer.Typer(
        no_args_is_help=True,
        help=tr("Communities, buildings, homes, stations.", "地点：社区、楼栋、户、泵站等。"),
    )
    for name, command, told in (
        ("sync", sync, tr("Bring in the places of the registry.", "从台账同步地点。")),
        ("import", import_file, tr("Import a file of places.", "导入地点文件。")),
        (
            "outlines",
            outlines,
            tr("Import outlines for the map (GeoJSON).", "导入地图轮廓（GeoJSON）。"),
        ),
        (
            "asks",
            asks,
            tr("Say which language or skill its doors ask for.", "设定上门所需的语言与技能。"),
        ),
        ("list", list_places, tr("List what stands in a place.", "列出某地点之下的地点。")),
        (
            "found",
            found,
            tr("List homes found in the field, to be confirmed.", "列出现场新增、待确认的住户。"),
        ),
        ("confirm", confirm, tr("A home found in the field is there.", "确认现场新增住户属实。")),
        ("dismiss", dismiss, tr("There is no such home.", "现场新增住户不属实。")),
    ):
        group.command(name, help=told)(command)
    app.add_typer(group, name="places")


def sync(
    district: District = None,
    dry_run: DryRunOption = False,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Bring the registry's communities, buildings, homes and meters into the store."""
    from lamplit.services.field.places.sync import sync_places

    office, actor = office_and_actor(home, as_person)
    with progress(tr("places", "地点")) as report:
        found = sync_places(office, actor, district=district, dry_run=dry_run, report=report)
    counts = {
        kind: {
            "added": found.added[kind],
            "changed": found.changed[kind],
            "unchanged": found.unchanged[kind],
        }
        for kind in ("community", "building", "household", "meter")
    }
    if as_json:
        print_json({"dry_run": dry_run, **counts})
        return
    words = (
        tr("kind", "类别"),
        tr("added", "新增"),
        tr("changed", "修改"),
        tr("unchanged", "不变"),
    )
    print_table(words, [(kind, *(f"{n:,}" for n in c.values())) for kind, c in counts.items()])
    if dry_run:
        note(tr("Dry run: nothing was written.", "试运行：未写入任何内容。"))


def import_file(
    file: FileArgument,
    dry_run: DryRunOption = False,
    skip_bad: SkipBadOption = False,
    mapped: MapOption = None,
    fixed: SetOption = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Import a file of places of any kind, or say what would change."""
    from lamplit.services.field.files.imports import Kind

    run_import(
        home,
        as_person,
        Kind.PLACES,
        file,
        mapped,
        fixed,
        dry_run=dry_run,
        skip_bad=skip_bad,
        as_json=as_json,
    )


def outlines(
    file: FileArgument,
    crs: CrsOption = Crs.WGS84,
    dry_run: DryRunOption = False,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Polygons and points, each with the `kind` and `code` of its place."""
    import dataclasses

    from lamplit.services.field.places.outlines import import_outlines

    office, actor = office_and_actor(home, as_person)
    found = import_outlines(office, actor, file.read_bytes(), crs=crs.value, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, **dataclasses.asdict(found)})
        return
    note(
        tr(
            f"{found.outlines:,} outlines and {found.points:,} points.",
            f"{found.outlines:,} 个轮廓，{found.points:,} 个点。",
        )
    )
    if dry_run:
        note(tr("Dry run: nothing was written.", "试运行：未写入任何内容。"))


def asks(
    place: Where,
    languages: Languages = None,
    skills: Skills = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Set what plans heed; with neither option nothing is asked any more."""
    from lamplit.domain.spoken import spoken_text, words_of
    from lamplit.services.field.places.asks import ask

    office, actor = office_and_actor(home, as_person)
    made = ask(
        office, actor, place,
        languages=[word for one in languages or () for word in words_of(one)],
        skills=[word for one in skills or () for word in words_of(one)],
    )  # fmt: skip
    if as_json:
        print_json({"code": made.code, "languages": made.languages or [],
                    "skills": made.skills or []})  # fmt: skip
        return
    spoken = [spoken_text(code).say(LANGUAGE) for code in made.languages or ()]
    said = ", ".join([*spoken, *(made.skills or ())]) or tr("nothing", "无")
    note(tr(f"The doors of {made.code} ask for: {said}.", f"{made.code} 上门所需：{said}。"))


def list_places(
    under: Under = None,
    after: AfterOption = "",
    limit: LimitOption = 200,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """List the places right under one; without one, those at the top."""
    from lamplit.services.field.places.places import list_children, name_of

    office, actor = office_and_actor(home, as_person)
    found = list_children(office, actor, under, after=after, limit=limit)
    if as_json:
        print_json(
            [
                {"id": p.id, "kind": p.kind.value, "code": p.code, "name": name_of(p).say(LANGUAGE)}
                for p in found
            ]
        )
        return
    if not found:
        note(tr("Nothing stands there. → lamplit places sync", "没有地点。→ lamplit places sync"))
        return
    from lamplit.domain.field import PLACE_TEXT

    print_table(
        (tr("kind", "类别"), tr("code", "编号"), tr("name", "名称")),
        [(PLACE_TEXT[p.kind].say(LANGUAGE), p.code, name_of(p).say(LANGUAGE)) for p in found],
    )


def found(
    place: FoundIn,
    after: AfterOption = "",
    limit: LimitOption = 200,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Homes that somebody found at the door, in a place, until a leader has looked."""
    from lamplit.services.field.places import found_homes

    office, actor = office_and_actor(home, as_person)
    homes = found_homes.waiting(office, actor, place, after=after, limit=limit)
    if as_json:
        print_json([_found(one) for one in homes])
        return
    if not homes:
        note(tr("No home waits to be confirmed there.", "该处没有待确认的住户。"))
        return
    print_table(
        (tr("code", "编号"), tr("name", "名称"), tr("unit", "单元"), tr("door", "门牌")),
        [(one.code, one.name_zh or "", one.unit or "", one.door or "") for one in homes],
    )


def confirm(
    place: FoundHome,
    as_person: AsOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Say that a home found in the field is there; rules then enroll it like any other."""
    from lamplit.services.field.places import found_homes

    office, actor = office_and_actor(home, as_person)
    made = found_homes.confirm(office, actor, place)
    note(tr(f"{made.code} is there.", f"{made.code} 已确认属实。"))


def dismiss(
    place: FoundHome,
    reason: Reason,
    as_person: AsOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Say that there is no such home, and why; what was to be done there is cancelled."""
    from lamplit.services.field.places import found_homes

    office, actor = office_and_actor(home, as_person)
    made = found_homes.dismiss(office, actor, place, reason=reason)
    note(tr(f"{made.code} is not there.", f"{made.code} 已标为不属实。"))


def _found(one: Place) -> dict[str, Any]:
    return {
        "id": one.id, "code": one.code, "name": one.name_zh, "unit": one.unit,
        "floor": one.floor, "door": one.door, "building_id": one.building_id,
    }  # fmt: skip
