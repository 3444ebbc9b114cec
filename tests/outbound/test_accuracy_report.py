"""The accuracy report and its diagrams (issue 2, item 9)."""

from __future__ import annotations

import io
import re
from datetime import date
from itertools import pairwise

import pytest
from lxml import etree
from rich.cells import cell_len
from rich.console import Console

from lamplit.domain.accuracy import (
    AtK,
    Bin,
    Check,
    Confusion,
    Delay,
    FlagScore,
    Group,
    Measure,
    Reliability,
    Scope,
    Score,
)
from lamplit.domain.intervals import Interval, wilson
from lamplit.domain.words import HomeState
from lamplit.outbound.accuracy_report import (
    score_html,
    score_markdown,
    score_terminal,
    sections,
    span,
)
from lamplit.outbound.reliability import reliability_svg
from lamplit.outbound.spells import HomeSpells, Spell, spell_sheet, spell_svg

SVG = "{http://www.w3.org/2000/svg}"


def share(hits, of):
    return Measure(hits / of, of, wilson(hits, of), Interval(0.7, 0.99, "bootstrap-by-home"))


def flags(kind="state"):
    none = Measure(None, 0)
    return FlagScore(
        flag=kind,
        confusion=Confusion(90, 10, 30, 870),
        precision=share(90, 100),
        recall=share(90, 120),
        recall_known=share(90, 100),
        f1=Measure(0.818, 1000, Interval(0.75, 0.88, "bootstrap-by-home")),
        mcc=Measure(0.799, 1000),
        false_alarms=3,
        lived_in_days=880,
        false_alarms_per_home_month=Measure(0.1023, 29.3),
        delay=Delay(12, 10, 1, Measure(2, 9), none, 3, share(2, 12)),
    )


def bins():
    made = [Bin(k / 10, (k + 1) / 10, 0, None, None, None) for k in range(10)]
    made[0] = Bin(0.0, 0.1, 800, 0.02, 0.01, wilson(8, 800))
    made[9] = Bin(0.9, 1.0, 100, 0.96, 0.93, wilson(93, 100))
    return tuple(made)


def report(**changes):
    values = {
        "scope": Scope(20, 1000, 120, "2026-01-01", "2026-02-19", "2026-02-19", 5, 7, 0, False),
        "by_state": flags(),
        "by_probability": flags("probability"),
        "differing_days": 4,
        "unknown": share(30, 1000),
        "at_k": (AtK(20, 4.0, 0, share(4, 20), Measure(5.0, 20), 0.2),),
        "list_tonight": AtK(5, 4.0, 0, share(4, 5), Measure(1.25, 5), 0.8),
        "reliability": (
            Reliability("empty_spell", 900, Measure(0.01, 900), Measure(0.02, 900), bins()),
        ),
        "missing_as_dark": Check(0, 40, 0, "truth column 'missing'"),
        "frugal_called_empty": Check(3, 60, 1, "home_class frugal_elder"),
        "groups": (Group("home_class", "a|b <family>", 12, 600, share(3, 600), flags()),),
    }
    return Score(**values | changes)


def printed(score, width, language="en", baselines=None):
    stream = io.StringIO()
    Console(file=stream, width=width).print(score_terminal(score, language, baselines))
    return stream.getvalue()


def test_every_figure_that_was_asked_for_is_in_the_report():
    text = printed(report(), 120)
    for said in (
        "Precision", "Recall", "F1", "MCC", "False alarms per lived-in home-month",
        "Days unknown", "median", "p90", "Spells never found", "Knocks per find",
        "By home class", "Reliability", "ECE", "Brier", "First 20", "All 5 flagged",
        "0.900", "0.826–0.945 W",
    ):  # fmt: skip
        assert said in text, said


def test_what_must_never_happen_is_told_apart_from_what_cannot_be_told():
    text = printed(report(missing_as_dark=Check(0, None, 0, "nothing tells")), 120)
    assert re.search(r"Missing days counted as dark +cannot be told", text)
    assert re.search(r"Frugal elders called empty +FAILED +3 +60", text)


def test_the_report_says_when_state_and_probability_differ():
    assert "disagree on 4 home-days" in printed(report(), 120)
    assert "flag the same days" in printed(report(differing_days=0), 120)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 120])
def test_the_report_fits_its_terminal(width, language):
    text = printed(report(), width, language, {"kWh < 0.7": report()})
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "a|b <family>" in text


def test_baselines_stand_beside_the_main_figures_in_every_dress():
    beside = {"kWh < 0.7": report(by_state=flags())}
    assert "kWh < 0.7" in printed(report(), 120, "en", beside)
    assert "kWh < 0.7" in score_markdown(report(), "en", beside)
    assert "kWh &lt; 0.7" in score_html(report(), "en", beside)


def test_markdown_tables_are_whole_whatever_the_labels():
    lines = score_markdown(report(), "en").splitlines()
    assert any(r"a\|b <family>" in line for line in lines)
    for before, line in pairwise(lines):
        if line.startswith("|") and before.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", before))


def test_the_page_parses_and_escapes_labels():
    page = score_html(report(), "zh")
    tree = etree.HTML(page)
    assert len(tree.findall(".//table")) == len(sections(report(), "zh"))
    assert "<family>" not in page
    assert tree.find(".//svg") is not None


def test_an_interval_says_how_it_was_made():
    assert span(wilson(9, 10)).endswith(" W")
    assert span(Interval(1.0, float("inf"), "wilson"), 2) == "1.00–∞ W"
    assert span(None) == ""


# ---- pictures ------------------------------------------------------------------------------


def test_the_reliability_diagram_has_a_point_and_an_interval_for_each_filled_bin():
    svg = etree.fromstring(reliability_svg(report().reliability[0], "en").encode())
    points = [e for e in svg.iter(f"{SVG}circle") if e.get("class") == "point"]
    assert len(points) == 2
    assert len([e for e in svg.iter(f"{SVG}path") if e.get("class") == "interval"]) == 2
    assert float(points[0].get("cy")) > float(points[1].get("cy"))
    assert "said 0.96 were so" in svg.find(f"{SVG}desc").text


def test_a_diagram_of_nothing_still_draws():
    empty = tuple(Bin(k / 10, (k + 1) / 10, 0, None, None, None) for k in range(10))
    svg = reliability_svg(
        Reliability("nobody_home", 0, Measure(None, 0), Measure(None, 0), empty), "zh"
    )
    assert "没有带概率的日子" in etree.fromstring(svg.encode()).find(f"{SVG}desc").text


def home(name="MAC000037", kwh=(5.0, 0.0, None, 0.2, 6.0)):
    spell = Spell(date(2013, 8, 19), date(2013, 8, 21), HomeState.MICRO, 0.97)
    return HomeSpells(name, date(2013, 8, 18), kwh, (spell,))


def test_a_spell_picture_shows_days_gaps_and_the_spell_where_it_lies():
    svg = etree.fromstring(spell_svg(home(), "en").encode())
    days = [e for e in svg.iter(f"{SVG}rect") if e.get("class") == "day"]
    gaps = [e for e in svg.iter(f"{SVG}path") if e.get("class") == "gap"]
    (band,) = [e for e in svg.iter(f"{SVG}rect") if e.get("class") == "spell"]
    assert (len(days), len(gaps)) == (4, 1)
    left, right = float(band.get("x")), float(band.get("x")) + float(band.get("width"))
    inside = [d for d in days if left <= float(d.get("x")) < right]
    assert len(inside) == 2
    assert "micro 19 Aug to 21 Aug 2013, 3 days, 97% likely empty" in svg.find(f"{SVG}desc").text


def test_a_sheet_holds_every_home_and_survives_hostile_names():
    names = ["<b>&\x00", *(f"H{i}" for i in range(19))]
    svg = etree.fromstring(spell_sheet([home(name) for name in names], "zh").encode())
    assert len([e for e in svg.iter(f"{SVG}g") if e.get("class") == "home"]) == 20


def test_a_home_without_any_reading_can_be_drawn():
    etree.fromstring(spell_svg(home(kwh=(None, None)), "en").encode())
