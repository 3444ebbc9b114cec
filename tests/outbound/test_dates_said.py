"""Dates have one form in each language; the pages' ui/src/language/words.test.ts says the same."""

from __future__ import annotations

from datetime import date, datetime

from lamplit.outbound.markup import day_text, moment_text


def test_a_day_and_a_moment_are_said_as_the_pages_say_them():
    day, at = date(2026, 9, 5), datetime(2026, 11, 25, 18, 5)
    assert (day_text(day, "en"), day_text(day, "zh")) == ("5 Sept 2026", "2026年9月5日")
    assert (day_text(day, "en", day), day_text(day, "zh", day)) == ("5 Sept", "9月5日")
    assert (moment_text(at, "en"), moment_text(at, "zh")) == ("25 Nov, 18:05", "11月25日 18:05")
