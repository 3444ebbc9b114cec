"""How far an ingest seems to be: never back, never done too soon."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from lamplit.services.ingest.watch import READING, Watch


class Engine:
    """Says what it is told to."""

    said = 0.0

    def progress(self) -> float:
        return self.said


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.integers(1, 4))
def test_the_share_never_goes_back_and_stays_within_what_was_begun(said, files):
    engine = Engine()
    watch = Watch(total=100.0 * files, duck=cast(Any, engine))
    before = 0.0
    for number in range(files):
        watch.at("reading", "july.csv", 100.0 * number, 100.0)
        for value in said:
            engine.said = value
            share = watch.look().share
            assert before <= share <= (number + READING) / files + 1e-9
            before = share


def test_a_second_statement_goes_on_from_the_first():
    engine = Engine()
    watch = Watch(total=100.0, duck=cast(Any, engine))
    watch.at("reading", "july.csv", 0.0, 100.0)
    shares = []
    for value in (0.2, 0.9, 0.1, 0.9, 0.1):
        engine.said = value
        shares.append(watch.look().share)
    assert shares == sorted(set(shares))
    assert shares[-1] < READING
    watch.at("merging", "july.csv", 0.0, 100.0)
    engine.said = 0.0
    assert watch.look().share == READING
    watch.end()
    assert watch.look().share == READING
