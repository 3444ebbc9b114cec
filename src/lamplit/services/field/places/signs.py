"""The sign at a gate: a random code that a leader has made, and can end by having another made.

Signs printed before there were such codes bear their community's own code. They go on until the
sign is renewed for the first time, so that nobody stands before a gate in vain.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.problems import people as problems
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import require_kind, resolve_place
from lamplit.store import gates, guard, places
from lamplit.store.places import Place
from lamplit.store.schema import place_code

SIGN = "lamplit:gate:"
"""What stands before the code where a page prints a sign."""
BEARERS = tuple(kind for kind in PlaceKind if kind is not PlaceKind.HOUSEHOLD)
"""What may have a gate; a home has a door."""


@dataclass(frozen=True, slots=True)
class GateSign:
    """What a place's sign says: `code` for who types it, `scan` for who scans it.

    Both are None where none was made yet. `renewed_at`: when the one before it ended; None where
    none ever did, and a sign with the community's own code is still taken.
    """

    place_id: str
    code: str | None
    scan: str | None
    renewed_at: datetime | None


def sign(office: Office, actor: Actor, place: str) -> GateSign:
    """The sign of a place's gate, as it stands.

    Needs `assign` there. Raises LamplitError `place.wrong-kind` for a home, `store.not-found`,
    `door.not-allowed`.
    """
    with office.read(actor) as tx:
        return _said(tx, _bearer(tx, place).id)


def issue(office: Office, actor: Actor, place: str) -> GateSign:
    """The sign of a place's gate, made where there is none yet: its first print. Logged then.

    Raises as `sign`.
    """
    with office.begin(actor) as tx:
        found = _bearer(tx, place)
        code_of_gate(tx, found.id)
        return _said(tx, found.id)


def renew(office: Office, actor: Actor, place: str, *, replaces: str) -> GateSign:
    """Make another sign; whatever stood there ends in the same transaction. Logged, without codes.

    `replaces` is the code that was seen to stand, so that who asks twice doesn't end the sign that
    they have just printed. Raises as `sign`, and `store.changed-meanwhile` where another stands, or
    none.
    """
    with office.begin(actor) as tx:
        found = _bearer(tx, place)
        _alone(tx, found.id)
        if gates.standing(tx.conn, found.id) != replaces:
            raise guard.changed_meanwhile(place_code)
        gates.end(tx.conn, found.id, tx.now)
        gates.add(tx.conn, found.id, _new_code())
        tx.log("place.gate-renewed", "place", found.id, place_id=found.id)
        return _said(tx, found.id)


def by_gate(office: Office, actor: Actor, code: str) -> Place:
    """The place to check in at whose sign says this: the gate's community.

    A gate that stands in no community is answered itself. Needs an account only. Raises
    LamplitError `checkin.sign-ended` where the sign was renewed, `checkin.no-sign` where no gate
    bears the code (a home's door or meter is none).
    """
    with office.read(actor) as tx:
        return at_gate(tx, code)


def at_gate(tx: Transaction, code: str) -> Place:
    """The step of `by_gate` inside a transaction."""
    bare = code.removeprefix(SIGN).strip()
    found = places.by_scan(tx.conn, bare)
    if found is None and gates.bore(tx.conn, bare):
        raise LamplitError(problems.SIGN_ENDED)
    if found is None:
        found = next(iter(places.by_code(tx.conn, bare, PlaceKind.COMMUNITY)), None)
        if found is not None and gates.renewed_at(tx.conn, found.id) is not None:
            raise LamplitError(problems.SIGN_ENDED)
    if found is None or found.kind is PlaceKind.HOUSEHOLD:
        raise LamplitError(problems.NO_SIGN, code=code[:80])
    around = found.community_id and places.by_id(tx.conn, found.community_id)
    return around or found


def spoken_of(tx: Transaction, code: str) -> str | None:
    """The id of the place whose code a resident names, one that has ended included; None for none.

    Their word is wanted, whichever poster they stood before; older ones bear the own code of a
    community or building.
    """
    bare = code.removeprefix(SIGN).strip()
    found = places.by_scan(tx.conn, bare)
    for kind in (PlaceKind.COMMUNITY, PlaceKind.BUILDING):
        found = found or next(iter(places.by_code(tx.conn, bare, kind)), None)
    return found.id if found else gates.bore(tx.conn, bare)


def code_of_gate(tx: Transaction, place_id: str) -> str:
    """The code that a place's gate bears; made, and logged, where there is none yet."""
    _alone(tx, place_id)
    known = gates.standing(tx.conn, place_id)
    if known is not None:
        return known
    made = _new_code()
    gates.add(tx.conn, place_id, made)
    tx.log("place.gate-made", "place", place_id, place_id=place_id)
    return made


def _bearer(tx: Transaction, wanted: str) -> Place:
    found = resolve_place(tx.conn, wanted)
    door.require(tx, Ability.ASSIGN, found.id)
    return require_kind(found, *BEARERS)


def _alone(tx: Transaction, place_id: str) -> None:
    """Two who print or renew at once take turns: a gate has one sign."""
    guard.one_at_a_time(tx.conn, f"gate {place_id}")


def _said(tx: Transaction, place_id: str) -> GateSign:
    code = gates.standing(tx.conn, place_id)
    scan = None if code is None else SIGN + code
    return GateSign(place_id, code, scan, gates.renewed_at(tx.conn, place_id))


def _new_code() -> str:
    """48 random bits, short enough to be typed where a camera fails."""
    return f"G-{secrets.token_hex(6).upper()}"
