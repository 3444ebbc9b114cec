"""`lamplit people …`: members and volunteers, their check-ins, roles and responsibilities."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.field import (
    AfterOption,
    AsOption,
    DayOption,
    DryRunOption,
    FileArgument,
    LimitOption,
    MapOption,
    NoteOption,
    SetOption,
    SkipBadOption,
    day_of,
    office_and_actor,
    print_table,
    run_import,
)
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.field.office import Office
    from lamplit.store.assignments import Assignment

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help=tr("Id or code.", "人员编号。"))
]
PlaceArgument = Annotated[
    str, typer.Argument(metavar="PLACE", help=tr("Id or code.", "地点编号。"))
]
AssignmentArgument = Annotated[
    str,
    typer.Argument(
        metavar="ASSIGNMENT", help=tr("Its id, from `people show`.", "任职编号，见 people show。")
    ),
]


class File(StrEnum):
    """What a file for `people import` holds."""

    people = "people"
    organisations = "organisations"
    pairings = "pairings"
    duties = "duties"


def register(app: typer.Typer) -> None:
    """Add `people` and its commands to the app."""
    group = typer.Typer(
        no_args_is_help=True,
        help=tr("Members and volunteers, and what they do where.", "人员：报到、岗位与包保。"),
    )
    for name, command, told in (
        (
            "import",
            import_file,
            tr(
                "Import people, organisations, pairings or duties.",
                "导入人员、组织、结对或岗位文件。",
            ),
        ),
        ("list", list_them, tr("List people.", "列出人员。")),
        ("show", show, tr("Show a person with all their ties.", "显示人员及其全部任职。")),
        ("checkin", checkin, tr("Check a person in to a community.", "社区报到。")),
        ("checkins", checkins, tr("Count check-ins day by day.", "逐日统计报到人数。")),
        (
            "assign",
            assign,
            tr("Give a role, or the responsibility for a place.", "授予岗位或包保责任。"),
        ),
        ("handover", handover, tr("Hand an assignment over.", "移交岗位或包保。")),
        (
            "withdraw",
            withdraw,
            tr("End an assignment, or all of a person.", "撤回某项或某人的全部任职。"),
        ),
        (
            "volunteer",
            volunteer,
            tr("Go on as a volunteer after an assignment.", "任职结束后转为志愿者。"),
        ),
    ):
        group.command(name, help=told)(command)
    app.add_typer(group, name="people")


def import_file(
    file: FileArgument,
    what: Annotated[
        File, typer.Option("--what", help=tr("What the file holds.", "文件内容。"))
    ] = File.people,
    dry_run: DryRunOption = False,
    skip_bad: SkipBadOption = False,
    mapped: MapOption = None,
    fixed: SetOption = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Import a file of people or of what they are tied to, or say what would change."""
    from lamplit.services.field.files.imports import Kind

    run_import(
        home,
        as_person,
        Kind(what.value),
        file,
        mapped,
        fixed,
        dry_run=dry_run,
        skip_bad=skip_bad,
        as_json=as_json,
    )


def list_them(
    place: Annotated[
        str | None,
        typer.Option("--at", metavar="PLACE", help=tr("Tied to it.", "在此地点任职者。")),
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option("--of", metavar="ORGANISATION", help=tr("And its branches.", "含下属组织。")),
    ] = None,
    text: Annotated[
        str, typer.Option("--begins", metavar="TEXT", help=tr("Code or name.", "编号或姓名开头。"))
    ] = "",
    day: DayOption = None,
    after: AfterOption = "",
    limit: LimitOption = 200,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """List people by code."""
    from lamplit.services.field.people.people import list_people

    office, actor = office_and_actor(home, as_person)
    found = list_people(
        office,
        actor,
        place=place,
        organisation=organisation,
        text=text,
        day=day_of(day),
        after=after,
        limit=limit,
    )
    if as_json:
        print_json([{"id": p.id, "code": p.code, "name": p.name} for p in found])
        return
    print_table((tr("code", "编号"), tr("name", "姓名")), [(p.code, p.name) for p in found])


def show(
    person: PersonArgument,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show a person, where they belong, and all their ties."""
    from lamplit.domain.hours import write_hours
    from lamplit.domain.spoken import spoken_text
    from lamplit.services.field.people.people import show_person
    from lamplit.services.field.places.places import listing

    office, actor = office_and_actor(home, as_person)
    seen = show_person(office, actor, person)
    who = seen.person
    ties = _told(office, seen.assignments)
    if as_json:
        print_json(
            {
                "id": who.id,
                "code": who.code,
                "name": who.name,
                "phone": who.phone,
                "organisation": seen.organisation.code if seen.organisation else None,
                "languages": who.languages or [],
                "skills": who.skills or [],
                "hours": who.hours,
                "assignments": ties,
            }
        )
        return
    print_table(
        (tr("code", "编号"), tr("name", "姓名"), tr("organisation", "组织"), tr("speaks", "语言"),
         tr("skills", "技能"), tr("hours", "时间")),
        [(who.code, who.name, seen.organisation.code if seen.organisation else "",
          listing([spoken_text(code) for code in who.languages or ()]).say(LANGUAGE),
          ", ".join(who.skills or []), write_hours(who.hours) if who.hours else "")],
    )  # fmt: skip
    _print_ties(ties)


def checkin(
    person: PersonArgument,
    community: PlaceArgument,
    at_home: Annotated[
        bool, typer.Option("--home-community", help=tr("The one they live in.", "居住地社区。"))
    ] = False,
    note_text: NoteOption = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Check a person in, today: to a community paired with their organisation, or their home's."""
    from lamplit.domain.field import Role
    from lamplit.services.field.people.checkin import check_in

    office, actor = office_and_actor(home, as_person)
    to = Role.HOME if at_home else Role.PAIRED
    done = check_in(office, actor, person=person, community=community, to=to, note=note_text)
    since = done.assignment.starts
    if as_json:
        print_json({"new": done.new, **_told(office, [done.assignment])[0]})
    elif done.new:
        note(tr(f"Checked in from {since}.", f"已报到，自 {since} 起。"))
    else:
        note(tr(f"Checked in already, from {since}.", f"此前已报到，自 {since} 起。"))


def checkins(
    place: PlaceArgument,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help=tr("Ten days back.", "默认十天前。"))
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help=tr("Today.", "默认今天。"))
    ] = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Count the check-ins of a community or district day by day, and their growth."""
    from datetime import timedelta

    from lamplit.services.field.people.checkin import checkin_curve

    office, actor = office_and_actor(home, as_person)
    until = day_of(last) or office.local_day(office.clock())
    since = day_of(first) or until - timedelta(days=9)
    if since > until:
        raise typer.BadParameter(tr("--from is after --to", "--from 晚于 --to"))
    days = checkin_curve(office, actor, place, since, until)
    if as_json:
        print_json([{name: getattr(d, name) for name in d.__dataclass_fields__} for d in days])
        return
    headers = (
        tr("day", "日期"), tr("paired", "结对"), tr("home", "居住地"), tr("new", "新增"),
        tr("total", "累计"), tr("present", "在岗"), tr("growth", "增长"),
    )  # fmt: skip
    print_table(
        headers,
        [
            (d.day, d.paired, d.home, d.new, d.total, d.present,
             "" if d.growth is None else f"{d.growth:+.1%}")
            for d in days
        ],
    )  # fmt: skip


def assign(
    person: PersonArgument,
    place: PlaceArgument,
    role: Annotated[
        str,
        typer.Option("--role", help=tr("`responsible` or a role.", "岗位；包保为 responsible。")),
    ] = "responsible",
    starts: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help=tr("Today.", "默认今天。"))
    ] = None,
    ends: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="DAY", help=tr("The first day no more.", "不再生效的第一天。")
        ),
    ] = None,
    note_text: NoteOption = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Give a person a role at a place, or the responsibility (包保) for it."""
    from lamplit.domain.field import Role
    from lamplit.services.field.people import assignments

    if role not in {one.value for one in Role}:
        raise typer.BadParameter(", ".join(one.value for one in Role), param_hint="--role")
    office, actor = office_and_actor(home, as_person)
    made = assignments.assign(
        office,
        actor,
        person=person,
        place=place,
        role=Role(role),
        starts=day_of(starts),
        ends=day_of(ends),
        note=note_text,
    )
    _print_made(office, [made], as_json=as_json)


def handover(
    assignment: AssignmentArgument,
    to: PersonArgument,
    day: DayOption = None,
    note_text: NoteOption = None,
    keep_tasks: Annotated[
        bool,
        typer.Option(
            "--keep-tasks", help=tr("Leave open tasks where they are.", "不移交未办任务。")
        ),
    ] = False,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """End an assignment and begin the same for another person, with the open tasks."""
    from lamplit.services.field.people import assignments

    office, actor = office_and_actor(home, as_person)
    made = assignments.hand_over(
        office,
        actor,
        assignment,
        to=to,
        day=day_of(day),
        note=note_text,
        with_tasks=not keep_tasks,
    )
    _print_made(office, assignments.chain(office, actor, made.id), as_json=as_json)


def withdraw(
    person: Annotated[
        str | None, typer.Argument(metavar="PERSON", help=tr("All of theirs.", "撤回其全部任职。"))
    ] = None,
    assignment: Annotated[
        str | None, typer.Option("--assignment", help=tr("Only this one.", "只撤回此项。"))
    ] = None,
    reason: Annotated[
        str,
        typer.Option("--reason", help=tr("withdrawn, completed or mistake.", "撤回、完成或误录。")),
    ] = "withdrawn",
    day: DayOption = None,
    note_text: NoteOption = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """End one assignment, or all of a person, and say what nobody covers then."""
    from lamplit.domain.field import EndReason
    from lamplit.services.field.people import assignments

    reasons = [r.value for r in EndReason if r != EndReason.HANDED_OVER]
    if reason not in reasons:
        raise typer.BadParameter(", ".join(reasons), param_hint="--reason")
    if (person is None) == (assignment is None):
        raise typer.BadParameter(
            tr("name a PERSON or an --assignment", "请指明人员或 --assignment 之一")
        )
    office, actor = office_and_actor(home, as_person)
    done = assignments.withdraw(
        office,
        actor,
        person=person,
        assignment_id=assignment,
        reason=EndReason(reason),
        day=day_of(day),
        note=note_text,
    )
    codes = [place.code for place in done.uncovered]
    if as_json:
        print_json({"ended": _told(office, done.ended), "uncovered": codes})
        return
    _print_ties(_told(office, done.ended))
    if codes:
        shown = ", ".join(codes[:20])
        note(tr(f"Nobody covers now: {shown}", f"现无人包保：{shown}"))


def volunteer(
    assignment: AssignmentArgument,
    place: Annotated[
        str | None, typer.Option("--at", metavar="PLACE", help=tr("Elsewhere.", "改在此地点。"))
    ] = None,
    note_text: NoteOption = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Let the person of an earlier assignment go on as a volunteer."""
    from lamplit.services.field.people import assignments

    office, actor = office_and_actor(home, as_person)
    made = assignments.go_on(office, actor, assignment, place=place, note=note_text)
    _print_made(office, assignments.chain(office, actor, made.id), as_json=as_json)


def _told(office: Office, ties: list[Assignment]) -> list[dict[str, Any]]:
    """Assignments as plain values, with the codes of their people and places."""
    from lamplit.store import people, places

    with office.db.read() as conn:
        where = places.by_ids(conn, sorted({one.place_id for one in ties}))
        who = {one.person_id: people.by_id_or_code(conn, one.person_id or "") for one in ties}
    told = []
    for one in ties:
        found = who[one.person_id]
        told.append(
            {
                "id": one.id,
                "person": found.code if found else None,
                "role": one.role.value,
                "place": where[one.place_id].code,
                "starts": one.starts,
                "ends": one.ends,
                "end_reason": one.end_reason.value if one.end_reason else None,
                "note": one.note,
            }
        )
    return told


def _print_made(office: Office, made: list[Assignment], *, as_json: bool) -> None:
    told = _told(office, made)
    if as_json:
        print_json(told)
    else:
        _print_ties(told)


def _print_ties(told: list[dict[str, Any]]) -> None:
    from lamplit.domain.field import END_TEXT, ROLE_TEXT, EndReason, Role

    headers = (
        tr("person", "人员"), tr("role", "岗位"), tr("place", "地点"), tr("from", "自"),
        tr("until", "至"), tr("why", "原因"), tr("assignment", "任职编号"),
    )  # fmt: skip
    print_table(
        headers,
        [
            (
                t["person"],
                ROLE_TEXT[Role(t["role"])].say(LANGUAGE),
                t["place"],
                t["starts"],
                t["ends"],
                END_TEXT[EndReason(t["end_reason"])].say(LANGUAGE) if t["end_reason"] else "",
                t["id"],
            )
            for t in told
        ],
    )
