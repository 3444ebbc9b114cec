"""The closed vocabulary of conditions: read from data, judged without running any code.

A condition is one test, or `all:`, `any:` or `not:` over conditions. Four rooms judge tests of
their own: answers (what the form says), signs (what an answer has led to), facts (what is known of
a place) and courses (how the visits went).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lamplit.programmes.said import said

Kind = Literal["answers", "signs", "facts", "course"]

TESTS: dict[Kind, tuple[str, ...]] = {
    "answers": ("answer",),
    "signs": ("answer", "finding", "outcome", "found"),
    "facts": (
        "kind",
        "state",
        "event",
        "every_place",
        "responsible",
        "consent",
        "lives_alone",
        "registered",
        "requested",
        "open_finding",
    ),
    "course": ("outcome", "found", "attempts", "visits", "findings_closed", "ended"),
}
"""The tests that each kind of condition may use; each is also a key of the JSON Schema."""

COMPARISONS = ("is", "is_not", "selected", "at_least", "at_most", "between", "given")
"""What may be said of an answer."""

DETAILS = {
    "answer": COMPARISONS,
    "state": ("for_days", "probability"),
    "event": ("within_days", "probability"),
    "attempts": ("parts_of_day",),
}
"""The keys that may stand beside a test."""


@dataclass(frozen=True, slots=True)
class Term:
    """One test: its name, what it is given, and the keys beside it, as plain data."""

    name: str
    value: Any
    details: tuple[tuple[str, Any], ...] = ()

    def detail(self, key: str) -> Any:
        """The value of a key beside the test; None where it is not given."""
        return dict(self.details).get(key)

    def values(self) -> tuple[str, ...]:
        """What the test is given, as a tuple of words."""
        return words(self.value)


@dataclass(frozen=True, slots=True)
class All:
    """Holds where each part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where at least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where its part does not."""

    part: Condition


Condition = Term | All | AnyOf | Not

ALWAYS = All(())
"""Holds always: an empty `all`."""


class BadConditionError(ValueError):
    """The data is no condition: `reason` says why, `key` where below it."""

    def __init__(self, en: str, zh: str, key: tuple[str | int, ...]) -> None:
        super().__init__(en)
        self.reason = said(en, zh)
        self.key = key


def parse(data: Any, kind: Kind, key: tuple[str | int, ...] = ()) -> Condition:
    """The condition that `data` writes down. Raises BadConditionError."""
    if not isinstance(data, Mapping) or not data:
        raise BadConditionError("it is empty, or not a set of keys", "为空，或不是键值", key)
    joins = [name for name in ("all", "any", "not") if name in data]
    if joins:
        return _joined(data, joins[0], kind, key)
    allowed = TESTS[kind]
    named = [name for name in data if name in allowed]
    if len(named) != 1:
        one, has = ", ".join(allowed), ", ".join(data)
        raise BadConditionError(
            f"it wants exactly one of {one}, and has {has}",
            f"应恰有其一：{one}；实有 {has}",
            key,
        )
    return _term(named[0], data, key)


def _joined(
    data: Mapping[str, Any], name: str, kind: Kind, key: tuple[str | int, ...]
) -> Condition:
    if len(data) != 1:
        others = ", ".join(k for k in data if k != name)
        raise BadConditionError(
            f"{name}: stands alone, without {others}", f"{name}: 不能与 {others} 并列", key
        )
    if name == "not":
        return Not(parse(data["not"], kind, (*key, "not")))
    if not isinstance(data[name], list) or not data[name]:
        raise BadConditionError(
            f"{name}: wants a list of conditions", f"{name}: 应为条件列表", (*key, name)
        )
    parts = tuple(parse(part, kind, (*key, name, at)) for at, part in enumerate(data[name]))
    return All(parts) if name == "all" else AnyOf(parts)


def _term(name: str, data: Mapping[str, Any], key: tuple[str | int, ...]) -> Term:
    beside = {k: v for k, v in data.items() if k != name}
    for other in beside:
        if other not in DETAILS.get(name, ()):
            raise BadConditionError(
                f"{other} cannot stand beside {name}", f"{other} 不能与 {name} 并列", (*key, other)
            )
    if name == "answer":
        _check_comparison(str(data[name]), beside, key)
    return Term(name, _frozen(data[name]), tuple((k, _frozen(v)) for k, v in beside.items()))


def _check_comparison(answer: str, beside: Mapping[str, Any], key: tuple[str | int, ...]) -> None:
    if len(beside) != 1:
        one = ", ".join(COMPARISONS)
        raise BadConditionError(
            f"answer: {answer} wants exactly one of {one}",
            f"answer: {answer} 应恰有其一：{one}",
            key,
        )
    ((how, value),) = beside.items()
    pair = isinstance(value, list) and len(value) == 2
    if how == "between" and not (pair and _number(value[0]) <= _number(value[1])):
        raise BadConditionError(
            "between: wants two numbers, the smaller first",
            "between: 应为两个数，小的在前",
            (*key, how),
        )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def words(value: Any) -> tuple[str, ...]:
    """One word or a list of them, as a tuple; numbers and truths as XForms write them."""
    several = value if isinstance(value, tuple | list) else (value,)
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in several)


def holds(condition: Condition, judge: Callable[[Term], bool]) -> bool:
    """Whether a condition holds, given what each of its tests comes to."""
    if isinstance(condition, Term):
        return judge(condition)
    if isinstance(condition, Not):
        return not holds(condition.part, judge)
    if isinstance(condition, All):
        return all(holds(part, judge) for part in condition.parts)
    return any(holds(part, judge) for part in condition.parts)


def terms(condition: Condition) -> Iterator[Term]:
    """Every test in a condition."""
    if isinstance(condition, Term):
        yield condition
    elif isinstance(condition, Not):
        yield from terms(condition.part)
    else:
        for part in condition.parts:
            yield from terms(part)


def met(condition: Condition, judge: Callable[[Term], bool]) -> tuple[Term, ...]:
    """The tests that made a condition hold: the reasons. Empty where it does not hold.

    What stands under `not:` is never a reason: nobody is enrolled for what isn't so.
    """
    if not holds(condition, judge):
        return ()
    if isinstance(condition, Term):
        return (condition,)
    if isinstance(condition, Not):
        return ()
    return tuple(found for part in condition.parts for found in met(part, judge))


Answers = Mapping[str, str]
"""A submission's answers by the question's name; several choices stand apart by spaces."""


def answers_hold(term: Term, answers: Answers) -> bool:
    """Whether a test of an answer holds.

    An answer that was not given meets `given: false` and `is_not`, and nothing that compares.
    """
    said = (answers.get(str(term.value)) or "").strip()
    ((how, wanted),) = term.details
    if how == "given":
        return bool(said) is bool(wanted)
    if how == "is":
        return said in words(wanted)
    if how == "is_not":
        return said not in words(wanted)
    if how == "selected":
        return bool(set(said.split()) & set(words(wanted)))
    return _compares(how, said, wanted)


def _compares(how: str, said: str, wanted: Any) -> bool:
    value = _number(said)
    if math.isnan(value):  # nothing was said, or nothing that is a number
        return False
    if how == "between":
        return _number(wanted[0]) <= value <= _number(wanted[1])
    return value >= _number(wanted) if how == "at_least" else value <= _number(wanted)


def _number(value: Any) -> float:
    """The number, or NaN where it is none; infinities and NaN written out count as none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return float("nan")
    return number if abs(number) < float("inf") else float("nan")
