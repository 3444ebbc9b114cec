"""What goes from one person to another when an assignment does: their open tasks there."""

from __future__ import annotations

from lamplit.domain.abilities import ABILITIES, Ability
from lamplit.services.field.door import abilities_at
from lamplit.services.field.office import Transaction
from lamplit.services.field.tasks.assign import move_owner
from lamplit.store.assignments import Assignment

TOOK_EFFECT = "assignment.took_effect"
"""Logged once for each tie that ended: on the day itself, or by the evening of its last day."""


def on_handover(tx: Transaction, ended: Assignment, to_id: str | None, note: str = "") -> None:
    """Give the open tasks that a person has through an assignment to another; None frees them.

    Nothing moves where the person may still go to the doors there by another tie (and nobody
    takes over), nor before the day on which the assignment ends: `evening.take_effect` asks again.
    """
    person_id, place_id = ended.person_id, ended.place_id
    if person_id is None or ended.ends is None or ended.ends > tx.today:
        return
    tx.log(TOOK_EFFECT, "assignment", ended.id, place_id=place_id)
    if Ability.PERFORM not in ABILITIES[ended.role]:
        return
    still = to_id is None and Ability.PERFORM in abilities_at(
        tx.conn, person_id, place_id, tx.today
    )
    if not still:
        move_owner(tx, person_id, to_id, place_id=place_id, note=note)
