"""The places of the meters' registry, brought into the store: `lamplit places sync`.

Communities and buildings come first, then homes and meters in batches, each batch a transaction
of its own: phones go on sending between them, and a sync that is cut off is simply run again.
What files have said (grid cells, districts, names, floors) stays where the registry is silent.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lamplit.domain.abilities import Ability
from lamplit.domain.field import PlaceKind
from lamplit.services.field.door import require, require_somewhere
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.places.registry_places import Area, RegistryPlaces, batches, places_in
from lamplit.services.registry import Registry
from lamplit.store import place_sync as store
from lamplit.store.guard import one_at_a_time

BATCH = 5_000
HOME_COLUMNS = (
    "household_id", "building_id", "community_id", "unit", "floor", "door", "valid_from",
    "valid_to",
)  # fmt: skip
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which are misread on a door."""
CODE_LENGTH = 12
_OF_BYTE = (ALPHABET * 8).encode()
"""The letter for each byte; 256 is a multiple of 32, so all letters are equally likely."""

Report = Callable[[float, float | None], None]
"""Is told how many rows are done, and of how many."""


def no_report(done: float, total: float | None = None) -> None:
    """Say nothing."""


@dataclass(slots=True)
class SyncResult:
    """What a sync did, or with `dry_run` would do: counts by kind of place, and of codes."""

    dry_run: bool
    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)


def sync_places(
    office: Office,
    actor: Actor,
    *,
    district: str | None = None,
    dry_run: bool = False,
    report: Report = no_report,
) -> SyncResult:
    """Bring the registry's communities, buildings, homes and meters into the store.

    New communities stand under `district` (an id or a code), if one is given. A place's version
    grows only where something changed; a second run changes nothing. Each new home and building
    gets a random code for its door; the meter's number opens the same door. Needs IMPORT at the
    district, or somewhere. Raises LamplitError `registry.damaged`, `store.not-found` or
    `door.not-allowed`.
    """
    with office.read(actor) as tx:
        above = resolve_place(tx.conn, district, PlaceKind.DISTRICT).id if district else None
        if above:
            require(tx, Ability.IMPORT, above)
        else:
            require_somewhere(tx, Ability.IMPORT)
        today = tx.today
    said = places_in(Registry.table(office.home), today)
    sync = _Sync(office, actor, SyncResult(dry_run), report, _total(said))
    communities = sync.communities(said.communities, above)
    buildings = sync.buildings(said.buildings, communities, above)
    homes = sync.homes(said, communities, buildings, above)
    sync.meters(said, homes)
    return sync.result


def door_code() -> str:
    """A new random code for a door."""
    return secrets.token_bytes(CODE_LENGTH).translate(_OF_BYTE).decode()


def _total(said: RegistryPlaces) -> int:
    areas = len(said.communities) + len(said.buildings)
    return areas + int(said.homes.num_rows) + int(said.meters.num_rows)


@dataclass(slots=True)
class _Sync:
    """One run: where to write, and what was done so far."""

    office: Office
    actor: Actor
    result: SyncResult
    report: Report
    total: int
    done: int = 0

    @contextmanager
    def batch(self, rows: int) -> Iterator[Transaction]:
        """A transaction for some rows; one that only reads where nothing is to be written."""
        opened = self.office.read if self.result.dry_run else self.office.begin
        with opened(self.actor) as tx:
            if not self.result.dry_run:
                one_at_a_time(tx.conn, "places")
            yield tx
        self.done += rows
        self.report(self.done, self.total)

    def write(self, tx: Transaction, kind: str, found: store.Changes) -> None:
        """Write what is new or changed of a kind, and log that it was."""
        self.result.added[kind] += len(found.new)
        self.result.changed[kind] += len(found.changed)
        self.result.unchanged[kind] += found.unchanged
        if self.result.dry_run or not (found.new or found.changed):
            return
        store.write(tx.conn, found)
        tx.log("place.synced", "registry", kind, added=len(found.new), changed=len(found.changed))

    def communities(self, areas: list[Area], above: str | None) -> dict[str | None, str]:
        """The ids of the communities by their codes."""
        ids: dict[str | None, str] = {}
        for part in _parts(areas):
            with self.batch(len(part)) as tx:
                wanted = {
                    str(a.community): {
                        "parent_id": above, "name_zh": a.name_zh, "name_en": a.name_en,
                    }
                    for a in part
                }  # fmt: skip
                found = store.compare(tx.conn, PlaceKind.COMMUNITY, wanted)
                self.write(tx, PlaceKind.COMMUNITY.value, found)
                ids.update(found.ids)
        return ids

    def buildings(
        self, areas: list[Area], communities: dict[str | None, str], above: str | None
    ) -> dict[tuple[str | None, str | None], str]:
        """The ids of the buildings by the registry's community and building."""
        ids: dict[tuple[str | None, str | None], str] = {}
        times = Counter(a.building for a in areas)
        for part in _parts(areas):
            with self.batch(len(part)) as tx:
                keys = _building_codes(tx, part, communities, times)
                wanted = {keys[_key(a)]: _building(a, communities, above) for a in part}
                found = store.compare(tx.conn, PlaceKind.BUILDING, wanted, keep=_said_by_files)
                self.write(tx, PlaceKind.BUILDING.value, found)
                self.codes(tx, "gate", [row["id"] for row in found.new])
                ids |= {key: found.ids[code] for key, code in keys.items()}
        return ids

    def homes(
        self,
        said: RegistryPlaces,
        communities: dict[str | None, str],
        buildings: dict[tuple[str | None, str | None], str],
        above: str | None,
    ) -> store.Changes:
        """Every home. Gives the ids of those that a dry run would add."""
        unwritten = store.Changes(PlaceKind.HOUSEHOLD)
        for part in batches(said.homes, HOME_COLUMNS, BATCH):
            with self.batch(len(part)) as tx:
                wanted = {}
                for code, building, community, unit, floor, door, starts, ends in part:
                    held = communities.get(community)
                    stands_in = buildings[community, building] if building else None
                    wanted[code] = {
                        "parent_id": stands_in or held or above,
                        "community_id": held,
                        "building_id": stands_in,
                        "unit": unit,
                        "floor": floor,
                        "door": door,
                        "valid_from": starts,
                        "valid_to": ends,
                    }
                found = store.compare(
                    tx.conn, PlaceKind.HOUSEHOLD, wanted, always=("valid_from", "valid_to")
                )
                self.write(tx, PlaceKind.HOUSEHOLD.value, found)
                self.codes(tx, "door", [row["id"] for row in found.new])
                if self.result.dry_run:
                    unwritten.ids.update((r["code"], r["id"]) for r in found.new)
        return unwritten

    def meters(self, said: RegistryPlaces, unwritten: store.Changes) -> None:
        """The meters' numbers as codes of their homes; a meter taken down is revoked."""
        names = ("meter_id", "household_id", "ended")
        for part in batches(said.meters, names, BATCH):
            with self.batch(len(part)) as tx:
                homes = [home for _, home, _ in part]
                ids = store.ids_of(tx.conn, PlaceKind.HOUSEHOLD, homes) | unwritten.ids
                codes = {meter: (ids[home], ended) for meter, home, ended in part}
                found = store.compare_codes(tx.conn, "meter", codes, tx.now)
                self.result.added["meter"] += len(found.new)
                self.result.changed["meter"] += len(found.changed)
                self.result.unchanged["meter"] += found.unchanged
                if not self.result.dry_run and (found.new or found.changed):
                    store.write_codes(tx.conn, found)
                    added, changed = len(found.new), len(found.changed)
                    tx.log("place.synced", "registry", "meter", added=added, changed=changed)

    def codes(self, tx: Transaction, kind: str, place_ids: list[str]) -> None:
        """A random code for each new door or gate."""
        if not self.result.dry_run:
            store.add_codes(tx.conn, kind, {door_code(): one for one in place_ids})


def _parts(areas: list[Area]) -> Iterator[list[Area]]:
    for at in range(0, len(areas), BATCH):
        yield areas[at : at + BATCH]


def _key(area: Area) -> tuple[str | None, str | None]:
    return area.community, area.building


def _building(area: Area, communities: dict[str | None, str], above: str | None) -> dict[str, Any]:
    held = communities.get(area.community)
    return {
        "parent_id": held or above,
        "community_id": held,
        "name_zh": area.name_zh,
        "name_en": area.name_en,
        "floors": area.floors,
    }


def _building_codes(
    tx: Transaction,
    areas: list[Area],
    communities: dict[str | None, str],
    times: Counter[str | None],
) -> dict[tuple[str | None, str | None], str]:
    """The code of each building: the registry's own, with the community's before it where two
    communities have a building of that number.

    A building keeps the code that it once got.
    """
    long = {_key(a): f"{a.community}/{a.building}" for a in areas}
    plain = [str(a.building) for a in areas]
    there = store.communities_of(tx.conn, PlaceKind.BUILDING, [*plain, *long.values()])
    codes = {}
    for area in areas:
        key, own = _key(area), str(area.building)
        mine = own in there and there[own] == communities.get(area.community)
        alone = times[area.building] == 1
        codes[key] = own if long[key] not in there and (alone or mine) else long[key]
    return codes


def _said_by_files(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, ...]:
    """What stays of a building: its floors, and the grid cell while its community is the same."""
    cell = ("parent_id",) if old["community_id"] == new["community_id"] else ()
    return (*cell, "floors") if old["floors"] is not None else cell
