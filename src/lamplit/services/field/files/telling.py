"""A plan's steps for people to read: what each adds, and what it changes from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lamplit.domain.hours import write_hours
from lamplit.domain.language import Text
from lamplit.services.field.files.import_people import ORGANISATION_LAYOUT
from lamplit.services.field.files.importing import Planned, Step
from lamplit.services.field.office import Transaction
from lamplit.store import people, places

MOST_STEPS = 200

HELD = ("phone", "home_place_id")
"""Of these a plan tells that they change only: somebody who may import could else learn the
telephone number or the home of anybody whose code they know, and plans are kept for a while.
"""

NAMED = {
    "parent_id": "parent",
    "organisation_id": "organisation",
    "home_place_id": "home",
    "community_id": "community",
    "building_id": "building",
}
"""Columns of the store that a file calls otherwise."""

YES_NO = {True: Text("yes", "是"), False: Text("no", "否")}


@dataclass(frozen=True, slots=True)
class Change:
    """A column that changes: what stands in it and what will, None where blank; with `held`
    neither is told.
    """

    column: str
    was: Text | None
    now: Text | None
    held: bool = False


@dataclass(frozen=True, slots=True)
class ToldStep:
    """One row's effect; `name` is what the one is called, empty where it has no name."""

    row: int
    what: str
    code: str
    name: Text
    changes: list[Change] = field(default_factory=list)


def tell_steps(tx: Transaction, planned: Planned) -> list[ToldStep]:
    """The first steps of a plan, by row."""
    first = sorted(planned.steps, key=lambda one: one.row)[:MOST_STEPS]
    codes = _codes(tx, planned, first)
    return [
        ToldStep(
            one.row, one.what, one.code, _name(one.values),
            [_change(name, one, codes) for name in one.before if _is_told(name, one)],
        )
        for one in first
    ]  # fmt: skip


def _is_told(name: str, step: Step) -> bool:
    """What follows from a new parent is not told beside it."""
    return name not in ("community_id", "building_id") or "parent_id" not in step.before


def _change(name: str, step: Step, codes: Mapping[str, str]) -> Change:
    column = NAMED.get(name, name)
    if name in HELD:
        return Change(column, None, None, held=True)
    return Change(column, _said(step.before[name], codes), _said(step.values[name], codes))


def _said(value: Any, codes: Mapping[str, str]) -> Text | None:
    """A value as text: ids by the codes of what they name."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, dict):
        plain = write_hours(value)
    elif isinstance(value, list):
        return Text(", ".join(value), "、".join(value))
    else:
        plain = value.isoformat() if isinstance(value, date) else codes.get(value, str(value))
    return ORGANISATION_LAYOUT.values["kind"].get(plain) or Text(plain, plain)


def _codes(tx: Transaction, planned: Planned, first: list[Step]) -> dict[str, str]:
    """The codes of all places and organisations that the changes name."""
    changing = [one for one in first if one.before]
    wanted = {
        value
        for one in changing
        for name in one.before
        if name in NAMED
        for value in (one.before[name], one.values[name])
        if value
    }
    codes = {one.id: one.code.rpartition(":")[2] for one in planned.steps if one.id in wanted}
    codes |= {one.id: one.code for one in places.by_ids(tx.conn, sorted(wanted)).values()}
    if any("organisation_id" in one.before or "parent_id" in one.before for one in changing):
        codes |= {one.id: one.code for one in people.organisations(tx.conn) if one.id in wanted}
    return codes


def _name(values: Mapping[str, Any]) -> Text:
    zh, en = values.get("name_zh"), values.get("name_en")
    plain = values.get("name") or ""
    return Text(en or zh or plain, zh or en or plain)
