"""What was said at a place: visits with their answers in words, and the photos that came with them.

A remark is for whoever goes there next, and a photo for whoever verifies that a fault was put
right. Both are of homes, and so for few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.field import CampaignState, Found, Outcome
from lamplit.domain.language import Text
from lamplit.programmes.pack import Pack, Question
from lamplit.services.field.campaigns import looks
from lamplit.services.field.campaigns.campaigns import get
from lamplit.services.field.door import may, not_allowed, require
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.submissions import media
from lamplit.services.field.submissions.forms import by_name
from lamplit.services.field.tasks.tasks import holds_role
from lamplit.store import records as store
from lamplit.store import reveals
from lamplit.store.guard import not_found
from lamplit.store.schema import attachment

FILES = frozenset({"image", "audio", "video", "file"})
SILENT = FILES | {
    "", "start", "end", "today", "calculate", "hidden", "note", "select_one_from_file",
}  # fmt: skip
"""Questions that nobody answers in words."""


@dataclass(frozen=True, slots=True)
class Said:
    """A question of the form, and what was said."""

    question: Text
    said: Text


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo, or another file that came with a visit; `bytes` long."""

    id: str
    name: str
    media_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Record:
    """One visit as it was sent in. `at`: when it was made, by the phone's clock where that can be.

    `author` is named to those who may see people, and to the author. `corrected`: another was sent
    in its place. `missing`: how many files the answers name that have not come. All these go
    once their time is up.
    """

    instance_id: str
    at: datetime
    author: str | None
    outcome: Outcome | None
    found: Found | None
    corrected: bool
    flags: tuple[str, ...]
    answers: tuple[Said, ...]
    photos: tuple[Photo, ...]
    missing: int


def records(office: Office, actor: Actor, campaign: str, place: str) -> list[Record]:
    """The visits that a campaign had at a place, the newest first.

    Needs `see_doors` at the place. What was said at homes is for who leads or verifies there and
    for who has something to do there now; others see their own. A campaign whose list of homes has
    expired has none. Logged beforehand where it is not one's own. Raises LamplitError
    `store.not-found`, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, campaign)
        at = resolve_place(tx.conn, place)
        pack = pack_of(office, row.programme)
        mine = _only_mine(tx, pack, row, at.id)
        found = [] if _over(row, tx.now) else store.at_place(tx.conn, row.id, at.id, mine)
        _note(tx, row, at.id, found)
        photos = store.photos(tx.conn, [one.instance_id for one in found])
        people = may(tx, Ability.SEE_PEOPLE, at.id)
        me = tx.actor.person_id
        return [
            _record(pack, one, photos.get(one.instance_id, []), named=people or one.author_id == me)
            for one in found
        ]


def photo(office: Office, actor: Actor, photo_id: str) -> tuple[Path, str]:
    """Where a photo lies, and what it is; for whoever may read its visit (see `records`).

    Raises LamplitError `store.not-found`, also where it has had its time, and `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        found = store.photo(tx.conn, photo_id)
        if found is None:
            raise not_found(attachment, photo_id)
        row = get(tx.conn, found.campaign_id)
        mine = _only_mine(tx, pack_of(office, row.programme), row, found.place_id)
        file = media.path_of(office.media_dir, found.sha256)
        if mine not in (None, found.author_id):
            raise not_allowed(Ability.LEAD)
        if _over(row, tx.now) or not file.is_file():
            raise not_found(attachment, photo_id)
        _note(tx, row, found.place_id, [found])
        return file, found.media_type


def _only_mine(tx: Transaction, pack: Pack, campaign: Row[Any], place_id: str) -> str | None:
    """Whose records alone who asks may read at a place; None: everybody's."""
    require(tx, Ability.SEE_DOORS, place_id)
    me = tx.actor.person_id
    if me is None or not pack.to_homes or may(tx, Ability.LEAD, place_id):
        return None
    goes_there = store.has_task(tx.conn, campaign.id, place_id, me)
    return None if goes_there or holds_role(tx, me, place_id, pack.roles.verify) else me


def _over(campaign: Row[Any], now: datetime) -> bool:
    """Whether the campaign's list of homes has had its time, tidied up yet or not."""
    due: datetime | None = campaign.list_expires_at
    return campaign.state == CampaignState.EXPIRED or (due is not None and due <= now)


def _note(tx: Transaction, campaign: Row[Any], place_id: str, found: list[Row[Any]]) -> None:
    """Log that somebody reads what others said at a place, once in ten minutes."""
    others = [one for one in found if one.author_id != tx.actor.person_id or one.author_id is None]
    subject = others[0].enrollment_id or place_id if others else None
    if subject and not looks.lately(tx, reveals.RECORDS_OPENED, subject):
        tx.log(
            reveals.RECORDS_OPENED, "enrollment", subject, place_id=place_id,
            campaign_id=campaign.id, purpose=campaign.purpose,
        )  # fmt: skip


def _record(pack: Pack, row: Row[Any], files: list[Row[Any]], *, named: bool) -> Record:
    given = by_name(dict(row.answers or {}))
    photos = tuple(Photo(one.id, one.name, one.media_type, one.bytes) for one in files)
    return Record(
        row.instance_id,
        min(row.ended_at or row.received_at, row.received_at),
        row.author if named else None,
        Outcome(row.outcome) if row.outcome else None,
        Found(row.found) if row.found else None,
        row.replaced_by is not None,
        tuple(row.flags or ()),
        _answers(pack, given),
        photos,
        len(_named(pack, given) - {one.name for one in photos}),
    )


def _named(pack: Pack, given: Mapping[str, str]) -> set[str]:
    """The files that the answers name, as they are named when they come."""
    return {
        media.plain_name(given[name])
        for name, asked in pack.form.questions.items()
        if asked.type in FILES and given.get(name)
    }


def _answers(pack: Pack, given: Mapping[str, str]) -> tuple[Said, ...]:
    """What was answered, in the order of the form of today; questions that it has no more are left
    out.
    """
    return tuple(
        Said(_plain(asked.labels), _worded(pack, asked, given[name]))
        for name, asked in pack.form.questions.items()
        if asked.type not in SILENT and given.get(name)
    )


def _worded(pack: Pack, asked: Question, said: str) -> Text:
    known = pack.form.choices.get(asked.list_name, {})
    if not known:
        return Text(said, said)
    chosen = [known.get(one, Text(one, one)) for one in (said.split() if asked.several else [said])]
    return Text(", ".join(one.en for one in chosen), "、".join(one.zh for one in chosen))


def _plain(label: Text) -> Text:
    """A label without the marks of a form's Markdown."""
    return Text(label.en.replace("**", ""), label.zh.replace("**", ""))
