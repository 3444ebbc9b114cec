"""`lamplit task`: list, claim, release and assign tasks."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.field import AsOption, office_and_actor, print_table
from lamplit.cli.text import LANGUAGE, tr

TaskId = Annotated[str, typer.Argument(metavar="TASK", help=tr("Its id.", "任务编号。"))]


def register(app: typer.Typer) -> None:
    """Add `task` and its commands to the app."""
    group = typer.Typer(no_args_is_help=True, help=tr("Hand tasks around.", "认领与派单。"))
    group.command("list", help=tr("A person's tasks: --as PERSON.", "某人的任务：--as 人员。"))(
        list_
    )
    group.command("claim", help=tr("Claim one: --as PERSON.", "认领：--as 人员。"))(claim)
    group.command("release", help=tr("Give one back.", "放弃认领。"))(release)
    group.command("assign", help=tr("Give tasks to a person.", "派单给某人。"))(assign)
    app.add_typer(group, name="task")


def list_(
    as_person: AsOption = None, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME
) -> None:
    """One's own tasks, then those that one may claim; today's first, by building."""
    from lamplit.domain.field import TASK_TEXT
    from lamplit.services.field.tasks.tasklist import tasks_of

    office, actor = office_and_actor(home, as_person)
    found = tasks_of(office, actor)
    if as_json:
        print_json(dataclasses.asdict(found))
        return
    if as_person is None:
        note(tr("Whose? Say --as PERSON.", "请用 --as 指明人员。"))
    whens = {"overdue": tr("overdue", "逾期"), "today": tr("today", "今天"),
             "later": tr("later", "以后")}  # fmt: skip

    def where(one: Any) -> str:
        at = one.place
        block = one.building.name_en or one.building.code if one.building else ""
        if LANGUAGE == "zh" and one.building and one.building.name_zh:
            block = one.building.name_zh
        return " ".join(part for part in (block, at.unit, at.door or at.code) if part)

    print_table(
        (tr("task", "任务"), tr("what", "事项"), tr("where", "地点"), tr("when", "时间"),
         tr("state", "状态")),
        [
            (one.task.id, one.title.say(LANGUAGE), where(one), whens[one.when],
             TASK_TEXT[one.task.state].say(LANGUAGE))
            for one in (*found.own, *found.claimable)
        ],
    )  # fmt: skip
    if found.more:
        note(tr("There are more.", "还有更多。"))


def claim(
    task: TaskId,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Claim a task; the claim lapses after some hours without a sign of life."""
    from lamplit.services.field.tasks import tasks

    office, actor = office_and_actor(home, as_person)
    made = tasks.claim(office, actor, task)
    if as_json:
        print_json(dataclasses.asdict(made))
    elif made.claimed_until:
        until = made.claimed_until.astimezone(office.zone).strftime("%H:%M")
        note(tr(f"Yours until {until}.", f"已认领，有效至 {until}。"))
    else:
        note(tr("Yours.", "已归您办理。"))


def release(
    task: TaskId,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Give a task back for others to claim."""
    from lamplit.services.field.tasks import tasks

    office, actor = office_and_actor(home, as_person)
    made = tasks.release(office, actor, task)
    if as_json:
        print_json(dataclasses.asdict(made))
    else:
        note(tr("Released.", "已放弃认领。"))


def assign(
    person: Annotated[str, typer.Argument(metavar="PERSON", help=tr("To whom.", "派给谁。"))],
    campaign: Annotated[
        str, typer.Option("--campaign", metavar="C", help=tr("Of which campaign.", "行动编号。"))
    ] = "",
    place: Annotated[
        str,
        typer.Option(
            "--place",
            metavar="PLACE",
            help=tr("All there that nobody has.", "该处无人认领的全部任务。"),
        ),
    ] = "",
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task", metavar="TASK", help=tr("This one; may repeat.", "指定任务；可重复。")
        ),
    ] = None,
    remark: Annotated[
        str, typer.Option("--note", metavar="TEXT", help=tr("A note with them.", "附言。"))
    ] = "",
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Give tasks to a person: single ones, or all that nobody has at a place."""
    from lamplit.services.field.tasks import assign as service

    if not task and not (campaign and place):
        raise typer.BadParameter(
            tr("name --task, or --campaign and --place", "请指明 --task，或 --campaign 与 --place")
        )
    office, actor = office_and_actor(home, as_person)
    done = service.assign(
        office, actor, person, task_ids=task or (), campaign=campaign, place=place, note=remark
    )
    if as_json:
        print_json(dataclasses.asdict(done))
    else:
        note(
            tr(
                f"{done.count:,} tasks given to {person}; {done.skipped:,} were settled already.",
                f"已派给 {person} {done.count:,} 项；{done.skipped:,} 项已办结。",
            )
        )
