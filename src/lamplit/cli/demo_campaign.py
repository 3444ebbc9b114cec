"""How the demo's campaign went: the leader's board through its two days, and its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamplit.cli.common import stdout
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.replay.neighbourhood.demo import Neighbourhood

BAR = 24


def show_campaign(hood: Neighbourhood) -> None:
    """The board at each look, then knocks per find and the finish against the deadline."""
    from rich.table import Table

    name = hood.name.say(LANGUAGE)
    table = Table(title="\n" + tr(f"The list as a campaign: {name}", f"名单变行动：{name}"),
                  title_justify="left", title_style="bold", box=None, pad_edge=False,
                  header_style="dim")  # fmt: skip
    table.add_column(tr("board at", "看板时刻"), no_wrap=True)
    table.add_column("", no_wrap=True)
    columns = (
        tr("done", "办结"),
        tr("expected", "应完成"),
        tr("empty", "空置"),
        tr("returned", "返回"),
        tr("knocks", "敲门"),
    )
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for look in hood.looks:
        filled = round(BAR * look.done / max(look.enrolled, 1))
        table.add_row(
            look.at, "█" * filled + "░" * (BAR - filled), f"{look.done}/{look.enrolled}",
            str(look.expected), str(look.empty), str(look.returned), str(look.knocks),
        )  # fmt: skip
    console = stdout()
    console.soft_wrap = False
    console.print(table)
    console.print(_end(hood), markup=False)


def _end(hood: Neighbourhood) -> str:
    told = hood.report
    per = told["knocks_per_find"]
    if per and per["value"]:
        knocks = tr(
            f"{per['value']:.1f} knocks per find ({per['low']:.1f} – {per['high']:.1f})",
            f"每发现一户敲门 {per['value']:.1f} 次（{per['low']:.1f} – {per['high']:.1f}）",
        )
    else:
        knocks = tr("nothing found", "没有发现")
    left = told["enrolled"] - told["done"]
    finish = tr(
        f"{told['done_by_deadline']} of {told['enrolled']} doors done before the deadline"
        + (f", {left} tried but not met three times" if left else ""),
        f"截止前办结 {told['done_by_deadline']}/{told['enrolled']} 户"
        + (f"，{left} 户上门未满三次" if left else ""),
    )
    return f"{knocks}；{finish}。" if LANGUAGE == "zh" else f"{knocks}; {finish}."
