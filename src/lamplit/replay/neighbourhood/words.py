"""What people say and do beside the campaigns: residents' words, odd submissions, openings."""

from __future__ import annotations

import json
import uuid

from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Step
from lamplit.replay.chance import dice
from lamplit.replay.neighbourhood.cast import (
    ANALYST,
    LEADER,
    OPERATOR,
    TODAY,
    VOLUNTEER,
    YESTERDAY,
)
from lamplit.replay.neighbourhood.hood import Hood
from lamplit.replay.neighbourhood.sweeps import SWEEP, Sweep
from lamplit.services.field.campaigns import doors
from lamplit.services.field.homes import reveal
from lamplit.services.field.office import CLI
from lamplit.services.field.packs import FORM_PREFIX, pack_of
from lamplit.services.field.privacy import feedback
from lamplit.store.schema import campaign, place, place_code, submission
from lamplit.store.schema import feedback as feedback_table

SAID = (
    (9, 19.4, 0, "楼道的灯坏了三天，晚上下楼不安全。", "已派电工，今天下午修好。"),
    (YESTERDAY, 10.6, 1, "谢谢昨天上门的志愿者，帮我妈妈买到了药。", ""),
    (YESTERDAY, 20.9, 0, "我在外地上班，家里没人是正常的，请不要反复敲门打扰邻居。", ""),
    (TODAY, 8.4, 1, "Could the notice at the gate also be in English? My neighbours can't read it.",
     ""),
)  # fmt: skip
"""(day, hour, which community or None, the word, the answer if there is one)"""
TO_OFFICE = (9, 12.1, "登记表上的二维码扫不出来。", "已更换新的二维码，请再试一次。")


def tell(hood: Hood, sweep: Sweep) -> None:
    """Put it all on the timeline."""
    for day, hour, which, said, answer in SAID:
        hood.at(day, hour, _say, hood, said, which, answer)
    day, hour, said, answer = TO_OFFICE
    hood.at(day, hour, _say, hood, said, None, answer)
    hood.at(YESTERDAY, 15.6, _quarantine, hood)
    hood.at(YESTERDAY, 20.6, _conflict, hood)
    hood.at(YESTERDAY, 9.3, _analyse, hood, sweep, 0)
    hood.at(TODAY, 9.1, _analyse, hood, sweep, 1)
    hood.timeline.at(hood.now - 18, _curious, hood, sweep)


def _say(hood: Hood, said: str, which: int | None, answer: str) -> None:
    code = _poster(hood, which) if which is not None else None
    feedback.send(hood.office, said, place=code)
    if not answer:
        return

    def reply() -> None:
        with hood.office.read(CLI) as tx:
            row = tx.conn.execute(select(feedback_table).where(feedback_table.c.text == said)).one()
        who = LEADER if row.place_id else OPERATOR
        feedback.answer(hood.office, hood.as_(who), row.id, row.version, answer)

    hood.timeline.at(hood.days.minute(hood.clock()) + 70, reply)


def _poster(hood: Hood, which: int) -> str | None:
    """The code on the poster at the gate of a community's first building."""
    community = hood.communities[which % len(hood.communities)]
    with hood.office.read(CLI) as tx:
        return tx.conn.scalar(
            select(place_code.c.code)
            .join(place, place.c.id == place_code.c.place_id)
            .where(place.c.kind == "building", place.c.community_id == hood.places[community])
            .order_by(place.c.code)
            .limit(1)
        )


def _quarantine(hood: Hood) -> None:
    """A broken file, a form that nobody knows, and a visit by somebody without a role there."""
    hood.send(VOLUNTEER, b'<data id="lamplit_household_sweep"><door>no_ans', "xml")
    lost = {
        "instance_id": f"uuid:{_uuid(hood, 'old form')}", "form_id": "lamplit_spring_visits",
        "form_version": "2019.3", "answers": {"door": "answered"},
    }  # fmt: skip
    hood.send(VOLUNTEER, lost)
    outsider = hood.members[-1].code
    with hood.office.read(CLI) as tx:
        sweep_id = tx.conn.scalar(select(campaign.c.id).where(campaign.c.code == SWEEP))
    listed = doors.listed(hood.office, hood.as_(LEADER), SWEEP, limit=5000)
    untouched = next((d for d in reversed(listed) if d.attempts == 0 and d.task_id), None)
    if untouched is not None and sweep_id:
        minute = hood.days.minute(hood.clock()) - 4
        hood.submit(
            outsider, "household_sweep", {"door": "no_answer", "task_state": "failed"},
            task_id=untouched.task_id or "", minute=minute, took=2,
        )  # fmt: skip


def _conflict(hood: Hood) -> None:
    """Two different forms under one instance id: a phone that was restored from a backup."""
    with hood.office.read(CLI) as tx:
        row = tx.conn.execute(
            select(submission)
            .where(submission.c.programme == "household_sweep",
                   submission.c.author_id == hood.people[VOLUNTEER])
            .limit(1)
        ).first()  # fmt: skip
    if row is None:
        return
    other = {
        "instance_id": row.instance_id, "form_id": f"{FORM_PREFIX}household_sweep",
        "form_version": pack_of(hood.office, "household_sweep").version, "task": row.task_id,
        "answers": {"door": "no_answer", "task_state": "failed"},
    }  # fmt: skip
    hood.send(VOLUNTEER, json.dumps(other).encode())


def _uuid(hood: Hood, about: str) -> uuid.UUID:
    return uuid.UUID(int=dice(hood.scale.seed, about).getrandbits(128), version=4)


def _analyse(hood: Hood, sweep: Sweep, half: int) -> None:
    """The analyst opens some homes of the list, evidence first, curves of a few."""
    listed = doors.listed(hood.office, hood.as_(LEADER), sweep.code, limit=5000)
    number = hood.scale.openings // 2
    for at, one in enumerate(listed[half * number : (half + 1) * number]):
        _open(hood, ANALYST, one.place_id, Step.EVIDENCE, sweep)
        if at % 3 == 0:
            _open(hood, ANALYST, one.place_id, Step.CURVE, sweep)


def _curious(hood: Hood, sweep: Sweep) -> None:
    """A volunteer asks for more than they may see, and is refused; the door notes it."""
    if not sweep.rows:
        return
    own = sweep.rows[VOLUNTEER][:2]
    for place_id in own:
        _open(hood, VOLUNTEER, place_id, Step.COLOUR, sweep)
    _open(hood, VOLUNTEER, own[0], Step.CURVE, sweep)


def _open(hood: Hood, who: str, place_id: str, step: Step, sweep: Sweep) -> None:
    try:
        reveal.reveal(
            hood.office, hood.as_(who), place_id, step, sweep.rounds.campaign_id,
            sweep.rounds.purpose,
        )  # fmt: skip
    except LamplitError:
        # Refused, or nothing is known of it; the log has it either way.
        return
