"""Whatever is done in whatever order: no day is rewritten, nothing runs twice, chains end."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from people_kit import Neighbourhood, neighbourhood

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import EndReason, Role
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.people.assignments import assign, chain, go_on, hand_over, withdraw
from lamplit.services.field.people.checkin import check_in, pair
from lamplit.services.field.people.coverage import covers
from lamplit.services.home import Home
from lamplit.store import assignments, log
from lamplit.store.assignments import Assignment
from lamplit.store.database import Database

PEOPLE = ("p1", "p2", "p3")
PLACES = ("B1", "B2", "B1-1")
REFUSALS = {
    "assignment.already", "assignment.not-running", "assignment.same-person",
    "assignment.past-day", "assignment.bad-dates",
}  # fmt: skip
people, places, ahead = (
    st.sampled_from(PEOPLE),
    st.sampled_from(PLACES),
    st.integers(min_value=-1, max_value=4),
)


class Machine(RuleBasedStateMachine):
    """People are assigned, hand over, withdraw, go on, check in, while days pass."""

    template: Path
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "store.db")
        self.now = datetime(2020, 2, 10, tzinfo=UTC)
        home = Home.create(self.folder / "home")
        self.office = Office(
            home, Database(f"sqlite:///{self.folder / 'store.db'}"), lambda: self.now
        )
        self.hood: Neighbourhood = neighbourhood(self.office)
        pair(self.office, CLI, organisation="CO", community="C1")
        self.settled: dict[date, Any] = {}

    @property
    def today(self) -> date:
        return self.office.local_day(self.now)

    def teardown(self) -> None:
        self.office.db.close()
        shutil.rmtree(self.folder)

    def attempt(self, act: Any) -> Any:
        """What an act gives, or None where it was refused for a reason it may be refused for."""
        try:
            return act()
        except LamplitError as error:
            assert error.code in REFUSALS, error
            return None

    def everybody(self) -> list[Assignment]:
        with self.office.db.read() as conn:
            return [
                one for code in PEOPLE for one in assignments.of_person(conn, self.hood.ids[code])
            ]

    def picture(self, day: date) -> Any:
        found = covers(self.office, CLI, "C1", day, homes=True)
        return [(part.code, [k.assignment_id for k in part.keepers]) for part in found.parts]

    @initialize()
    def begin(self) -> None:
        self.settled = {self.today - timedelta(days=1): self.picture(self.today - timedelta(1))}

    @rule(target=made, who=people, where=places, starts=ahead, lasts=st.none() | ahead)
    def assign(self, who: str, where: str, starts: int, lasts: int | None) -> Any:
        first = self.today + timedelta(days=starts)
        last = None if lasts is None else first + timedelta(days=lasts)
        role = Role.RESPONSIBLE
        done = self.attempt(
            lambda: assign(
                self.office, CLI, person=who, place=where, role=role, starts=first, ends=last
            )
        )
        return done.id if done else multiple()

    @rule(target=made, one=made, to=people, day=ahead)
    def hand_over(self, one: str, to: str, day: int) -> Any:
        on = self.today + timedelta(days=day)
        done = self.attempt(lambda: hand_over(self.office, CLI, one, to=to, day=on))
        return done.id if done else multiple()

    @rule(one=made, day=ahead, reason=st.sampled_from(EndReason))
    def withdraw_one(self, one: str, day: int, reason: EndReason) -> None:
        on = self.today + timedelta(days=day)
        self.attempt(lambda: withdraw(self.office, CLI, assignment_id=one, day=on, reason=reason))

    @rule(who=people)
    def withdraw_all(self, who: str) -> None:
        self.attempt(lambda: withdraw(self.office, CLI, person=who))
        left = [one for one in self.everybody() if one.person_id == self.hood.ids[who]]
        assert not any(one.runs_on(self.today) for one in left)

    @rule(target=made, one=made)
    def go_on(self, one: str) -> Any:
        done = self.attempt(lambda: go_on(self.office, CLI, one, place="C1"))
        return done.id if done else multiple()

    @rule(target=made, who=people)
    def check_in(self, who: str) -> str:
        done = check_in(self.office, CLI, person=who, community="C1")
        again = check_in(self.office, CLI, person=who, community="C1")
        assert (again.assignment.id, again.new) == (done.assignment.id, False)
        return done.assignment.id

    @rule(days=st.integers(min_value=1, max_value=3))
    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.settled[self.today] = self.picture(self.today)
            self.now += timedelta(days=1)

    @invariant()
    def no_past_day_is_rewritten(self) -> None:
        for day, was in self.settled.items():
            assert self.picture(day) == was

    @invariant()
    def nothing_runs_twice(self) -> None:
        days = [self.today + timedelta(days=n) for n in range(-2, 10)]
        for a, b in combinations(self.everybody(), 2):
            if (a.person_id, a.place_id, a.role) == (b.person_id, b.place_id, b.role):
                assert not any(a.runs_on(day) and b.runs_on(day) for day in days)

    @rule(one=made)
    def a_chain_ends_and_holds_the_one_asked_for(self, one: str) -> None:
        found = chain(self.office, CLI, one)
        ids = [link.id for link in found]
        assert one in ids
        assert len(ids) == len(set(ids))
        for link in found:
            if link.predecessor_id:
                assert ids.index(link.predecessor_id) < ids.index(link.id)

    @rule()
    def the_log_holds(self) -> None:
        with self.office.db.read() as conn:
            assert [b for b in log.verify(conn) if isinstance(b, log.Break)] == []


@pytest.mark.slow
def test_no_order_of_acts_breaks_the_rules_of_assignments(sqlite_template):
    Machine.template = sqlite_template
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            # Each step is a transaction: shrinking a failure would take minutes.
            phases=(Phase.explicit, Phase.generate),
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
