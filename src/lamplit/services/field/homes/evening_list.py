"""Tonight's list without a campaign, for analysts: opened for a stated purpose, and logged."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.language import Language, Text
from lamplit.domain.problems import door as problems
from lamplit.outbound.tables import TableStyle, write_table
from lamplit.outbound.watermark import Watermark
from lamplit.services.field.homes.what_ifs import scope
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.where import Where, where_of
from lamplit.services.sweep import SweepResult, sweep
from lamplit.store import accounts, places, reveals

MOST_SHOWN = 1_000
MOST_EXPORTED = 200_000
EXPORTED = ("rank", "household_id", "community_id", "building_id", "unit", "floor", "door", "state",
            "since", "event", "event_day", "probability", "raw_probability")  # fmt: skip
SPOKEN: dict[Language, tuple[str, str]] = {
    "en": ("evidence_en", "against_en"), "zh": ("evidence_zh", "against_zh"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedDoor:
    """One door of the list. `place_id` is None where the store does not know the household.

    `probability`: of what is said of the home; `raw_probability` as the rules alone say, where
    answers from the doors have put it right. `evidence`, `against`: where they were asked for.
    `where` is its line on a screen.
    """

    rank: int
    place_id: str | None
    community: str | None
    building: str | None
    unit: str | None
    floor: int | None
    door: str | None
    state: str
    since: date | None
    event: str | None
    event_day: date | None
    probability: float
    raw_probability: float | None
    evidence: Text | None = None
    against: Text | None = None
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class EveningList:
    """The first doors of an evening's list, of `found` doors among `homes`."""

    as_of: date
    found: int
    homes: int
    unknown: int
    doors: list[ListedDoor]


def opened(
    office: Office,
    actor: Actor,
    *,
    purpose: str,
    place: str | None = None,
    day: date | None = None,
    top: int = 100,
    evidence: bool = False,
) -> EveningList:
    """The list of an evening (default: the last night) at a place, or wherever one may ANALYSE.

    At most MOST_SHOWN doors. Logged before it is told. Raises LamplitError `door.not-allowed`,
    `door.purpose-needed`, `store.not-found`, and those of `sweep`.
    """
    shape = "evidence" if evidence else "doors"
    found = _listed(office, actor, purpose, place, day, min(top, MOST_SHOWN), shape)
    rows = found.doors.to_pylist()
    with office.read(actor) as tx:
        known = places.by_codes(tx.conn, PlaceKind.HOUSEHOLD, [row["household_id"] for row in rows])
        lines = where_of(tx.conn, [one.id for one in known.values()])
    doors = [
        ListedDoor(
            row["rank"], here.id if (here := known.get(row["household_id"])) else None,
            row["community_id"], row["building_id"], row["unit"], row["floor"], row["door"],
            row["state"], row["since"], row["event"], row["event_day"], row["probability"],
            row["raw_probability"],
            Text(row["evidence_en"], row["evidence_zh"]) if evidence else None,
            Text(row["against_en"], row["against_zh"]) if evidence else None,
            lines.get(here.id) if here else None,
        )
        for row in rows
    ]  # fmt: skip
    return EveningList(found.as_of, found.found, found.homes, found.unknown, doors)


def exported(
    office: Office,
    actor: Actor,
    kind: str,
    language: Language,
    *,
    purpose: str,
    place: str | None = None,
    day: date | None = None,
    top: int | None = None,
    evidence: bool = False,
) -> bytes:
    """The list as a `csv` or `xlsx` file with who, when and for what on it. Raises as `opened`."""
    most = min(top or MOST_EXPORTED, MOST_EXPORTED)
    found = _listed(office, actor, purpose, place, day, most, kind)
    with office.read(actor) as tx:
        who = accounts.person_of(tx.conn, actor.person_id or "")
        when = tx.now.astimezone(office.zone)
    mark = Watermark(who.code if who else actor.via, when, purpose)
    table = found.doors.select([*EXPORTED, *(SPOKEN[language] if evidence else ())])
    if kind == "csv":
        # A CSV has no second sheet to say whose it is, so every row does.
        line = pa.array([mark.line(language)] * table.num_rows, pa.string())
        table = table.append_column("watermark", line)
    with tempfile.TemporaryDirectory(dir=office.home.tmp_dir) as folder:
        file = Path(folder) / f"list.{kind}"
        write_table(table, file, TableStyle(language, watermark=mark))
        return file.read_bytes()


def _listed(
    office: Office,
    actor: Actor,
    purpose: str,
    place: str | None,
    day: date | None,
    top: int,
    shape: str,
) -> SweepResult:
    """The list, judged and logged; `shape`: doors, evidence, csv or xlsx."""
    with office.read(actor) as tx:
        at, codes = scope(tx, place)
    if not purpose.strip():
        raise LamplitError(problems.PURPOSE_NEEDED)
    here = office.home.on_this_machine()
    found = sweep(here, day, communities=None if codes is None else tuple(codes), top=top)
    file = shape in ("csv", "xlsx")
    with office.begin(actor) as tx:
        tx.log(
            reveals.LIST_EXPORTED if file else reveals.LIST_OPENED, "place" if at else "list",
            at or "all", place_id=at, purpose=purpose, as_of=found.as_of.isoformat(),
            doors=found.doors.num_rows, shape=shape,
        )  # fmt: skip
    return found
