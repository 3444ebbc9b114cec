"""What was said at places: submissions as they stand, and the files that came with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from lamplit.store.bulk import parts
from lamplit.store.schema import attachment, person, submission, task
from lamplit.store.tasks import OPEN

MOST = 200
"""So many visits of one place are shown; hardly one has more in a campaign of some weeks."""


def at_place(
    conn: Connection, campaign_id: str, place_id: str, author_id: str | None = None
) -> list[Row[Any]]:
    """The submissions of a campaign at a place with their `author`'s name, the newest first;
    corrected ones too. `author_id`: one person's only.
    """
    wanted = (
        select(submission, person.c.name.label("author"))
        .outerjoin(person, person.c.id == submission.c.author_id)
        .where(submission.c.place_id == place_id, submission.c.campaign_id == campaign_id)
    )
    if author_id is not None:
        wanted = wanted.where(submission.c.author_id == author_id)
    newest = wanted.order_by(submission.c.received_at.desc(), submission.c.id)
    return list(conn.execute(newest.limit(MOST)))


def photos(conn: Connection, instance_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """The files that came for some instances, by instance, in the order of their names."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for some in parts(instance_ids):
        wanted = select(attachment).where(attachment.c.instance_id.in_(some))
        for row in conn.execute(wanted.order_by(attachment.c.name, attachment.c.id)):
            found[row.instance_id].append(row)
    return found


def photo(conn: Connection, photo_id: str) -> Row[Any] | None:
    """A file with the campaign, place, enrollment and author of its submission; None where it came
    with nothing that was worked in.
    """
    about = ("campaign_id", "place_id", "enrollment_id", "author_id")
    wanted = (
        select(attachment, *(submission.c[name] for name in about))
        .join(submission, submission.c.instance_id == attachment.c.instance_id)
        .where(attachment.c.id == photo_id, submission.c.campaign_id.is_not(None))
    )
    return conn.execute(wanted).one_or_none()


def has_task(conn: Connection, campaign_id: str, place_id: str, person_id: str) -> bool:
    """Whether a person has an open task of a campaign at a place."""
    wanted = select(task.c.id).where(
        task.c.campaign_id == campaign_id,
        task.c.place_id == place_id,
        task.c.owner_id == person_id,
        task.c.state.in_(OPEN),
    )
    return conn.scalar(wanted.limit(1)) is not None
