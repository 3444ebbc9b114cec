"""A resident's word: no account, no name; and its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, Field

from lamplit.domain.abilities import Ability
from lamplit.services.field.places.where import Where
from lamplit.services.field.privacy import feedback
from lamplit.services.field.privacy.feedback import FeedbackReceipt
from lamplit.web import etags
from lamplit.web.access import ANYONE, able, rule
from lamplit.web.auth import TheOffice, Who, address_of
from lamplit.web.models import Asked, Done, Id, Line, Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(tags=["feedback"])
WORDS = Field(min_length=1, max_length=feedback.MOST)


class Word(Asked):
    """What a resident says; `place` is the code on a poster, `contact` only if they want it."""

    text: Annotated[str, WORDS]
    place: Line | None = None
    contact: Line | None = None


class Taken(BaseModel):
    """The receipt: whoever has it may ask after the answer."""

    receipt: str


class Reply(Asked):
    """An answer."""

    text: Annotated[str, WORDS]


class ShownFeedback(BaseModel):
    """A resident's word as the office sees it."""

    id: str
    place_id: str | None
    where: Where | None = None
    text: str
    contact: str | None
    state: str
    answer: str | None
    created_at: datetime
    closed_at: datetime | None
    version: int


@router.post("/feedback", status_code=201)
@rule(ANYONE, "Say something as a resident", "居民反馈")
def send(word: Word, office: TheOffice, request: Request) -> Taken:
    """No account is needed and no sender kept; the same address may send five an hour."""
    return Taken(
        receipt=feedback.send(
            office, word.text, place=word.place, contact=word.contact, address=address_of(request)
        )
    )


@router.get("/feedback/{receipt}")
@rule(ANYONE, "Ask after an answer", "凭回执查询答复")
def ask(receipt: Id, office: TheOffice, request: Request) -> FeedbackReceipt:
    """By the receipt."""
    return feedback.ask(office, receipt, address=address_of(request))


@router.get("/feedback")
@rule(able(Ability.LEAD, Ability.OPERATE, where="the place of the word; OPERATE: of no place"),
      "Residents' words", "居民反馈列表")  # fmt: skip
def listed(
    office: TheOffice,
    actor: Who,
    state: Literal["open", "answered", "closed"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ShownFeedback]:
    """Of the places that one leads."""
    rows = feedback.listed(
        office, actor, state=state, after=decode(cursor, str) or "", limit=limit + 1
    )
    at = feedback.places_of(office, rows)
    shown = [
        ShownFeedback.model_validate(
            {**row._mapping, "where": at.get(row.place_id or "")}, extra="ignore"
        )
        for row in rows
    ]
    return page(shown, limit, lambda one: one.id)


@router.post("/feedback/{feedback_id}/answer")
@rule(able(Ability.LEAD, Ability.OPERATE, where="the place of the word; OPERATE: of no place"),
      "Answer a resident", "答复居民")  # fmt: skip
def answer(feedback_id: Id, reply: Reply, office: TheOffice, actor: Who, request: Request) -> Done:
    """Needs If-Match with the word's version."""
    feedback.answer(office, actor, feedback_id, etags.decided_on(request), reply.text)
    return Done()
