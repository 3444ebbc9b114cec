"""The evidence in a sentence, and what speaks against it, in both languages.

A sentence holds numbers a neighbour can check and never a judgement of the people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from lamplit.domain.language import Language, Text
from lamplit.domain.words import EMPTY_STATES, HomeEvent, HomeState
from lamplit.signals.routine.sentences import AWAY, ONE_DAY, SHORT_PAST, Missed


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence may speak of. Energies in kWh a day; None where not known.

    `span`: days since the event or state began; `read`: those of them that were read. `peer`: the
    community's use against its own recent past. `year_ago`: whether the home was empty in the same
    weeks last year. `settled`: days of the home's own use that the comparison rests on. `missed`:
    what the day `missed_on` lacked of its usual round, where that is the event.
    """

    state: HomeState
    since: date | None
    event: HomeEvent
    event_day: date | None
    before: float | None
    now: float | None
    read: int
    span: int
    flat: bool = False
    shaped: bool = True
    solar: bool = False
    lives_alone: bool = False
    neighbours: int = 0
    neighbours_lit: int = 0
    peer: float = 1.0
    year_ago: bool | None = None
    settled: int = 0
    probability: float = 0.0
    all_zero: bool = False
    missed: Missed | None = None
    missed_on: date | None = None


MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip


def say_day(day: date, language: Language) -> str:
    """`22 January`, `1月22日`."""
    if language == "zh":
        return f"{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]}"


def say_kwh(value: float) -> str:
    """Two digits that matter: `12`, `6.2`, `0.36`."""
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def evidence(facts: Facts, language: Language) -> str:
    """What the meter shows, then what makes it believable."""
    parts = [_main(facts, language), *(t.say(language) for t in _support(facts))]
    joint = "" if language == "zh" else " "
    return joint.join(part for part in parts if part)


def against(facts: Facts, language: Language) -> str:
    """What speaks against it; a plain word where nothing does."""
    fields = _doubt_fields(facts)
    parts = [doubt.says.say(language, **fields) for doubt in DOUBTS if doubt.holds(facts)]
    if not parts:
        return Text("Nothing known.", "暂无。").say(language)
    return ("" if language == "zh" else " ").join(parts)


def _main(facts: Facts, language: Language) -> str:
    start = facts.event_day or facts.since
    if start is None:
        return Text("No readings to go by.", "没有可用读数。").say(language)
    if facts.missed:
        said, missed = facts.missed.text()
        return said.say(language, start=say_day(facts.missed_on or start, language), **missed)
    fields = {
        "before": "" if facts.before is None else say_kwh(facts.before),
        "now": "" if facts.now is None else say_kwh(facts.now),
        "start": say_day(start, language),
        "eve": say_day(start - timedelta(1), language),
        "read": facts.read,
        "span": facts.span,
    }
    return _MAIN[_kind(facts)].say(language, **fields)


def _kind(facts: Facts) -> str:
    if facts.event is HomeEvent.RETURNED:
        return "returned"
    if facts.event is HomeEvent.FROZEN_HIGH:
        return "frozen"
    if facts.event is HomeEvent.ROUTINE_BROKEN:
        return "routine"
    if facts.state in EMPTY_STATES:
        return "fell" if facts.before is not None else "low"
    return "plain"


_MAIN = {
    "fell": Text(
        "About {before} kWh a day until {eve}; {now} since {start} ({read} of {span} days read).",
        "{eve}前日均约{before}千瓦时；{start}起日均{now}（{span}天中读到{read}天）。",
    ),
    "low": Text(
        "{now} kWh a day since {start} ({read} of {span} days read); no earlier use is known.",
        "{start}起日均{now}千瓦时（{span}天中读到{read}天）；更早用电不详。",
    ),
    "returned": Text(
        "{before} kWh a day while nobody seemed there; {now} since {start} "
        "({read} of {span} days read).",
        "无人期间日均{before}千瓦时；{start}起日均{now}（{span}天中读到{read}天）。",
    ),
    "frozen": Text(
        "About {before} kWh a day before; {now} since {start}, by day and by night alike "
        "or in the small hours ({read} of {span} days read).",
        "此前日均约{before}千瓦时；{start}起日均{now}，昼夜恒定或凌晨新增（{span}天中读到{read}天）。",
    ),
    "routine": Text(
        "The day did not follow its usual round on {start}: {now} kWh, where {before} is usual.",
        "{start}用电未按往常规律：{now}千瓦时，往常约{before}。",
    ),
    "plain": Text(
        "{now} kWh a day of late; lived in since {start} as far as is known.",
        "近日日均{now}千瓦时；据现有读数，{start}起有人居住。",
    ),
}


def _support(facts: Facts) -> list[Text]:
    said: list[Text] = []
    empty = _empty(facts)
    if empty and facts.all_zero:
        said.append(Text("Nothing is switched on.", "没有任何用电。"))
    elif empty and facts.flat:
        said.append(Text("Appliance-only load.", "仅有家电待机负荷。"))
    if facts.neighbours:
        said.append(
            Text(
                f"{facts.neighbours_lit} of {facts.neighbours} neighbours normal.",
                f"邻里{facts.neighbours}户中{facts.neighbours_lit}户正常。",
            )
        )
    if empty and not facts.solar:
        said.append(Text("No outage, no solar.", "无停电，无光伏。"))
    if facts.year_ago is False:
        said.append(Text("Same weeks last year normal.", "去年同期正常。"))
    return said


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against a finding, and when it does. `says` may hold `_doubt_fields`."""

    holds: Callable[[Facts], bool]
    says: Text


def _empty(facts: Facts) -> bool:
    return facts.state in EMPTY_STATES and facts.missed is None


DOUBTS = (
    Doubt(lambda f: f.span > f.read,
          Text("{unread} of {span} days unread.", "{span}天中有{unread}天未读到。")),
    Doubt(lambda f: _empty(f) and f.before is None,
          Text("Never seen lived in: it may simply use very little.",
               "从未见有人用电：也可能用电极少。")),
    Doubt(lambda f: _empty(f) and 0 < f.settled < 28,
          Text("Only {settled} days of its own use to compare with.",
               "可比对的平时用电仅{settled}天。")),
    Doubt(lambda f: _empty(f) and not f.shaped,
          Text("Only the day's energy is known, not its course.", "仅有日电量，没有日内曲线。")),
    Doubt(lambda f: _empty(f) and not f.flat and not f.all_zero,
          Text("Days differ somewhat: a visitor, or somebody frugal.",
               "日间略有差异：可能有人来访或十分节俭。")),
    Doubt(lambda f: _empty(f) and f.all_zero,
          Text("Exact zeros can also be a switched-off supply or a meter fault.",
               "持续为零也可能是停供或表计故障。")),
    Doubt(lambda f: _empty(f) and f.peer < 0.9,
          Text("The neighbours use less too ({peer} of their usual).",
               "邻里用电也在下降（为平时的{peer}）。")),
    Doubt(lambda f: f.year_ago is True,
          Text("Empty in the same weeks last year: it may be seasonal.",
               "去年同期也空置：可能是季节性居住。")),
    Doubt(lambda f: f.solar,
          Text("Solar on the roof: judged from the night hours.", "有光伏：依夜间用电判断。")),
    Doubt(lambda f: f.event is HomeEvent.RETURNED and f.read < 3,
          Text("It may be a short visit.", "也可能只是短暂来访。")),
    Doubt(lambda f: f.missed is not None, AWAY),
    Doubt(lambda f: f.missed is not None and not f.missed.eve_quiet, ONE_DAY),
    Doubt(lambda f: f.missed is not None and f.missed.days < 21, SHORT_PAST),
)  # fmt: skip
"""In the order in which they are said."""


def _doubt_fields(facts: Facts) -> dict[str, object]:
    return {
        "unread": facts.span - facts.read,
        "span": facts.span,
        "settled": facts.settled,
        "peer": f"{facts.peer:.0%}",
        "days": facts.missed.days if facts.missed else 0,
    }
