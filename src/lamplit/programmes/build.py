"""Turns a pack's data, already checked against the schema, into a Pack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

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


def text(data: dict[str, str]) -> Text:
    """A Text from `{en, zh}`."""
    return Text(data["en"].strip(), data["zh"].strip())


def build(document: Document, form: Form, digest: str) -> Pack:
    """The pack that a document describes. Raises LamplitError `programme.condition`."""
    data = document.data
    read = reader(document)
    stock = data.get("stock", {})
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
        ways=tuple(
            Way(
                w["way"],
                text(w["text"]),
                read(w["when"], "facts", ("enrol", at, "when")),
                w.get("random_share", 0.0),
            )
            for at, w in enumerate(data["enrol"])
        ),
        cadence=tuple(_cadence(c, data["subjects"]) for c in data["cadence"]),
        outcomes=tuple(
            OutcomeRule(Outcome(r["then"]), _when(r, read, "answers", ("outcome", at)))
            for at, r in enumerate(data["outcome"])
        ),
        founds=tuple(
            FoundRule(Found(r["then"]), _when(r, read, "answers", ("found", at)))
            for at, r in enumerate(data["found"])
        ),
        code_list=data.get("code_list", f"{data['name']}@{data['version']}"),
        findings=tuple(
            _finding(f, read, ("findings", at)) for at, f in enumerate(data.get("findings", []))
        ),
        follow_ups=tuple(
            _follow_up(f, read, ("follow_ups", at))
            for at, f in enumerate(data.get("follow_ups", []))
        ),
        closes=tuple(
            CloseRule(_when(c, read, "signs", ("closes", at)), tuple(c.get("findings", ())))
            for at, c in enumerate(data.get("closes", []))
        ),
        done=tuple(
            DoneRule(d["code"], _when(d, read, "course", ("done", at)), text(d["text"]))
            for at, d in enumerate(data["done"])
        ),
        score=_score(data["score"]) if "score" in data else None,
        items=tuple(
            Item(i["code"], text(i["text"]), text(i["unit"])) for i in stock.get("items", [])
        ),
        moves=tuple(
            MoveRule(
                m["item"],
                m["quantity"],
                m["from"],
                m["to"],
                _when(m, read, "answers", ("stock", "moves", at)),
            )
            for at, m in enumerate(stock.get("moves", []))
        ),
        board=tuple(
            Figure(f["code"], text(f["text"]), f["count"], f.get("out_of", ""))
            for f in data["board"]
        ),
        list_days=data["expiry"]["list_days"],
        submission_days=data["expiry"]["submission_days"],
        standing=tuple(Standing(s["state"], text(s["text"])) for s in data.get("standing", [])),
        form=form,
    )


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
