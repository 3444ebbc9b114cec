"""Organisations as a list; each names the one above it, so a screen can draw their tree."""

from __future__ import annotations

from sqlalchemy import select

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office
from lamplit.store.people import ORGANISATION_COLUMNS, Organisation
from lamplit.store.schema import organisation


def listed(
    office: Office, actor: Actor, *, after: str = "", limit: int = 200
) -> list[Organisation]:
    """Organisations by code, after a code, for who may see people or assign them somewhere.

    Raises LamplitError `door.not-allowed`.
    """
    with office.read(actor) as tx:
        try:
            door.require_somewhere(tx, Ability.SEE_PEOPLE)
        except LamplitError:
            door.require_somewhere(tx, Ability.ASSIGN)
        rows = tx.conn.execute(
            select(*ORGANISATION_COLUMNS)
            .where(organisation.c.code > after)
            .order_by(organisation.c.code)
            .limit(limit)
        )
        return [Organisation(**row._mapping) for row in rows]
