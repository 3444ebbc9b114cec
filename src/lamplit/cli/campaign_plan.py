"""`lamplit campaign plan`, `plans`: who goes to which doors by when, and whether that holds."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.dates import table_moment
from lamplit.cli.field import AsOption, NoteOption, office_and_actor, print_table
from lamplit.cli.progress import progress
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.field.office import Actor, Office
    from lamplit.services.field.plans.apply import Applied
    from lamplit.services.field.plans.facts import Assumed
    from lamplit.services.field.plans.views import PlanView, Preview

SHORT = 8
"""So much of a plan's id is shown, and enough to name it."""
BETWEEN = "，" if LANGUAGE == "zh" else ", "
Code = Annotated[str, typer.Argument(metavar="CAMPAIGN", help=tr("Its code or id.", "行动编号。"))]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--people",
        metavar="PEOPLE",
        help=tr(
            "Only these people (codes, by commas); may be repeated.",
            "仅限这些人员（编号，以逗号分隔）；可重复。",
        ),
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="PEOPLE",
        help=tr("Leave these people out; may be repeated.", "排除这些人员；可重复。"),
    ),
]
Anew = Annotated[
    bool,
    typer.Option(
        "--anew",
        help=tr(
            "From scratch, though a plan is in force: more people are disturbed.",
            "即使已有方案也全部重排（影响更多人）。",
        ),
    ),
]
Apply = Annotated[
    bool,
    typer.Option(
        "--apply",
        help=tr("Put it in force; else it is only kept.", "立即启用；否则仅保存。"),
    ),
]
Kept = Annotated[
    str,
    typer.Option(
        "--plan",
        metavar="ID",
        help=tr(
            "A plan that was kept, in place of a new one; with --apply also one that was in "
            "force before.",
            "使用已保存的方案而不新生成；配合 --apply 可恢复此前的方案。",
        ),
    ),
]
Seconds = Annotated[
    float,
    typer.Option(
        "--seconds",
        min=0,
        max=60,
        help=tr("The solver's own time.", "求解器自身的时间（秒）。"),
    ),
]
OneRound = Annotated[
    bool,
    typer.Option(
        "--one-round",
        help=tr(
            "Each stairwell once, also where doors that have a reason of their own would come "
            "first.",
            "每个单元只走一遍，不先走有自身缘由的住户。",
        ),
    ),
]
AnyLanguage = Annotated[
    bool,
    typer.Option(
        "--any-language",
        help=tr(
            "Whoever comes, also where they don't speak what is spoken there.",
            "不论是否会当地所用语言都可安排。",
        ),
    ),
]
Sure = Annotated[
    float,
    typer.Option(
        "--sure",
        min=0.5,
        max=0.99,
        help=tr("How sure is sure enough.", "把握多大才算足够。"),
    ),
]


def register(group: typer.Typer) -> None:
    """Add the commands of plans to `lamplit campaign`."""
    group.command(
        "plan",
        help=tr(
            "Plan who goes to which doors; nothing changes without --apply.",
            "排班：谁去哪些住户；不加 --apply 不作改动。",
        ),
    )(plan)
    group.command("plans", help=tr("The plans that were kept.", "列出已保存的方案。"))(plans)


def plan(
    campaign: Code,
    people: Names = None,
    without: Without = None,
    anew: Anew = False,
    kept: Kept = "",
    apply: Apply = False,
    text: NoteOption = None,
    seconds: Seconds = 3.0,
    sure: Sure = 0.9,
    one_round: OneRound = False,
    any_language: AnyLanguage = False,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a plan (or take a kept one), show it, and with --apply put it in force."""
    from lamplit.services.field.plans import plans as service
    from lamplit.services.field.plans.apply import apply as apply_plan
    from lamplit.services.field.plans.facts import Asked

    office, actor = office_and_actor(home, as_person)
    plan_id = kept
    if not kept:
        asked = Asked(
            _split(people), _split(without), False if anew else None, seconds, target=sure,
            rounds=not one_round, languages=not any_language,
        )  # fmt: skip
        plan_id = _make(office, actor, campaign, asked)
    view = service.show(office, actor, campaign, plan_id)
    done = apply_plan(office, actor, campaign, plan_id, note=text or "") if apply else None
    if as_json:
        print_json({**dataclasses.asdict(view), "applied": done and dataclasses.asdict(done)})
        return
    _show(office, view)
    if done is not None:
        _applied(done)
    else:
        code = f"lamplit campaign plan {campaign} --plan {view.plan.id[:SHORT]} --apply"
        note(tr(f"Nothing was changed. To apply it: {code}", f"未作改动。启用：{code}"))


def plans(
    campaign: Code,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """A campaign's plans, the newest first."""
    from lamplit.domain.field import PLAN_TEXT
    from lamplit.planning.says import share
    from lamplit.services.field.plans import plans as service

    office, actor = office_and_actor(home, as_person)
    found = service.listed(office, actor, campaign)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    before = tr("as it stood before", "首个方案之前")
    print_table(
        (tr("plan", "方案"), tr("made", "生成"), tr("state", "状态"), tr("doors", "户数"),
         tr("people", "人数"), tr("in time", "按期办结"), tr("all", "一户不落"),
         tr("finish", "完成")),
        [
            (
                one.id[:SHORT], _when(office, one.made_at),
                before if one.origin == "before" else PLAN_TEXT[one.state].say(LANGUAGE),
                one.doors, one.people, share(one.done.mean) if one.done else None,
                f"{one.holds.value:.0%}" if one.holds else None,
                _when(office, one.finish),
            )
            for one in found
        ],
    )  # fmt: skip
    for one in found:
        if one.fit and not one.fit.fits:
            note(one.fit.says.say(LANGUAGE))
            again = f"lamplit campaign plan {campaign}"
            note(tr(f"To plan again, disturbing few: {again}", f"重新排班（尽量少改动）：{again}"))


def _make(office: Office, actor: Actor, campaign: str, asked: Any) -> str:
    from lamplit.domain.jobs import STAGE_TEXT, Stage
    from lamplit.services.field.plans import plans as service

    with progress(tr("planning", "排班"), 1.0) as report:

        def told(share: float, stage: Stage) -> None:
            report(share, 1.0, STAGE_TEXT[stage].say(LANGUAGE))

        return service.make(office, actor, campaign, asked, told).id


def _show(office: Office, view: PlanView) -> None:
    for one in view.says:
        note(one.say(LANGUAGE))
    if view.assumed:
        _assumed(view.assumed)
    print_table(
        (tr("person", "人员"), tr("name", "姓名"), tr("doors", "户数"), tr("more", "增加"),
         tr("fewer", "减少"), tr("minutes", "分钟"), tr("before", "此前"), tr("finish", "完成"),
         tr("way", "路线")),
        [
            (
                one.code, one.name, one.doors, one.gains or None, one.loses or None, one.minutes,
                one.minutes_before or None, _when(office, one.finish), _way(one.buildings),
            )
            for one in view.lists
        ],
    )  # fmt: skip
    for left in view.left:
        count, why = len(left.place_ids), left.text.say(LANGUAGE)
        note(tr(f"On nobody's list: {count:,}, {why}.", f"未能安排 {count:,} 户：{why}。"))
    if view.preview:
        _preview(view.preview)


def _way(buildings: list[Any]) -> str:
    """The buildings in order, each once where it follows itself, with its stairwells."""
    said: list[str] = []
    for one in buildings:
        units = list(dict.fromkeys(stop.unit for stop in one.stops if stop.unit))
        name = one.code or (one.stops[0].code if one.stops else "")
        inside = f"({','.join(units)})" if units else ""
        said.append(f"{name}{inside} {len(one.stops)}")
    return " → ".join(said)


def _preview(found: Preview) -> None:
    moved = sum(one.doors for one in found.moves)
    note(
        tr(
            f"Applying it moves {moved:,} doors: {found.receivers} people get some, "
            f"{found.lighter} only lose some, {found.unchanged} keep their list.",
            f"启用将变动 {moved:,} 户：{found.receivers} 人增加，{found.lighter} 人只减少，"
            f"{found.unchanged} 人不变。",
        )
    )


def _assumed(found: Assumed) -> None:
    """What the store did not know."""
    said = [
        (found.hours, tr("people without hours (9-12, 14-18)", "人未填时间（按 9-12、14-18 时）")),
        (found.homes, tr("people whose home is not known", "人住处未知")),
        (found.buildings, tr("buildings not on the map", "栋楼无坐标")),
        (found.floors, tr("doors without a floor", "户无楼层")),
    ]
    parts = [f"{count:,} {what}" for count, what in said if count]
    if parts:
        joined = BETWEEN.join(parts)
        note(tr(f"Assumed: {joined}.", f"按默认处理：{joined}。"))


def _applied(done: Applied) -> None:
    parts = [
        (done.given, tr("given", "已指派")),
        (done.reordered, tr("reordered", "仅调整次序")),
        (done.freed, tr("freed", "已释放")),
        (done.held, tr("left to who is at them", "办理中未动")),
        (done.over, tr("done meanwhile", "期间已办结")),
        (done.uncovered, tr("whose person has no role there any more", "人员已无该处岗位")),
    ]
    said = BETWEEN.join(f"{what} {count:,}" for count, what in parts if count)
    note(tr(f"In force. Tasks: {said or '–'}.", f"方案已启用。任务：{said or '–'}。"))


def _when(office: Office, at: Any) -> str | None:
    return table_moment(at, office.zone) if at else None


def _split(given: list[str] | None) -> tuple[str, ...]:
    return tuple(one.strip() for text in given or () for one in text.split(",") if one.strip())
