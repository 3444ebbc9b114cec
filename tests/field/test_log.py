"""The log is append-only and chained: what is missing or altered is named."""

from __future__ import annotations

from sqlalchemy import text

from lamplit.services.field.office import SYSTEM, Office
from lamplit.store import log


def write(office: Office, count: int) -> None:
    with office.begin(SYSTEM) as tx:
        for number in range(count):
            tx.log("place.imported", "place", str(number), name="灯火")


def breaks(office: Office) -> list[tuple[int, str]]:
    with office.db.read() as conn:
        found = list(log.verify(conn))
    return [(b.seq, b.fault) for b in found if isinstance(b, log.Break)]


def test_a_whole_chain_has_no_break(office):
    write(office, 3)
    write(office, 2)
    assert breaks(office) == []
    with office.db.read() as conn:
        assert log.head(conn)[0] == 5


def test_an_altered_entry_is_named(office):
    write(office, 4)
    with office.db.begin() as conn:
        conn.execute(text("UPDATE event SET kind = 'place.sold' WHERE seq = 2"))
    assert breaks(office) == [(2, "altered")]


def test_a_missing_entry_is_named(office):
    write(office, 4)
    with office.db.begin() as conn:
        conn.execute(text("DELETE FROM event WHERE seq = 3"))
    assert breaks(office) == [(3, "missing")]


def test_entries_cut_off_at_the_end_are_named(office):
    write(office, 4)
    with office.db.begin() as conn:
        conn.execute(text("DELETE FROM event WHERE seq > 2"))
    assert breaks(office) == [(3, "missing"), (4, "missing")]


def test_an_entry_rewritten_with_its_hash_breaks_the_chain_after_it(office):
    write(office, 3)
    with office.db.begin() as conn:
        row = next(r for r in log.entries(conn) if r.seq == 2)
        forged = {**row._mapping, "kind": "place.sold"}
        conn.execute(
            text("UPDATE event SET kind = 'place.sold', hash = :hash WHERE seq = 2"),
            {"hash": log.digest(forged)},
        )
    assert breaks(office) == [(3, "unchained")]


def test_what_fails_leaves_no_entry(office):
    try:
        with office.begin(SYSTEM) as tx:
            tx.log("place.imported", "place", "1")
            raise RuntimeError
    except RuntimeError:
        pass
    with office.db.read() as conn:
        assert log.head(conn)[0] == 0
