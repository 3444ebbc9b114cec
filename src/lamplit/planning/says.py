"""A plan and a preview in words, for a terminal or a page."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from math import floor

from lamplit.domain.language import Language, Text
from lamplit.domain.spoken import spoken_text
from lamplit.planning.model import DAY, WHY_SAID, Help, Lever, Person, Plan
from lamplit.planning.replan import Preview

_TIME = Text("day {day}, {hour:02d}:{minute:02d}", "第{day}天 {hour:02d}:{minute:02d}")
_DATE = Text(
    "{date:%b %d}, {hour:02d}:{minute:02d}", "{date:%m}月{date:%d}日 {hour:02d}:{minute:02d}"
)
_LISTS = Text(
    "{doors} doors on the lists of {people} people, {shifts} shifts.",
    "{people} 人分 {shifts} 个班次，共安排 {doors} 户。",
)
_DONE = Text(
    "By the deadline, {deadline}, {share} of {doors} doors will be done; between {low} and {high} "
    "in 8 of 10 cases.",
    "截止时间（{deadline}）前预计办结 {doors} 户中的 {share}；十次有八次为 {low} 至 {high}。",
)
_HOLDS = Text(
    "Every single one of them: with a probability of {chance:.0%} ({low:.0%} to {high:.0%}).",
    "一户不落全部办结的概率为 {chance:.0%}（{low:.0%} 至 {high:.0%}）。",
)
_FINISH = Text(
    "Forecast finish: {finish}; between {early} and {late} in 8 of 10 cases.",
    "预计完成时间：{finish}；十次中有八次在 {early} 至 {late} 之间。",
)
_REACHED = Text(
    "Somebody will open at about {reached:.0f} of {doors} doors.",
    "预计约 {reached:.0f} 户有人应门（共 {doors} 户）。",
)
_LEFT = Text("{count} doors are on nobody's list: {why}.", "{count} 户未能安排：{why}。")
_FIRST = Text(
    "First come {doors} doors; all of them are to be tried by {tried}.",
    "先走 {doors} 户，预计 {tried} 前全部上过门。",
)
_GAP = Text(
    "No plan needs less than {least:.0%} of this one's working time.",
    "任何方案所需的工作时间都不会少于本方案的 {least:.0%}。",
)
_NONE = Text("No help of this kind is enough.", "此类帮助均不足以按时完成。")
_ENOUGH: dict[Lever, Text] = {
    Lever.PEOPLE: Text(
        "{amount:.0f} more people{able} make it hold ({chance:.0%}).",
        "再增加 {amount:.0f} 人{able}即可按时完成（{chance:.0%}）。",
    ),
    Lever.HOURS: Text(
        "{amount:g} more hours a day from everybody make it hold ({chance:.0%}).",
        "每人每天延长 {amount:g} 小时即可按时完成（{chance:.0%}）。",
    ),
    Lever.LEAVE: Text(
        "Leaving {amount:.0f} doors for later makes it hold ({chance:.0%}).",
        "将 {amount:.0f} 户留待以后即可按时完成（{chance:.0%}）。",
    ),
}
_AT_MOST: dict[Lever, Text] = {
    Lever.PEOPLE: Text(
        "Even {amount:.0f} more people would not be enough: {share} of doors.",
        "即使再增加 {amount:.0f} 人也不够：预计办结 {share}。",
    ),
    Lever.HOURS: Text(
        "Even {amount:g} more hours a day from everybody would not be enough: {share} of doors.",
        "即使每人每天延长 {amount:g} 小时也不够：预计办结 {share}。",
    ),
}
_NOT_ENOUGH: dict[Lever, Text] = {
    Lever.PEOPLE: Text("More people alone would not be enough.", "仅增加人手不足以按时完成。"),
    Lever.HOURS: Text("Longer hours alone would not be enough.", "仅延长时间不足以按时完成。"),
    Lever.LEAVE: Text("Leaving doors would not be enough.", "留下部分住户也不足以按时完成。"),
}
_ABLE = Text(" (with {what})", "（具备：{what}）")
_NOBODY = Text("Nobody's list changes.", "所有人的名单均不变。")
_AFFECTED = Text(
    "{people} people get {doors} doors more; {lighter} others only lose doors; {gone} are gone.",
    "{people} 人共增加 {doors} 户；另有 {lighter} 人只减不增；{gone} 人退出。",
)
_MOVE = Text("{doors} doors from {giver} to {taker}.", "{doors} 户由 {giver} 转给 {taker}。")
_NO_ONE = Text("nobody", "无人")


def summary(plan: Plan, language: Language, first: date | None = None) -> list[str]:
    """What a leader wants to know of a plan, a sentence a line.

    Times are said as days of the plan, or as dates where its `first` day is given.
    """
    forecast, doors = plan.forecast, len(plan.request.doors)
    said = [
        _LISTS.say(
            language,
            doors=sum(len(s.stops) for s in plan.shifts),
            people=len(plan.lists()),
            shifts=sum(1 for s in plan.shifts if s.stops),
        ),
        _DONE.say(
            language,
            deadline=clock(plan.request.deadline, language, first),
            doors=doors,
            share=share(forecast.done.mean),
            low=share(forecast.done.low),
            high=share(forecast.done.high),
        ),
        _HOLDS.say(
            language,
            chance=forecast.holds.value,
            low=forecast.holds.interval.low,
            high=forecast.holds.interval.high,
        ),
        _FINISH.say(
            language,
            finish=clock(forecast.finish, language, first),
            early=clock(forecast.early, language, first),
            late=clock(forecast.late, language, first),
        ),
        _REACHED.say(language, reached=forecast.reached, doors=doors),
    ]
    first_come, *others = plan.rounds() or [None]
    if others and first_come and first_come.tried is not None:
        tried = clock(first_come.tried, language, first)
        said.append(_FIRST.say(language, doors=first_come.doors, tried=tried))
    if plan.measures.work:
        least = min(1.0, plan.measures.bound / plan.measures.work)
        said.append(_GAP.say(language, least=least))
    for why, count in sorted(Counter(u.why for u in plan.unassigned).items()):
        said.append(_LEFT.say(language, count=count, why=WHY_SAID[why].say(language)))
    said += [_help(one, language) for one in plan.help]
    if plan.help and all(one.enough is None for one in plan.help):
        said.append(_NONE.say(language))
    return said


def preview_summary(preview: Preview, language: Language) -> list[str]:
    """Who is affected by a re-plan, and what moves from whom to whom, a sentence a line."""
    if not preview.receivers and not preview.lighter and not preview.gone:
        return [_NOBODY.say(language)]
    moved = Counter((m.giver, m.taker) for m in preview.moves)
    nobody = _NO_ONE.say(language)
    said = [
        _AFFECTED.say(
            language,
            people=len(preview.receivers),
            doors=sum(n for (_, taker), n in moved.items() if taker is not None),
            lighter=len(preview.lighter),
            gone=len(preview.gone),
        )
    ]
    for (giver, taker), count in sorted(
        moved.items(), key=lambda item: (item[0][0] or "", item[0][1] or "")
    ):
        said.append(_MOVE.say(language, doors=count, giver=giver or nobody, taker=taker or nobody))
    return said


def share(of: float) -> str:
    """A share of doors in per cent, never rounded up to all of them: 99.96 % is 99.9%."""
    tenths = floor(of * 1000 + 1e-6)
    return f"{tenths / 10:.1f}%" if 990 <= tenths < 1000 else f"{min(round(of * 100), 100)}%"


def clock(minute: float, language: Language, first: date | None = None) -> str:
    """A minute of the plan as day (a date, where the `first` is given) and time of day."""
    whole = round(minute)
    day, rest = divmod(whole, int(DAY))
    if first is not None:
        at = first + timedelta(days=day)
        return _DATE.say(language, date=at, hour=rest // 60, minute=rest % 60)
    return _TIME.say(language, day=day + 1, hour=rest // 60, minute=rest % 60)


def _asked(like: Person, language: Language) -> list[str]:
    spoken = [spoken_text(code).say(language) for code in sorted(like.languages)]
    return [*spoken, *sorted(like.skills)]


def _help(one: Help, language: Language) -> str:
    if one.enough is None and one.steps and one.lever in _AT_MOST:
        most = one.steps[-1]
        return _AT_MOST[one.lever].say(language, amount=most.amount, share=share(most.done))
    if one.enough is None:
        return _NOT_ENOUGH[one.lever].say(language)
    chance = next(s.holds.value for s in one.steps if s.amount == one.enough)
    fields: dict[str, object] = {"amount": one.enough, "chance": chance}
    if one.lever is Lever.PEOPLE:
        asked = _asked(one.like, language) if one.like else []
        what = _ABLE.say(language, what=", ".join(asked)) if asked else ""
        fields["able"] = what
    return _ENOUGH[one.lever].say(language, **fields)
