"""A plan as it is kept: its stops as rows, and what is told of it as JSON."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from lamplit.domain.language import Text
from lamplit.planning.model import Chance, Help, Share
from lamplit.planning.says import summary
from lamplit.planning.standing import Made
from lamplit.services.field.plans.facts import Facts, instant

MOST_STEPS = 12
UNSPOKEN = Text(
    "At {doors} doors nobody who may go speaks what is spoken there; somebody goes all the same.",
    "有 {doors} 户，能去的人都不会当地所用语言：仍安排人上门。",
)


def rows_of(plan_id: str, facts: Facts, made: Made, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The rows of `plan_stop`: each open task once, on somebody's list or on nobody's with why."""
    rows: list[dict[str, Any]] = []
    turns: dict[str, int] = defaultdict(int)
    for shift in made.plan.shifts:
        for stop in shift.stops:
            turns[shift.person_id] += 1
            at = instant(facts.first, zone, stop.arrive)
            for task_id in facts.tasks[stop.door_id]:
                rows.append({
                    "plan_id": plan_id, "task_id": task_id, "person_id": shift.person_id,
                    "turn": turns[shift.person_id], "arrives": at, "why": None,
                })  # fmt: skip
    for left in made.plan.unassigned:
        for task_id in facts.tasks[left.door_id]:
            rows.append({
                "plan_id": plan_id, "task_id": task_id, "person_id": None, "turn": None,
                "arrives": None, "why": left.why.value,
            })  # fmt: skip
    return rows


def result_of(facts: Facts, made: Made, zone: ZoneInfo) -> dict[str, Any]:
    """What is told of a plan, all but its doors; instants are ISO 8601 with the home's offset."""
    plan, forecast, measures = made.plan, made.plan.forecast, made.plan.measures

    def at(minute: float | None) -> str | None:
        return None if minute is None else instant(facts.first, zone, minute).isoformat()

    said = [*zip(summary(plan, "en", facts.first), summary(plan, "zh", facts.first), strict=True)]
    if facts.assumed.unspoken:
        said.append((UNSPOKEN.say("en", doors=facts.assumed.unspoken),
                     UNSPOKEN.say("zh", doors=facts.assumed.unspoken)))  # fmt: skip
    return {
        "doors": len(plan.request.doors),
        "held": facts.held,
        "people": _people(made, at),
        "begins": at(plan.request.now),
        "deadline": at(plan.request.deadline),
        "forecast": {
            "holds": _chance(forecast.holds), "done": _share(forecast.done),
            "finish": at(forecast.finish), "early": at(forecast.early), "late": at(forecast.late),
            "reached": round(forecast.reached, 1), "open_doors": round(forecast.open_doors, 1),
        },
        "measures": {
            "finish": at(measures.finish), "bound_finish": at(measures.bound_finish),
            "over_bound": round(measures.gap, 4),
            "person_minutes": round(measures.person_minutes), "moving": round(measures.moving),
            "shared_units": measures.shared_units,
        },
        "rounds": [{"doors": one.doors, "tried": at(one.tried)} for one in plan.rounds()],
        "help": [_help(one) for one in plan.help],
        "assumed": asdict(facts.assumed),
        "habits": asdict(facts.habits),
        "says": [{"en": en, "zh": zh} for en, zh in said],
    }  # fmt: skip


def _people(made: Made, at: Any) -> list[dict[str, Any]]:
    """Minutes before and after, and the finish, of everybody in the team."""
    minutes: dict[str, float] = defaultdict(float)
    finish: dict[str, float] = {}
    for shift in made.plan.shifts:
        minutes[shift.person_id] += shift.ends + shift.again - shift.span.start
        finish[shift.person_id] = shift.ends + shift.again
    return [
        {
            "person_id": one.id,
            "minutes": round(minutes[one.id]),
            "minutes_before": round(made.before.get(one.id, 0.0)),
            "finish": at(finish.get(one.id)),
        }
        for one in made.plan.request.people
    ]


def _chance(chance: Chance) -> dict[str, Any]:
    return {
        "value": round(chance.value, 4), "low": round(chance.interval.low, 4),
        "high": round(chance.interval.high, 4), "replicates": chance.replicates,
    }  # fmt: skip


def _share(share: Share) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(share).items()}


def _help(one: Help) -> dict[str, Any]:
    return {
        "lever": one.lever.value,
        "enough": one.enough,
        "tried": [
            {"amount": s.amount, "holds": _chance(s.holds), "done": round(s.done, 4)}
            for s in one.steps[:MOST_STEPS]
        ],
        "like": _like(one),
        "leave": len(one.leave),
        "person_minutes": round(one.costs),
    }


def _like(one: Help) -> dict[str, Any] | None:
    if one.like is None:
        return None
    return {
        "skills": sorted(one.like.skills),
        "languages": sorted(one.like.languages),
        "spans": len(one.like.spans),
        "minutes": round(sum(s.end - s.start for s in one.like.spans)),
    }
