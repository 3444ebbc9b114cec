"""Signing in: argon2id, a policy by NIST SP 800-63B-4, locks, sessions with two clocks, tokens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from people_world import PASSWORD, World, build
from refusals import refused
from sqlalchemy import select, update

from lamplit.domain import passwords
from lamplit.domain.errors import LamplitError
from lamplit.services.field.access import accounts, sessions, throttle, tokens
from lamplit.services.field.office import CLI
from lamplit.store.schema import account, event, session, token
from lamplit.store.schema import throttle as throttle_table


@pytest.fixture
def world(office) -> World:
    return build(office)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("fourteen chars", passwords.TOO_SHORT),
        ("x" * 257, passwords.TOO_LONG),
        ("abcabcabcabcabcabc", passwords.REPEATS),
        ("qwertyuiopasdfghjkl", passwords.RUNS),
        ("98765432109876543210", passwords.RUNS),
        ("CorrectHorseBatteryStaple", passwords.COMMON),
        ("Lamplit-owner-2020!", passwords.OF_HERE),
        ("PasswordLamplit2020", passwords.OF_HERE),
    ],
)
def test_a_password_that_anybody_would_try_is_not_taken(password, reason):
    assert passwords.weakness(password, ("owner",)) == reason


@pytest.mark.parametrize(
    "password", ["four words that rain", "一二三四 风雨雷电 山川河流 日月星", "no UPPER no digit!"]
)
def test_no_rule_of_composition_is_made(password):
    assert passwords.weakness(password) is None


@given(st.text(max_size=300))
def test_the_policy_answers_for_every_text(password):
    found = passwords.weakness(password)
    assert found is not None or 15 <= len(passwords.normal(password)) <= 256


def test_the_pages_tell_the_same_of_a_password_as_the_server():
    """`ui/src/parts/password/policy.test.ts` holds the pages' copy to the same cases."""
    cases = Path(__file__).parents[2] / "ui" / "src" / "parts" / "password" / "cases.json"
    names_of = {text: name for name, text in passwords.WEAKNESSES.items()}
    for password, names, wanted in json.loads(cases.read_text("utf-8")):
        found = passwords.weakness(password, names)
        assert (names_of[found] if found else None) == wanted, password


def test_a_session_begins_with_the_right_password_only(office, world):
    made = accounts.sign_in(office, "Owner", PASSWORD)
    assert sessions.session_of(office, made.secret).actor.person_id == world.people["owner"]
    wrong = refused("accounts.wrong-sign-in", accounts.sign_in, office, "owner", PASSWORD + "!")
    unknown = refused("accounts.wrong-sign-in", accounts.sign_in, office, "nobody", PASSWORD)
    assert wrong.describe("en") == unknown.describe("en")


def test_no_secret_is_kept_as_it_is(office, world):
    made = accounts.sign_in(office, "owner", PASSWORD)
    phone = tokens.issue(office, world.actor("owner"), "P-owner", "phone", "openrosa")
    with office.db.read() as conn:
        kept = [*conn.execute(select(session)), *conn.execute(select(token)),
                *conn.execute(select(account)), *conn.execute(select(event))]  # fmt: skip
    text = " ".join(map(str, kept))
    assert made.secret not in text
    assert phone.secret not in text
    assert PASSWORD not in text


def test_an_older_hash_is_made_anew_at_sign_in(office, world):
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with office.db.begin() as conn:
        conn.execute(
            update(account).where(account.c.username == "owner").values(password_hash=weak)
        )
    accounts.sign_in(office, "owner", PASSWORD)
    with office.db.read() as conn:
        kept = conn.scalar(select(account.c.password_hash).where(account.c.username == "owner"))
    assert kept != weak
    assert not accounts.HASHER.check_needs_rehash(kept)


def test_too_many_tries_lock_an_account_for_a_while(office, world, clock, monkeypatch):
    monkeypatch.setattr(accounts, "_verify", lambda kept, given: given == PASSWORD)
    for _ in range(accounts.BY_ACCOUNT.tries):
        refused("accounts.wrong-sign-in", accounts.sign_in, office, "owner", "wrong")
    locked = refused("accounts.too-many-tries", accounts.sign_in, office, "owner", PASSWORD)
    assert locked.fields["seconds"] == 15 * 60
    assert locked.says("en") == "too many tries; wait 15 minutes."
    clock.turn(minutes=14)
    later = refused("accounts.too-many-tries", accounts.sign_in, office, "owner", PASSWORD)
    assert later.says("zh") == "尝试过于频繁，请等待 60 秒。"
    accounts.sign_in(office, "leader", PASSWORD)
    clock.turn(minutes=1, seconds=1)
    accounts.sign_in(office, "owner", PASSWORD)
    # A success forgives what was tried before.
    for _ in range(accounts.BY_ACCOUNT.tries):
        refused("accounts.wrong-sign-in", accounts.sign_in, office, "owner", "wrong")


def test_a_name_that_nobody_bears_locks_alike(office, world, monkeypatch):
    monkeypatch.setattr(accounts, "_verify", lambda kept, given: False)
    for _ in range(accounts.BY_ACCOUNT.tries):
        refused("accounts.wrong-sign-in", accounts.sign_in, office, "nobody", "wrong")
    refused("accounts.too-many-tries", accounts.sign_in, office, "nobody", "wrong")


def test_many_tries_from_one_address_lock_the_address_and_keep_it_nowhere(
    office, world, clock, monkeypatch
):
    monkeypatch.setattr(accounts, "_verify", lambda kept, given: given == PASSWORD)
    for at in range(accounts.BY_ADDRESS.tries):
        refused("accounts.wrong-sign-in", accounts.sign_in, office, f"n{at}x", "w", address="::9")
    refused("accounts.too-many-tries", accounts.sign_in, office, "owner", PASSWORD, address="::9")
    accounts.sign_in(office, "owner", PASSWORD, address="::8")
    mark = throttle.address_mark(office, "::9")
    assert mark == throttle.address_mark(office, "::9")
    clock.turn(days=1)
    assert mark != throttle.address_mark(office, "::9")
    with office.db.read() as conn:
        assert "::9" not in str(list(conn.execute(select(throttle_table))))


def test_a_session_ends_when_it_is_idle_and_in_any_case_after_a_week(office, world, clock):
    idle = accounts.sign_in(office, "owner", PASSWORD)
    busy = accounts.sign_in(office, "owner", PASSWORD)
    for _ in range(16):
        clock.turn(hours=10)
        sessions.session_of(office, busy.secret)
    refused("accounts.bad-token", sessions.session_of, office, idle.secret)
    clock.turn(hours=9)
    refused("accounts.bad-token", sessions.session_of, office, busy.secret)


def test_a_month_after_it_ended_nothing_is_known_of_a_session(office, world, clock):
    out = accounts.sign_in(office, "owner", PASSWORD)
    sessions.end(office, sessions.session_of(office, out.secret))
    accounts.sign_in(office, "owner", PASSWORD)  # never signed out: it ends after a week
    clock.turn(days=31)
    here = accounts.sign_in(office, "owner", PASSWORD)
    assert sessions.tidy(office) == 1
    clock.turn(days=7)
    assert (sessions.tidy(office), sessions.tidy(office)) == (1, 0)
    with office.db.read() as conn:
        kept = conn.scalars(select(session.c.id)).all()
        told = conn.scalars(select(event.c.data).where(event.c.kind == "session.expired")).all()
    assert kept == [tokens.hashed(here.secret)]
    assert told == [{"sessions": 1}, {"sessions": 1}]


def test_signing_out_ends_one_session_and_everywhere_ends_all(office, world):
    first, second, third = (accounts.sign_in(office, "owner", PASSWORD) for _ in range(3))
    sessions.end(office, sessions.session_of(office, first.secret))
    refused("accounts.bad-token", sessions.session_of, office, first.secret)
    assert sessions.end_everywhere(office, world.actor("owner")) == 2
    for ended in (second, third):
        refused("accounts.bad-token", sessions.session_of, office, ended.secret)


def test_a_changed_password_ends_the_other_sessions_and_gives_new_secrets(office, world):
    other = accounts.sign_in(office, "owner", PASSWORD)
    mine = accounts.sign_in(office, "owner", PASSWORD)
    now = sessions.session_of(office, mine.secret)
    new = "seven lanterns over the river"
    refused("accounts.wrong-sign-in", accounts.change_password, office, now, "no", new)
    refused("accounts.weak-password", accounts.change_password, office, now, PASSWORD, "short")
    refused("accounts.weak-password", accounts.change_password, office, now, PASSWORD, PASSWORD)
    after = accounts.change_password(office, now, PASSWORD, new)
    assert {after.secret, after.csrf}.isdisjoint({mine.secret, mine.csrf})
    for ended in (other, mine):
        refused("accounts.bad-token", sessions.session_of, office, ended.secret)
    assert accounts.sign_in(office, "owner", new).must_change is False


def test_a_made_up_password_must_be_changed(office, world):
    made = accounts.reset(office, CLI, "owner")
    assert made.password is not None
    begun = accounts.sign_in(office, "owner", made.password)
    assert begun.must_change
    assert sessions.session_of(office, begun.secret).must_change


def test_a_disabled_account_has_no_way_in(office, world):
    begun = accounts.sign_in(office, "owner", PASSWORD)
    phone = tokens.issue(office, world.actor("owner"), "P-owner", "phone", "openrosa")
    assert accounts.disable(office, CLI, "owner") == (1, 1)
    refused("accounts.bad-token", sessions.session_of, office, begun.secret)
    refused("accounts.bad-token", tokens.actor_of, office, phone.secret, "openrosa")
    refused("accounts.wrong-sign-in", accounts.sign_in, office, "owner", PASSWORD)


def test_a_token_opens_its_scope_until_it_expires_or_is_revoked(office, world, clock):
    me = world.actor("owner")
    phone = tokens.issue(office, me, "P-owner", "phone", "openrosa", days=2)
    found = tokens.actor_of(office, phone.secret, "openrosa")
    assert (found.person_id, found.via, found.token_id) == (me.person_id, "openrosa", phone.id)
    refused("accounts.wrong-scope", tokens.actor_of, office, phone.secret, "api")
    refused("accounts.bad-token", tokens.actor_of, office, phone.secret[:-1], "openrosa")
    clock.turn(days=2)
    refused("accounts.bad-token", tokens.actor_of, office, phone.secret, "openrosa")
    other = tokens.issue(office, me, "P-owner", "phone", "api")
    refused("store.not-found", tokens.revoke, office, world.actor("colleague"), other.id)
    tokens.revoke(office, me, other.id)
    tokens.revoke(office, me, other.id)
    refused("accounts.bad-token", tokens.actor_of, office, other.secret, "api")


def test_who_may_set_up_whose_phone(office, world):
    def may(who: str, whom: str, scope: str) -> bool:
        try:
            tokens.issue(office, world.actor(who), world.people[whom], "x", scope)
        except LamplitError as fault:
            assert fault.code == "door.not-allowed"
            return False
        return True

    assert may("leader", "owner", "openrosa")
    assert not may("leader", "owner", "api"), "it would lend the leader another's abilities"
    assert not may("leader", "analyst", "openrosa"), "an analyst of the district reaches further"
    assert not may("other_leader", "owner", "openrosa")
    assert not may("colleague", "owner", "openrosa")
    assert may("operator", "owner", "api")
    assert not may("operator", "other_leader", "api")


def test_only_an_operator_of_all_a_persons_places_resets_their_password(office, world):
    refused("door.not-allowed", accounts.reset, office, world.actor("leader"), "owner")
    refused("door.not-allowed", accounts.reset, office, world.actor("operator"), "other_leader")
    assert accounts.reset(office, world.actor("operator"), "owner").password


def test_an_account_is_made_once_a_person_and_once_a_name(office, world):
    accounts.add_person(office, CLI, "P-new", "新人")
    made = accounts.create(office, CLI, "New.One", "P-new")
    assert made.username == "new.one"
    assert made.password
    refused("accounts.has-account", accounts.create, office, CLI, "again", "P-new")
    accounts.add_person(office, CLI, "P-other", "另一人")
    refused("accounts.username-taken", accounts.create, office, CLI, "NEW.ONE", "P-other")
    refused("accounts.bad-username", accounts.create, office, CLI, "a b", "P-other")
    refused("store.not-found", accounts.create, office, CLI, "ghost", "P-ghost")
    refused("door.not-allowed", accounts.create, office, world.actor("leader"), "x1", "P-other")
