"""The list and the chart in the terminal (issue 2, item 6)."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from lamplit.domain.disclosure import release
from lamplit.domain.words import EVENT_TEXT, STATE_TEXT, HomeEvent, HomeState
from lamplit.outbound.chart import HomeDay, home_chart
from lamplit.outbound.terminal import (
    CommunityRow,
    SweepRow,
    chance_bar,
    community_table,
    nothing_found,
    sweep_list,
)

AS_OF = date(2026, 2, 12)
EVIDENCE = "About 6.2 kWh a day until 21 January; 0.36 since 22 January (12 of 12 days read)."


def door(rank=1, **more):
    values = {
        "rank": rank,
        "household_id": f"H{rank}",
        "meter_id": f"M{rank}",
        "community_id": "C1",
        "building_id": "3",
        "unit": "2",
        "floor": 5,
        "door": "501",
        "state": HomeState.DARK,
        "since": date(2026, 1, 22),
        "event": HomeEvent.WENT_DARK,
        "event_day": date(2026, 1, 24),
        "probability": 0.97,
        "kwh_day_before": 6.2,
        "kwh_day_now": 0.36,
        "days_read": 12,
        "evidence_en": EVIDENCE,
        "evidence_zh": "1月21日前约6.2千瓦时/日，1月22日起0.36（12天均已读到）。",
        "against_en": "Two neighbours dark as well.",
        "against_zh": "两户邻居同样转暗。",
    } | more
    return SweepRow(**values)


def printed(renderable, width=80, encoding="utf-8", **options):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    Console(file=stream, width=width, **options).print(renderable)
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_a_row_has_exactly_the_fields_of_the_list():
    assert [field.name for field in fields(SweepRow)] == [
        "rank",
        "household_id",
        "meter_id",
        "community_id",
        "building_id",
        "unit",
        "floor",
        "door",
        "state",
        "since",
        "event",
        "event_day",
        "probability",
        "kwh_day_before",
        "kwh_day_now",
        "days_read",
        "evidence_en",
        "evidence_zh",
        "against_en",
        "against_zh",
        "raw_probability",
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_fits_the_terminal_and_loses_nothing(width, language):
    text = printed(sweep_list([door(1), door(200)], AS_OF, language), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    if width >= 80:
        assert "3-2-501" in text
        assert "6.2 → 0.36" in text
        assert "97%" in text
    words = EVIDENCE.split() if language == "en" else ["1月21日前约"]
    assert all(word in text for word in words)
    assert ("Against: " if language == "en" else "反证：") in text


def test_a_wide_terminal_puts_the_evidence_beside_the_door():
    lines = printed(sweep_list([door()], AS_OF, "en"), 160).splitlines()
    assert any("3-2-501" in line and "About 6.2" in line for line in lines)


def test_a_terminal_without_unicode_gets_ascii():
    text = printed(sweep_list([door()], AS_OF, "en"), 80, encoding="ascii")
    assert "6.2 -> 0.36" in text
    assert "#####" in text


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = printed(sweep_list([door()], AS_OF, "en"), force_terminal=True)
    assert "\x1b[3" not in text
    monkeypatch.delenv("NO_COLOR")
    coloured = printed(sweep_list([door()], AS_OF, "en"), force_terminal=True, color_system="256")
    assert "\x1b[" in coloured


def test_a_home_without_a_place_or_figures_is_still_listed():
    bare = door(building_id="", unit="", door="", kwh_day_before=None, probability=None, since=None)
    text = printed(sweep_list([bare], AS_OF, "en"))
    assert "H1" in text
    assert "? → 0.36" in text


def test_names_from_files_cannot_style_the_terminal():
    text = printed(sweep_list([door(door="[red]x[/]", evidence_en="\x1b[31mred")], AS_OF, "en"))
    assert "[red]x[/]" in text
    assert "\x1b" not in text


@given(st.floats(0, 1))
def test_the_bar_grows_with_the_probability_and_keeps_its_width(chance):
    assert cell_len(chance_bar(chance).plain) == cell_len(chance_bar(1.0).plain)


def test_certainty_is_not_claimed_by_rounding():
    assert "> 99%" in chance_bar(0.997).plain
    assert "< 1%" in chance_bar(0.003).plain


def test_when_nothing_is_found_the_reader_learns_how_much_was_looked_at():
    text = printed(nothing_found(AS_OF, 412, 3, "en"))
    assert "No door stands out" in text
    assert "412" in text
    assert "3 of them" in text


# ---- the summary per community ---------------------------------------------------------


def community(lived, low, micro, dark, unknown, **events):
    states = dict(
        zip(
            (HomeState.LIVED_IN, HomeState.LOW, HomeState.MICRO, HomeState.DARK, HomeState.UNKNOWN),
            (lived, low, micro, dark, unknown),
            strict=True,
        )
    )
    return CommunityRow(
        "C1", "Lakeside", states, {HomeEvent[k.upper()]: n for k, n in events.items()}
    )


def test_cells_under_fifteen_homes_are_not_shown():
    text = printed(community_table([community(400, 30, 3, 40, 20, went_dark=9)], "en"), 120)
    row = next(line for line in text.splitlines() if "Lakeside" in line).split()
    # 3 micro homes are held back, and the 20 unknown with them: 493 less the rest would tell.
    assert row == ["Lakeside", "493", "400", "30", "<15", "40", "–", "<15"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_summary_loses_nothing_at_80_columns(language):
    name = "Riverside Gardens, 和平里北街社区居民委员会"
    events = {e.word: 88_888 for e in HomeEvent if e}
    row = replace(community(*[77_777] * 5, **events), name=name)
    text = printed(community_table([row], language))
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    words = [w.say(language) for w in (*STATE_TEXT.values(), *EVENT_TEXT.values())]
    assert [w for w in words if w not in text] == []
    assert text.count("77,777") == 5
    assert text.count("88,888") == 4
    wide = printed(community_table([row], language), 160).splitlines()
    assert EVENT_TEXT[HomeEvent.RETURNED].say(language) in wide[0]


def test_a_small_community_shows_nothing_at_all():
    text = printed(community_table([community(9, 0, 0, 3, 0)], "en"), 120)
    row = next(line for line in text.splitlines() if "Lakeside" in line).split()
    assert set(row[1:]) == {"<15"}


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6))
def test_nothing_under_fifteen_can_be_worked_out_by_subtraction(sizes):
    parts = dict(enumerate(sizes))
    shown = release(parts)
    hidden = [parts[key] for key, value in shown.items() if value is None]
    assert all(parts[key] >= 15 for key, value in shown.items() if value is not None)
    if hidden:
        everything = len(hidden) == len(parts)
        assert everything or (len(hidden) >= 2 and sum(hidden) >= 15)


# ---- the chart of one home -------------------------------------------------------------


def weeks(values, state=HomeState.LIVED_IN, base=None):
    first = date(2026, 1, 5)
    return [
        HomeDay(first + timedelta(days=i), v, HomeState.UNKNOWN if v is None else state, base)
        for i, v in enumerate(values)
    ]


def columns(chart, height):
    """The plot as one string per day, from the bottom up."""
    lines = [line[8:] for line in chart.plain.split("\n")[:height]]
    return [
        "".join(line[i] if i < len(line) else " " for line in reversed(lines))
        for i in range(max(map(len, lines)))
    ]


def test_columns_are_as_high_as_the_energy_and_gaps_are_dots_not_zeros():
    chart = home_chart(weeks([8.0, 4.0, 0.0, None]), "en", width=13, height=4)
    full, half, zero, gap = columns(chart, 4)
    assert full == "████"
    assert half == "██  "
    assert zero == "▁   "
    assert gap == "·   "


def test_the_axis_names_the_highest_day_and_the_legend_what_is_there():
    text = home_chart(weeks([8.25, 4.0, None], base=1.5), "en").plain
    assert " 8.2 ┤" in text or " 8.3 ┤" in text
    for said in ("kWh a day", "lived in", "not read", "base load 1.5"):
        assert said in text
    assert "dark" not in text


def test_ticks_stand_under_mondays_with_their_dates():
    lines = home_chart(weeks([5.0] * 21), "en", width=60).plain.split("\n")
    ticks = next(line for line in lines if "╵" in line)
    assert [i for i, c in enumerate(ticks) if c == "╵"] == [8, 8 + 14, 8 + 28]
    dates = lines[lines.index(ticks) + 1]
    assert dates.split() == ["5", "Jan", "12", "Jan", "19", "Jan"]
    assert dates.index("12") == 8 + 14


@pytest.mark.parametrize("width", [20, 40, 80, 120])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_plot_never_runs_past_the_terminal(width, language):
    chart = home_chart(weeks([5.0, None, 0.2] * 40), language, width=width)
    plot = chart.plain.split("\n")[:9]
    assert max(cell_len(line.rstrip()) for line in plot) <= width


def test_plain_ascii_where_that_is_all_there_is():
    chart = home_chart(weeks([5.0, 0.0, None] * 5, HomeState.DARK, base=1.0), "en", ascii_only=True)
    assert chart.plain.isascii()


def test_a_home_never_read_says_so():
    assert home_chart(weeks([None, None]), "en").plain == "No day of this home has been read."
