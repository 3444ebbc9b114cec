"""The first run: one link, one day, one first operator."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.services.field import door
from lamplit.services.field.access import accounts, sessions, setup
from lamplit.services.field.access.setup import FirstOperator
from lamplit.services.field.files import incoming
from lamplit.services.field.office import CLI, SYSTEM
from lamplit.store.schema import setup_link

FIRST = FirstOperator(
    "Li.Lei", "李雷", "seven lanterns over the river", "WH", "武汉", "Wuhan"
)  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(accounts, "HASHER", PasswordHasher(1, 1024, 1))


@pytest.fixture
def secret(office) -> str:
    made = setup.offer(office)
    assert made is not None
    return made


def test_the_link_makes_the_first_operator_who_is_signed_in_and_may_begin(office, secret):
    assert setup.is_open(office)
    made = setup.finish(office, secret, FIRST)
    me = sessions.session_of(office, made.secret).actor
    assert me.person_id == made.person_id
    with office.read(me) as tx:
        [place] = door.require_anywhere(tx, Ability.OPERATE)
        assert door.abilities_at(tx.conn, made.person_id, place, tx.today) >= {
            Ability.IMPORT, Ability.ASSIGN, Ability.OPERATE,
        }  # fmt: skip
    assert incoming.begin(office, me, "july.csv", 10).missing == [0]
    assert accounts.sign_in(office, "li.lei", FIRST.password).person_id == made.person_id
    assert accounts.create(office, me, "other", _person(office, me)).password


def _person(office, actor) -> str:
    return accounts.add_person(office, actor, "P2", "韩梅梅")


def test_the_link_is_kept_as_a_hash_and_ends_with_the_first_account(office, secret):
    with office.db.read() as conn:
        [row] = conn.execute(setup_link.select())
    assert secret not in str(row)
    setup.finish(office, secret, FIRST)
    assert not setup.is_open(office)
    assert setup.offer(office) is None
    with pytest.raises(LamplitError, match=r"accounts\.set-up-closed"):
        setup.finish(office, secret, replace(FIRST, username="second"))
    with office.db.read() as conn:
        assert conn.execute(setup_link.select()).all() == []


def test_an_account_made_at_the_command_line_ends_it_too(office, secret):
    accounts.add_person(office, CLI, "boss", "Boss")
    accounts.create(office, CLI, "boss", "boss")
    assert not setup.is_open(office)
    with pytest.raises(LamplitError, match=r"accounts\.set-up-closed"):
        setup.finish(office, secret, FIRST)


def test_the_link_ends_after_a_day_and_a_new_start_gives_a_new_one(office, secret, clock):
    clock.turn(hours=23)
    newer = setup.offer(office)
    clock.turn(hours=2)
    with pytest.raises(LamplitError, match=r"accounts\.wrong-set-up-token"):
        setup.finish(office, secret, FIRST)
    assert setup.finish(office, newer, FIRST).person_id
    clock.turn(days=2)
    assert not setup.is_open(office)


def test_a_weak_password_or_a_bad_name_costs_no_link(office, secret):
    with pytest.raises(LamplitError, match=r"accounts\.weak-password"):
        setup.finish(office, secret, replace(FIRST, password="short"))
    with pytest.raises(LamplitError, match=r"accounts\.bad-username"):
        setup.finish(office, secret, replace(FIRST, username="x y"))
    assert setup.finish(office, secret, FIRST).person_id


def test_guessing_is_slowed_down_for_the_address_that_guesses(office, secret):
    for _ in range(10):
        with pytest.raises(LamplitError, match=r"accounts\.wrong-set-up-token"):
            setup.finish(office, "guess", FIRST, address="203.0.113.9")
    with pytest.raises(LamplitError, match=r"accounts\.too-many-tries"):
        setup.finish(office, secret, FIRST, address="203.0.113.9")
    assert setup.finish(office, secret, FIRST, address="127.0.0.1").person_id


def test_of_several_at_once_one_wins(office, secret):
    won, lost = [], []

    def go(number: int) -> None:
        try:
            first = replace(FIRST, username=f"first{number}", place=f"D{number}")
            won.append(setup.finish(office, secret, first))
        except LamplitError as fault:
            lost.append(fault.code)

    tries = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert (len(won), lost) == (1, ["accounts.set-up-closed"] * 3)
    with office.read(SYSTEM) as tx:
        assert len(tx.conn.exec_driver_sql("SELECT id FROM account").all()) == 1
        assert len(tx.conn.exec_driver_sql("SELECT id FROM place").all()) == 1


def test_a_place_and_a_person_that_files_have_brought_are_not_taken_over(office, secret):
    office_person = accounts.add_person(office, CLI, "li.lei", "Another Li Lei")
    made = setup.finish(office, secret, FIRST)
    assert made.person_id != office_person
