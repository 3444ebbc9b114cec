"""Files in parts: nothing is sent twice, nothing mixes, nothing is lost."""

from __future__ import annotations

import hashlib
import random
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people_world import build
from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.services.field.files import incoming
from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.store.schema import event, import_file


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(incoming, "PART_BYTES", 1000)


@pytest.fixture
def world(office):
    return build(office)


@pytest.fixture
def me(world):
    return world.actor("analyst")


CONTENT = random.Random(7).randbytes(3500)


def pieces(content: bytes = CONTENT) -> list[bytes]:
    return [content[at : at + 1000] for at in range(0, len(content), 1000)]


def file_of(office, one) -> bytes:
    return (office.home.incoming_dir / one.id / one.name).read_bytes()


def test_parts_make_the_file_in_any_order_and_twice(office, me):
    one = incoming.begin(office, me, "../july.csv", len(CONTENT))
    assert (one.name, one.parts, one.missing, one.whole) == ("july.csv", 4, [0, 1, 2, 3], False)
    for number in (3, 0, 0, 2, 3):
        incoming.put(office, me, one.id, number, pieces()[number])
    half = incoming.look(office, me, one.id)
    assert (half.missing, half.received) == ([1], 2500)
    incoming.put(office, me, one.id, 1, pieces()[1])
    assert incoming.look(office, me, one.id).whole
    assert file_of(office, one) == CONTENT


def test_the_same_file_announced_again_goes_on_where_it_stopped(office, me):
    mark = hashlib.sha256(CONTENT).hexdigest()
    one = incoming.begin(office, me, "july.csv", len(CONTENT), mark)
    incoming.put(office, me, one.id, 0, pieces()[0])
    # The server starts again: another office over the same home and store.
    again = Office(office.home, office.db, office.clock)
    same = incoming.begin(again, me, "july.csv", len(CONTENT), mark)
    assert (same.id, same.missing) == (one.id, [1, 2, 3])
    other = incoming.begin(again, me, "july.csv", len(CONTENT), "0" * 64)
    assert other.id != one.id


@pytest.mark.parametrize(
    ("number", "content", "digest", "code"),
    [(4, b"x", None, "incoming.no-such-part"), (0, b"x", None, "incoming.part-size"),
     (3, b"x" * 501, None, "incoming.part-size"),
     (1, b"x" * 1000, "0" * 64, "incoming.part-broken"),
     (0, b"y" * 1000, None, "incoming.part-conflict")],
)  # fmt: skip
def test_a_part_that_does_not_fit_is_refused_and_harms_nothing(
    office, me, number, content, digest, code
):
    one = incoming.begin(office, me, "july.csv", len(CONTENT))
    incoming.put(office, me, one.id, 0, pieces()[0])
    with pytest.raises(LamplitError, match=code):
        incoming.put(office, me, one.id, number, content, digest)
    assert incoming.look(office, me, one.id).missing == [1, 2, 3]
    assert file_of(office, one)[:1000] == pieces()[0]


def test_of_two_tabs_with_two_files_one_wins_whole(office, me):
    one = incoming.begin(office, me, "july.csv", 2000)
    refused = []

    def send(letter: bytes) -> None:
        for number in (0, 1):
            try:
                incoming.put(office, me, one.id, number, letter * 1000)
            except LamplitError as fault:
                refused.append(fault.code)

    tabs = [threading.Thread(target=send, args=(letter,)) for letter in (b"a", b"b", b"a", b"b")]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert set(refused) == {"incoming.part-conflict"}
    assert len(refused) == 4
    content = file_of(office, one)
    assert content[:1000] in (b"a" * 1000, b"b" * 1000)
    assert content[1000:] in (b"a" * 1000, b"b" * 1000)


def test_anothers_file_is_not_there(office, world, me):
    one = incoming.begin(office, me, "july.csv", 10)
    for who in ("operator", "outsider"):
        for act in (incoming.look, incoming.drop):
            with pytest.raises(LamplitError, match=r"store\.not-found"):
                act(office, world.actor(who), one.id)
        with pytest.raises(LamplitError, match=r"store\.not-found"):
            incoming.put(office, world.actor(who), one.id, 0, b"x" * 10)
    assert incoming.mine(office, world.actor("operator")) == []
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        incoming.begin(office, world.actor("leader"), "a.csv", 10)


def test_a_file_that_is_too_large_or_for_which_there_is_no_room_is_refused(office, me, monkeypatch):
    with pytest.raises(LamplitError, match=r"incoming\.too-large"):
        incoming.begin(office, me, "july.csv", 10_000_000_001)
    monkeypatch.setattr(incoming, "RESERVE", 1 << 62)
    with pytest.raises(LamplitError, match=r"incoming\.no-room"):
        incoming.begin(office, me, "july.csv", 10)
    assert incoming.mine(office, me) == []
    assert list(office.home.incoming_dir.iterdir()) == []


def test_the_limit_is_a_setting(tmp_path):
    home = Home.create(tmp_path / "h")
    text = (home.path / "lamplit.toml").read_text("utf-8")
    (home.path / "lamplit.toml").write_text(text.replace("[web]", '[web]\nmax_upload = "1.5KB"'))
    office = Office.open(Home.open(home.path))
    assert incoming.most_bytes(office) == 1500
    office.db.close()
    (home.path / "lamplit.toml").write_text(text.replace("[web]", '[web]\nmax_upload = "lots"'))
    with pytest.raises(LamplitError, match=r"home\.bad-setting"):
        Home.open(home.path)


def test_what_nobody_goes_on_with_is_let_go_after_a_week(office, me, clock):
    old = incoming.begin(office, me, "old.csv", 10)
    clock.turn(days=6)
    new = incoming.begin(office, me, "new.csv", 10)
    assert incoming.tidy(office) == 0
    clock.turn(days=2)
    assert incoming.tidy(office) == 1
    assert incoming.tidy(office) == 0
    with office.db.read() as conn:
        told = conn.scalars(select(event.c.data).where(event.c.kind == "import.expired")).all()
    assert told == [{"files": 1, "forgotten": 0}]
    assert [one.id for one in incoming.mine(office, me)] == [new.id]
    assert [folder.name for folder in office.home.incoming_dir.iterdir()] == [new.id]
    incoming.drop(office, me, new.id)
    assert list(office.home.incoming_dir.iterdir()) == []
    with pytest.raises(LamplitError, match=r"store\.not-found"):
        incoming.look(office, me, old.id)


def test_ninety_days_after_its_bytes_nobody_knows_that_a_file_came(office, me, clock):
    gone = incoming.begin(office, me, "wangs-building.csv", 10)
    incoming.used_up(office, me, [gone.id])
    clock.turn(days=85)
    incoming.begin(office, me, "new.csv", 10)
    clock.turn(days=6)
    assert incoming.tidy(office) == 0
    with office.db.read() as conn:
        assert conn.scalars(select(import_file.c.name)).all() == ["new.csv"]
        told = conn.scalars(select(event.c.data).where(event.c.kind == "import.expired")).all()
    assert told == [{"files": 0, "forgotten": 1}]


@settings(max_examples=200,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.integers(1, 2**44), st.integers(1, 2**24))
def test_the_parts_add_up_to_the_file(size, part):
    count = -(-size // part)
    ends = {
        incoming.part_size(size, part, n) for n in {0, count // 2, count - 2, count - 1} if n >= 0
    }
    assert all(0 < one <= part for one in ends)
    assert (count - 1) * part + incoming.part_size(size, part, count - 1) == size
    with pytest.raises(LamplitError):
        incoming.part_size(size, part, count)
