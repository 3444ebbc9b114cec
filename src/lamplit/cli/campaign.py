"""`lamplit campaign`: make, open, watch, close and expire campaigns."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli import campaign_plan, campaign_print
from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json, stdout
from lamplit.cli.dates import table_moment
from lamplit.cli.field import AsOption, moment_of, office_and_actor, print_table
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.field.campaigns.board import Board, BoardForecast
    from lamplit.services.field.office import Office

Code = Annotated[str, typer.Argument(metavar="CAMPAIGN", help=tr("Its code or id.", "行动编号。"))]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help=tr("Why.", "原因。"))]


def register(app: typer.Typer) -> None:
    """Add `campaign` and its commands to the app."""
    group = typer.Typer(no_args_is_help=True, help=tr("Run campaigns.", "管理行动。"))
    group.command("new", help=tr("Make a draft with a stated purpose.", "新建草稿，声明目的。"))(
        new
    )
    group.command("open", help=tr("Open a draft.", "开启草稿。"))(open_)
    group.command("close", help=tr("Close it, with its report.", "结束行动并生成报告。"))(close)
    group.command("reopen", help=tr("Open a closed one again.", "重新开启。"))(reopen)
    group.command("list", help=tr("All campaigns.", "列出行动。"))(list_)
    group.command("status", help=tr("Its board.", "查看看板。"))(status)
    group.command("report", help=tr("What a closed one came to.", "查看结束报告。"))(report)
    group.command("roll", help=tr("Make the tasks that are due.", "生成到期任务。"))(roll)
    group.command("expire", help=tr("Delete lists whose time is up.", "删除到期的住户名单。"))(
        expire
    )
    campaign_plan.register(group)
    campaign_print.register(group)
    app.add_typer(group, name="campaign")


def new(
    code: Annotated[str, typer.Argument(metavar="CODE", help=tr("Its code.", "行动编号。"))],
    programme: Annotated[
        str, typer.Option("--programme", metavar="NAME", help=tr("What it runs.", "所用方案。"))
    ],
    place: Annotated[
        str, typer.Option("--place", metavar="PLACE", help=tr("Where.", "地点编号。"))
    ],
    purpose: Annotated[
        str,
        typer.Option(
            "--purpose", metavar="PURPOSE", help=tr("One of the programme's.", "方案允许的目的。")
        ),
    ] = "",
    starts: Annotated[
        str | None, typer.Option("--starts", metavar="DAY", help=tr("First day.", "开始日期。"))
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(
            "--deadline",
            metavar="WHEN",
            help=tr(
                "Last day, or an instant (2026-02-10T18:00).",
                "截止日期，或时刻（2026-02-10T18:00）。",
            ),
        ),
    ] = None,
    way: Annotated[
        str, typer.Option("--way", metavar="WAY", help=tr("How it enrolls.", "纳入方式。"))
    ] = "",
    random_share: Annotated[
        float | None,
        typer.Option(
            "--random-share",
            min=0,
            max=0.2,
            help=tr("Share of other doors enrolled by chance.", "其余住户随机抽取的比例。"),
        ),
    ] = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a draft. It is opened by `campaign open`."""
    from lamplit.services.field.campaigns import campaigns

    office, actor = office_and_actor(home, as_person)
    asked: dict[str, Any] = {"way": way} if way else {}
    if random_share is not None:
        asked["random_share"] = random_share
    made = campaigns.create(
        office, actor, code=code, programme=programme, place=place, purpose=purpose,
        starts=moment_of(starts), deadline=moment_of(deadline), parameters=asked,
    )  # fmt: skip
    _told(made, as_json, tr(f"Draft {made.code} made.", f"已新建草稿 {made.code}。"))


def open_(
    campaign: Code,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Open a draft."""
    from lamplit.services.field.campaigns import campaigns

    office, actor = office_and_actor(home, as_person)
    made = campaigns.open_campaign(office, actor, campaign)
    hint = f"lamplit sweep --open {made.code}"
    _told(
        made, as_json,
        tr(f"{made.code} is open. Enrol homes: {hint}", f"{made.code} 已开启。纳入住户：{hint}"),
    )  # fmt: skip


def close(
    campaign: Code,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Close a campaign and print its report."""
    from lamplit.services.field.campaigns import campaigns

    office, actor = office_and_actor(home, as_person)
    made = campaigns.close(office, actor, campaign)
    _told(made, as_json, tr(f"{made.code} is closed.", f"{made.code} 已结束。"))
    if not as_json:
        _print_report(made.report or {})


def reopen(
    campaign: Code,
    deadline: Annotated[
        str,
        typer.Option(
            "--deadline",
            metavar="WHEN",
            help=tr(
                "New last day, or an instant (2026-02-10T18:00).",
                "新的截止日期，或时刻（2026-02-10T18:00）。",
            ),
        ),
    ],
    reason: Reason,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Open a closed campaign again."""
    from lamplit.cli.dates import parse_moment
    from lamplit.services.field.campaigns import campaigns

    office, actor = office_and_actor(home, as_person)
    until = parse_moment(deadline)
    made = campaigns.reopen(office, actor, campaign, deadline=until, reason=reason)
    _told(made, as_json, tr(f"{made.code} is open again.", f"{made.code} 已重新开启。"))


def list_(
    as_person: AsOption = None, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME
) -> None:
    """All campaigns that one may see."""
    from lamplit.domain.field import CAMPAIGN_TEXT
    from lamplit.services.field.campaigns import campaigns

    office, actor = office_and_actor(home, as_person)
    found = campaigns.campaigns(office, actor)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    print_table(
        (tr("code", "编号"), tr("name", "名称"), tr("state", "状态"), tr("starts", "开始"),
         tr("deadline", "截止")),
        [
            (one.code, one.name.say(LANGUAGE), CAMPAIGN_TEXT[one.state].say(LANGUAGE), one.starts,
             table_moment(one.deadline, office.zone))
            for one in found
        ],
    )  # fmt: skip


def status(
    campaign: Code,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """The board: done against expected, the forecast, what nobody has, who does what."""
    from lamplit.services.field.campaigns.board import board

    office, actor = office_and_actor(home, as_person)
    found = board(office, actor, campaign)
    if as_json:
        print_json(dataclasses.asdict(found))
        return
    _show(office, found)


def report(
    campaign: Code,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """The report that the close kept."""
    from lamplit.services.field.campaigns import campaigns

    office, actor = office_and_actor(home, as_person)
    found = campaigns.status(office, actor, campaign)
    if as_json:
        print_json(found.report or {})
    elif found.report is None:
        note(tr("It was never closed.", "该行动尚未结束。"))
    else:
        _print_report(found.report)


def roll(
    as_person: AsOption = None, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME
) -> None:
    """Make today's tasks of every open campaign, as a server does each morning."""
    from lamplit.services.field.campaigns import cadence

    office, actor = office_and_actor(home, as_person)
    done = cadence.roll(office, actor)
    if as_json:
        print_json(dataclasses.asdict(done))
    else:
        note(
            tr(
                f"{done.made:,} tasks made, {done.missed:,} missed ones closed.",
                f"已生成任务 {done.made:,} 项，关闭错过的任务 {done.missed:,} 项。",
            )
        )


def expire(as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME) -> None:
    """Delete what must not be kept any longer; run it nightly."""
    from lamplit.services.field.privacy.expiry import expire as expire_lists

    office, actor = office_and_actor(home)
    done = expire_lists(office, actor)
    if as_json:
        print_json([dataclasses.asdict(one) for one in done])
        return
    for one in done:
        if one.set_aside or not one.code:
            code = one.code or tr("no known campaign", "未知行动")
            photos = f"{one.photos:,}" if not one.code else "0"
            note(
                tr(
                    f"{code}: {one.set_aside:,} deleted that were set aside, {one.unsettled:,} of "
                    f"them unsettled; {photos} photos of what was never worked in.",
                    f"{code}：已删除隔离提交 {one.set_aside:,} 条，其中未处理 "
                    f"{one.unsettled:,} 条；未入库照片 {photos} 张。",
                )
            )
        if not one.code:
            continue
        note(
            tr(
                f"{one.code}: evidence of {one.evidence:,}, signals of {one.signals:,} homes, "
                f"answers of {one.answers:,} visits and {one.photos:,} photos deleted.",
                f"{one.code}：已删除依据 {one.evidence:,} 条、信号 {one.signals:,} 条、"
                f"回答 {one.answers:,} 条、照片 {one.photos:,} 张。",
            )
        )
    if not done:
        note(tr("Nothing to delete.", "没有到期内容。"))


def _told(made: Any, as_json: bool, said: str) -> None:
    if as_json:
        print_json(dataclasses.asdict(made))
    else:
        note(said)


def _show(office: Office, found: Board) -> None:
    from lamplit.domain.field import CAMPAIGN_TEXT
    from lamplit.domain.language import Text
    from lamplit.outbound.board import (
        BoardHead,
        FigureLine,
        PlaceLine,
        WorkerLine,
        board_view,
    )

    of = found.campaign
    head = BoardHead(
        of.code, of.name, CAMPAIGN_TEXT[of.state], found.purpose, found.enrolled, found.done,
        found.expected, table_moment(of.deadline, office.zone),
        of.deadline - found.at, _forecast(office, found.forecast),
    )  # fmt: skip
    wrong = ("overdue", "unclaimed", "open")
    figures = [
        FigureLine(f.text, f.value, f.share, f.value > 0 and any(w in f.code for w in wrong))
        for f in found.figures
    ]
    notes = []
    if found.quarantine:
        notes.append(
            Text(
                f"{found.quarantine} submissions wait to be settled: lamplit inbox list",
                f"{found.quarantine} 份提交待处理：lamplit inbox list",
            )
        )
    console = stdout()
    console.soft_wrap = False
    console.print(
        board_view(
            head,
            figures,
            [PlaceLine(u.name, u.free, u.open) for u in found.uncovered[:8]],
            [
                WorkerLine(w.name, w.held, w.sent, w.today, w.age(found.at))
                for w in found.people[:20]
            ],
            notes,
            LANGUAGE,
            plain=not console.encoding.lower().startswith("utf"),
        )
    )


def _forecast(office: Office, found: BoardForecast | None) -> Any:
    from lamplit.domain.language import Text

    if found is None:
        return Text("Too early for a forecast.", "尚不足以预测完成时间。")
    if found.at is None:
        return Text("At this pace not within a year.", "按目前进度一年内无法完成。")
    at, early, late = (_moment(office, one) for one in (found.at, found.early, found.late))
    return Text(
        f"At this pace {at.en} ({early.en} … {late.en}).",
        f"按目前进度 {at.zh} 完成（{early.zh} … {late.zh}）。",
    )


def _moment(office: Office, at: datetime | None) -> Any:
    from lamplit.domain.language import Text
    from lamplit.outbound.markup import moment_text

    if at is None:
        return Text("–", "–")
    here = at.astimezone(office.zone)
    return Text(moment_text(here, "en"), moment_text(here, "zh"))


REPORT = (
    ("enrolled", tr("enrolled", "纳入")),
    ("done", tr("done", "办结")),
    ("reached", tr("reached", "已见面")),
    ("refused", tr("refused", "拒绝")),
    ("attempted", tr("tried, nobody met", "上门未遇")),
    ("unreachable", tr("of these: no way there", "其中无法到达")),
    ("untouched", tr("never tried", "未上门")),
    ("resolved", tr("left the list by themselves", "自行解除")),
    ("visits", tr("visits", "走访次数")),
    ("finds", tr("finds", "发现户数")),
    ("done_by_deadline", tr("done by the deadline", "期限内办结")),
)
FINDINGS = (
    ("findings", tr("findings", "发现")),
    ("findings_open", tr("still open", "未处理")),
    ("points", tr("points", "扣分")),
)


def _print_report(found: dict[str, Any]) -> None:
    rows = [(said, f"{found.get(key, 0):,}") for key, said in REPORT]
    knocks = found.get("knocks_per_find")
    if knocks:
        high = knocks["high"] if knocks["high"] is not None else "∞"
        rows.append(
            (tr("knocks per find", "每次发现的敲门数"),
             f"{knocks['value']} ({knocks['low']} … {high})")
        )  # fmt: skip
    findings = found.get("findings") or {}
    if findings:
        rows += [(said, f"{findings.get(key, 0):,}") for key, said in FINDINGS]
    rows += [
        (one["unit"] or tr("no unit", "未指明单位"), f"{one['findings']} / {one['points']}")
        for one in found.get("points_by_unit") or []
        if one["points"]
    ]
    rows += [(name, f"{value:,}") for name, value in (found.get("stock") or {}).items()]
    print_table((tr("what", "项目"), tr("how many", "数量")), rows)
