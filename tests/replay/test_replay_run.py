"""The story told whole: small on both databases, and each count held against the robots' book."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from lamplit.domain.errors import LamplitError
from lamplit.replay import audit
from lamplit.replay.report import write_report
from lamplit.replay.run import Replay
from lamplit.replay.story import Scale
from lamplit.replay.wire import Troubles
from lamplit.store.schema import finding, submission
from replay.conftest import TINY, quiet

SMALL = replace(Scale.of(300, 40, 7), sweepers=12, sites=60, runs=10)


def tell(replay: Replay) -> None:
    for step in replay.steps():
        step.work(quiet)


def test_a_tiny_story_adds_up_and_a_changed_store_does_not(tiny: Path):
    with Replay.open(TINY, tiny) as told:
        told.plan_seconds, told.troubles = 0.2, Troubles(lost=0.1, twice=0.1)
        tell(told)
        assert {c.code: (c.robots, c.store) for c in told.checks if not c.holds} == {}
        assert told.holds
        assert told.world is not None
        assert told.world.wire.lost > 0
        assert told.world.wire.twice > 0
        assert told.world.ledger.statuses.keys() == {201}
        names = write_report(told, "zh")
        assert json.loads((tiny / names[2]).read_text("utf-8"))["holds"] is True
        assert "逐项核对" in (tiny / names[0]).read_text("utf-8")
        with told.world.office.db.begin() as conn:
            conn.execute(update(finding).values(points=finding.c.points + 1))
            some = conn.execute(submission.select().limit(1)).one()
            conn.execute(
                update(submission).where(submission.c.id == some.id).values(found="not_a_home")
            )
        broken = {c.code for c in audit.audit(told.world) if not c.holds}
        assert broken == {"points", "submissions.alike"}


@pytest.mark.slow
def test_a_small_story_adds_up_on_both_databases(tmp_path: Path, empty_store: str):
    with Replay.open(SMALL, tmp_path / "small", store_url=empty_store) as told:
        told.plan_seconds = 1.0
        tell(told)
        assert {c.code: (c.robots, c.store) for c in told.checks if not c.holds} == {}
        assert told.world is not None
        book = told.world.ledger
        assert len(book.after_withdrawal) > 0, "somebody hands in after withdrawing"
        assert len(book.registered) == 60
        assert book.oldest_unsent >= 60, "a phone was silent for an hour"
        assert told.comparison is not None
        assert told.comparison.days[0].ahead.low > 0


def test_the_store_of_a_replay_must_be_empty(tiny: Path):
    with Replay.open(TINY, tiny) as told:
        for step in told.steps()[:2]:
            step.work(quiet)
        assert told.world is not None
        other = Replay.open(TINY, tiny, store_url=told.world.office.db.url)
        first, second = other.steps()[:2]
        first.work(quiet)
        with pytest.raises(LamplitError, match=r"replay\.store-in-use"):
            second.work(quiet)


def test_a_replay_too_small_is_refused(tmp_path: Path):
    with pytest.raises(LamplitError, match=r"replay\.too-small"):
        Replay.open(Scale.of(30, 10, 1), tmp_path / "no")
