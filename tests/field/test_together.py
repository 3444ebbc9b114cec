"""Many who wait share one piece of work; each gets their own answer, and nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from lamplit.services.field.submissions.together import Together


def test_each_gets_their_own_answer_and_the_work_is_shared():
    sizes = []
    first = Event()

    def work(asked):
        sizes.append(len(asked))
        if len(sizes) == 1:
            first.wait(5)
        return [2 * one for one in asked]

    together = Together(work)
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(together.ask, n) for n in range(20)]
        while len(together._waiting) < 19:
            pass
        first.set()
        assert [one.result(5) for one in answers] == [2 * n for n in range(20)]
    assert sizes == [1, 19]


def test_no_more_than_the_most_share_one_piece():
    sizes = []

    def work(asked):
        sizes.append(len(asked))
        return list(asked)

    together = Together(work, most=3)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(together.ask, range(200))) == list(range(200))
    assert max(sizes) <= 3
    assert sum(sizes) == 200


def test_what_fails_is_told_to_each_who_shared_it_and_the_next_go_on():
    def work(asked):
        if "bad" in asked:
            raise ZeroDivisionError
        return list(asked)

    together = Together(work)
    with pytest.raises(ZeroDivisionError):
        together.ask("bad")
    assert together.ask("good") == "good"


def test_an_interrupt_while_gathering_leaves_nobody_waiting(monkeypatch):
    together = Together(list)

    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Together, "_gather", lambda _: interrupted())
        with pytest.raises(KeyboardInterrupt):
            together.ask(1)
    assert together.ask(2) == 2
