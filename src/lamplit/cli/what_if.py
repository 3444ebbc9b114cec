"""`lamplit what-if`: the list with other thresholds, without changing any."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    CommunityOption,
    HomeOption,
    JsonOption,
    note,
    open_home,
    print_json,
)
from lamplit.cli.dates import parse_day
from lamplit.cli.field import print_table
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.what_if import Area, Playable, Tally

Changes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE",
        help=tr("Thresholds to try; none: list them all.", "要试调的阈值；不写则列出全部。"),
        show_default=False,
    ),
]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=parse_day,
        metavar="DATE",
        help=tr("Compare the list of DATE (default: the last night).",
                "比较该日的名单（默认：最近一夜）。"),
    ),
]  # fmt: skip
Days = Annotated[
    int,
    typer.Option(
        "--days", min=1, max=120, metavar="N",
        help=tr("Nights that the others act for.", "试调生效的夜数。"),
    ),
]  # fmt: skip
Doors = Annotated[
    bool, typer.Option("--doors", help=tr("List the doors that move.", "列出变动的住户。"))
]


def register(app: typer.Typer) -> None:
    """Add `what-if` to the app."""

    @app.command(
        "what-if",
        help=tr(
            "What the list would be with other thresholds; nothing is changed.",
            "试调阈值后名单会怎样；不作任何改动。",
        ),
    )
    def what_if(
        changes: Changes = None,
        community: CommunityOption = "",
        as_of: AsOf = None,
        days: Days = 60,
        doors: Doors = False,
        json: JsonOption = False,
        home: HomeOption = DEFAULT_HOME,
    ) -> None:
        from lamplit.services import what_if as service

        opened = open_home(home)
        if not changes:
            _list(service.playable(opened), as_json=json)
            return
        asked = (community,) if community else None
        found = service.what_if(opened, _parsed(changes), communities=asked, day=as_of, nights=days)
        if json:
            print_json(_answer(found, doors=doors))
            return
        _show(found)
        if doors:
            _show_doors(found)


def _parsed(changes: list[str]) -> dict[str, float]:
    found = {}
    for one in changes:
        name, _, value = one.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise typer.BadParameter(
                tr(f"`{one}` is not NAME=NUMBER.", f"“{one}”不是 名称=数字。")
            ) from None
    return found


def _list(some: list[Playable], *, as_json: bool) -> None:
    if as_json:
        print_json([
            {
                "name": p.threshold.name, "value": p.value, "default": p.threshold.value,
                "low": p.low, "high": p.high, "unit": p.threshold.unit,
                "why": {"en": p.threshold.why.en, "zh": p.threshold.why.zh},
            }
            for p in some
        ])  # fmt: skip
        return
    heads = (tr("threshold", "阈值"), tr("value", "取值"), tr("range", "范围"),
             tr("unit", "单位"), tr("why", "理由"))  # fmt: skip
    print_table(heads, [
        (p.threshold.name, f"{p.value:g}", f"{p.low:g} … {p.high:g}", p.threshold.unit,
         p.threshold.why.say(LANGUAGE))
        for p in some
    ])  # fmt: skip


def _show(found: Any) -> None:
    note(
        tr(
            f"The list of {found.day} if this had held since {found.first}:",
            f"若自 {found.first} 起如此，{found.day} 的名单：",
        )
    )
    if found.sampled:
        note(tr(f"A sample: {found.homes:,} of {found.of:,} homes.",
                f"抽样：{found.of:,} 户中的 {found.homes:,} 户。"))  # fmt: skip
    heads = (tr("community", "社区"), tr("homes", "户数"), tr("dark", "零度"),
             tr("micro", "微电量"), tr("low", "低电量"), tr("lived in", "有人居住"),
             tr("doors", "名单"), tr("change state", "状态变化"))  # fmt: skip
    areas = [*found.areas, found.whole] if len(found.areas) > 1 else found.areas
    print_table(heads, [_line(one) for one in areas])


def _line(area: Area) -> tuple[str, ...]:
    from lamplit.domain.words import HomeState

    def both(of: Any) -> str:
        now, then = of(area.before), of(area.after)
        return f"{now:,}" if now == then else f"{now:,} → {then:,}"

    states = (HomeState.DARK, HomeState.MICRO, HomeState.LOW, HomeState.LIVED_IN)
    return (
        area.code or tr("all", "合计"), f"{area.before.homes:,}",
        *(both(lambda side, s=state: side.states[s]) for state in states),
        both(lambda side: side.doors), f"{area.moved:,}",
    )  # fmt: skip


def _show_doors(found: Any) -> None:
    from lamplit.domain.words import STATE_TEXT

    yes, no = tr("on it", "在"), tr("off it", "不在")
    heads = (tr("household", "户号"), tr("now", "现状"), tr("then", "试调后"),
             tr("list now", "现名单"), tr("list then", "试调名单"))  # fmt: skip
    print_table(heads, [
        (m.household, STATE_TEXT[m.before].say(LANGUAGE), STATE_TEXT[m.after].say(LANGUAGE),
         yes if m.listed_before else no, yes if m.listed_after else no)
        for m in found.moves
    ])  # fmt: skip


def _answer(found: Any, *, doors: bool) -> dict[str, Any]:
    told = {
        "day": found.day, "first": found.first, "homes": found.homes, "of": found.of,
        "sampled": found.sampled,
        "thresholds": {n: {"now": a, "tried": b} for n, (a, b) in found.changes.items()},
        "whole": _area(found.whole),
        "communities": [_area(one) for one in found.areas],
    }  # fmt: skip
    if doors:
        told["doors"] = [
            {
                "household_id": m.household, "community": m.community, "before": m.before.word,
                "after": m.after.word, "listed_before": m.listed_before,
                "listed_after": m.listed_after,
            }
            for m in found.moves
        ]  # fmt: skip
    return told


def _area(area: Area) -> dict[str, Any]:
    return {
        "community": area.code, "before": _tally(area.before), "after": _tally(area.after),
        "moved": area.moved,
    }  # fmt: skip


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "homes": tally.homes, "states": {s.word: n for s, n in tally.states.items()},
        "doors": tally.doors, "events": {e.word: n for e, n in tally.events.items()},
    }  # fmt: skip
