"""Turns a pack's data, already checked against the schema, into a Pack."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from typing import Any, TypeVar

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Found, Outcome, PlaceKind, Role, ServiceLine, Severity
from lamplit.domain.language import Text
from lamplit.domain.problems import programmes as problems
from lamplit.programmes.conditions import (
    ALWAYS,
    BadConditionError,
    Condition,
    Kind,
    Term,
    parse,
)
from lamplit.programmes.pack import (
    Attempts,
    Band,
    Cadence,
    CloseRule,
    DoneRule,
    Figure,
    FindingRule,
    FollowUpRule,
    Form,
    FoundRule,
    Item,
    MoveRule,
    OutcomeRule,
    Pack,
    Purpose,
    Roles,
    ScoreRule,
    Standing,
    Way,
)
from lamplit.programmes.yamlmap import Document, Key

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Read = Callable[[Any, Kind, Key], Condition]
Made = TypeVar("Made")


_WIDE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_FOLDED = re.compile(rf"(?<={_WIDE})\s+(?={_WIDE})")


def text(data: dict[str, str]) -> Text:
    """A Text from `{en, zh}`; Chinese that was folded over lines takes no spaces in between."""
    return Text(data["en"].strip(), _FOLDED.sub("", data["zh"].strip()))


def build(document: Document, form: Form, digest: str) -> Pack:
    """The pack that a document describes. Raises LamplitError `programme.condition`."""
    data = document.data
    read = reader(document)
    return Pack(
        folder=document.path.parent,
        digest=digest,
        name=data["name"],
        version=data["version"],
        title=text(data["title"]),
        task=text(data["task"]),
        about=text(data["about"]),
        script=text(data["script"]),
        line=ServiceLine(data["line"]),
        subjects=frozenset(PlaceKind(kind) for kind in data["subjects"]),
        purposes=tuple(Purpose(p["code"], text(p["text"])) for p in data["purposes"]),
        roles=_roles(data["roles"]),
        lease_hours=data["claim"]["lease_hours"],
        most_claims=data["claim"]["most"],
        ways=_each(data, ("enrol",), lambda w, key: _way(w, read, key)),
        cadence=tuple(_cadence(c, data["subjects"]) for c in data["cadence"]),
        outcomes=_each(data, ("outcome",), lambda r, key: _outcome(r, read, key)),
        founds=_each(data, ("found",), lambda r, key: _found(r, read, key)),
        code_list=data.get("code_list", f"{data['name']}@{data['version']}"),
        findings=_each(data, ("findings",), lambda f, key: _finding(f, read, key)),
        follow_ups=_each(data, ("follow_ups",), lambda f, key: _follow_up(f, read, key)),
        closes=_each(data, ("closes",), lambda c, key: _close(c, read, key)),
        done=_each(data, ("done",), lambda d, key: _done(d, read, key)),
        score=_score(data["score"]) if "score" in data else None,
        items=_each(data, ("stock", "items"), lambda i, _: _item(i)),
        moves=_each(data, ("stock", "moves"), lambda m, key: _move(m, read, key)),
        board=tuple(_figure(f) for f in data["board"]),
        list_days=data["expiry"]["list_days"],
        submission_days=data["expiry"]["submission_days"],
        standing=tuple(Standing(s["state"], text(s["text"])) for s in data.get("standing", [])),
        form=form,
    )


def _each(data: Any, path: tuple[str, ...], make: Callable[[Any, Key], Made]) -> tuple[Made, ...]:
    """One thing made of each entry of a list, with the entry's key; none where it is left out."""
    for part in path:
        data = data.get(part, {})
    return tuple(make(entry, (*path, at)) for at, entry in enumerate(data))


def _way(data: dict[str, Any], read: Read, key: Key) -> Way:
    when = read(data["when"], "facts", (*key, "when"))
    return Way(data["way"], text(data["text"]), when, data.get("random_share", 0.0))


def _outcome(data: dict[str, Any], read: Read, key: Key) -> OutcomeRule:
    return OutcomeRule(Outcome(data["then"]), _when(data, read, "answers", key))


def _found(data: dict[str, Any], read: Read, key: Key) -> FoundRule:
    return FoundRule(Found(data["then"]), _when(data, read, "answers", key))


def _close(data: dict[str, Any], read: Read, key: Key) -> CloseRule:
    return CloseRule(_when(data, read, "signs", key), tuple(data.get("findings", ())))


def _done(data: dict[str, Any], read: Read, key: Key) -> DoneRule:
    return DoneRule(data["code"], _when(data, read, "course", key), text(data["text"]))


def _item(data: dict[str, Any]) -> Item:
    return Item(data["code"], text(data["text"]), text(data["unit"]))


def _move(data: dict[str, Any], read: Read, key: Key) -> MoveRule:
    when = _when(data, read, "answers", key)
    return MoveRule(data["item"], data["quantity"], data["from"], data["to"], when)


def _figure(data: dict[str, Any]) -> Figure:
    return Figure(data["code"], text(data["text"]), data["count"], data.get("out_of", ""))


def reader(document: Document) -> Read:
    """Reads conditions of a document, with its file and line in what it complains of."""

    def read(data: Any, kind: Kind, key: Key) -> Condition:
        try:
            return parse(data, kind, key)
        except BadConditionError as bad:
            where = document.where(bad.key)
            raise LamplitError(problems.CONDITION, where=where, reason=bad.reason) from bad

    return read


def _when(rule: dict[str, Any], read: Read, kind: Kind, key: Key) -> Condition:
    return read(rule["when"], kind, (*key, "when")) if "when" in rule else ALWAYS


def _roles(data: dict[str, list[str]]) -> Roles:
    perform, lead, verify = (
        tuple(Role(role) for role in data[key]) for key in ("perform", "lead", "verify")
    )
    claim = tuple(Role(role) for role in data["claim"]) if "claim" in data else perform
    return Roles(perform, claim, lead, verify)


def _cadence(data: dict[str, Any], subjects: list[str]) -> Cadence:
    opens, closes = (time.fromisoformat(hour) for hour in data["between"])
    tries = data.get("attempts", {"most": 1, "gap_hours": 0})
    return Cadence(
        every=data["every"],
        subjects=frozenset(PlaceKind(kind) for kind in data.get("subjects", subjects)),
        days=data.get("within_days", 1),
        hours=data.get("within_hours", 0),
        opens=opens,
        closes=closes,
        weekdays=frozenset(WEEKDAYS.index(day) for day in data.get("on", ())),
        month_day=data.get("day", 1),
        events=frozenset(data.get("events", ())),
        attempts=Attempts(tries["most"], tries["gap_hours"]),
        enterable_days=data["enterable_days"],
        stays_open=data.get("stays_open", False),
    )


def _finding(data: dict[str, Any], read: Read, key: Key) -> FindingRule:
    when: Condition = ALWAYS
    if "choice_of" in data:
        when = Term("answer", data["choice_of"], (("selected", data["code"]),))
    elif "when" in data:
        when = read(data["when"], "answers", (*key, "when"))
    return FindingRule(
        code=data["code"],
        when=when,
        severity=Severity(data["severity"]),
        points=data.get("points", 0),
        text=text(data["text"]),
        due_hours=data.get("due_hours"),
        against=data.get("against", ""),
    )


def _follow_up(data: dict[str, Any], read: Read, key: Key) -> FollowUpRule:
    return FollowUpRule(
        code=data["code"],
        when=_when(data, read, "signs", key),
        text=text(data["text"]),
        within_hours=data["within_hours"],
        role=Role(data["role"]),
        after_hours=data.get("after_hours", 0),
    )


def _score(data: dict[str, Any]) -> ScoreRule:
    bands = tuple(Band(b["least"], b["code"], text(b["text"])) for b in data["bands"])
    ordered = tuple(sorted(bands, key=lambda band: -band.least))
    return ScoreRule(data["base"], data["floor"], ordered)
