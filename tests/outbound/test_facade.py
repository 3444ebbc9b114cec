"""`lamplit facade`: the building as a front of windows (issue 2, item 6)."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime
from html.parser import HTMLParser
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import HomeEvent, HomeState
from lamplit.outbound.facade import Facade, Window, front_of, summary, window_text
from lamplit.outbound.facade_html import facade_html
from lamplit.outbound.facade_svg import facade_svg
from lamplit.outbound.markup import clean, day_text, fit, wrap
from lamplit.outbound.palette import BADGE, BADGE_INK, DUSK, FRAME, NIGHT, PANE, contrast, luminance
from lamplit.outbound.watermark import Watermark

AS_OF = date(2026, 2, 12)
SVG = "{http://www.w3.org/2000/svg}"
MARK = Watermark("li.wei", datetime(2026, 2, 12, 19, 30), "cold snap")


def window(door="501", floor=5, unit="2", state=HomeState.LIVED_IN, event=HomeEvent.NONE, **more):
    return Window(unit, floor, door, f"H{door}", state, event, **more)


def facade(*windows, name="Building 3", community="Lakeside"):
    return Facade("3", name, community, AS_OF, tuple(windows))


def parsed(building, language="en", **more):
    return etree.fromstring(facade_svg(building, language, MARK, **more).encode())


def windows_of(svg):
    return [g for g in svg.iter(f"{SVG}g") if g.get("class") == "win"]


def block(floors, units, doors):
    states = list(HomeState)
    return [
        window(f"{f}{d:02}", f, str(u), states[(f + u + d) % 5])
        for u in range(1, units + 1)
        for f in range(1, floors + 1)
        for d in range(1, doors + 1)
    ]


@pytest.mark.parametrize(
    ("floors", "units", "doors"), [(1, 1, 1), (6, 2, 2), (33, 3, 4), (60, 12, 4)]
)
def test_every_door_is_one_window_in_its_state(floors, units, doors):
    building = facade(*block(floors, units, doors))
    drawn = Counter(g.get("data-state") for g in windows_of(parsed(building)))
    assert drawn == Counter(w.state.word for w in building.windows)


def test_no_two_windows_overlap_and_all_lie_inside_the_picture():
    svg = parsed(facade(*block(7, 3, 3)))
    width, height = (float(part) for part in svg.get("viewBox").split()[2:])
    spots = [tuple(map(float, re.findall(r"[\d.]+", g.get("transform")))) for g in windows_of(svg)]
    for (x1, y1), (x2, y2) in combinations(spots, 2):
        assert abs(x1 - x2) >= 48 or abs(y1 - y2) >= 48
    assert all(0 < x < width - 40 and 0 < y < height - 40 for x, y in spots)


def test_higher_floors_stand_higher_and_doors_above_each_other_share_a_column():
    front = front_of(
        facade(window("501", 5), window("402", 4), window("401", 4), window("1001", 10))
    )
    place = {p.window.door: p for p in front.places}
    assert place["1001"].row < place["501"].row < place["401"].row
    assert place["1001"].column == place["501"].column == place["401"].column == 0
    assert place["402"].column == 1


def test_a_missing_door_leaves_its_gap_rather_than_shifting_its_neighbours():
    front = front_of(facade(*(window(d, int(d[0])) for d in ("201", "202", "203", "101", "103"))))
    column = {p.window.door: p.column for p in front.places}
    assert column["103"] == column["203"] == 2


def test_a_few_missing_floors_are_drawn_bare_and_many_become_one_break():
    few = front_of(facade(window("101", 1), window("501", 5)))
    assert [row.label for row in few.rows] == ["5", "4", "3", "2", "1"]
    many = front_of(facade(window("101", 1), window("6001", 60)))
    assert [row.kind for row in many.rows] == ["floor", "break", "floor"]


def test_basements_follow_the_ground_floor_without_a_floor_zero():
    front = front_of(facade(window("A", 1), window("A", -1)))
    assert [row.label for row in front.rows] == ["1", "B1"]


def test_doors_without_a_floor_get_rows_of_their_own_at_the_foot():
    shops = [window(f"shop {i}", None, "") for i in range(6)]
    front = front_of(facade(window("101", 1, ""), *shops))
    loose = [p for p in front.places if p.window.floor is None]
    assert len(loose) == 6
    assert all(front.rows[p.row].kind == "loose" for p in loose)
    assert len({(p.row, p.column) for p in front.places}) == 7


def test_two_households_behind_one_door_both_show():
    front = front_of(facade(window("501"), Window("2", 5, "501", "sublet", HomeState.DARK)))
    assert len({(p.unit, p.row, p.column) for p in front.places}) == 2


places = st.builds(
    Window,
    unit=st.sampled_from(["", "1", "2", "甲"]),
    floor=st.none() | st.integers(-2, 60),
    door=st.text(max_size=6),
    household_id=st.text(max_size=4),
    state=st.sampled_from(HomeState),
    event=st.sampled_from(HomeEvent),
    since=st.none() | st.dates(date(2020, 1, 1), AS_OF),
    probability=st.none() | st.floats(0, 1),
)


@settings(max_examples=60)
@given(st.lists(places, min_size=1, max_size=25), st.text(), st.sampled_from(["en", "zh"]))
def test_whatever_the_names_the_markup_parses_and_no_window_is_lost(windows, name, language):
    building = Facade(name, name, name, AS_OF, tuple(windows))
    front = front_of(building)
    assert len({(p.unit, p.row, p.column) for p in front.places}) == len(windows)
    assert len(windows_of(parsed(building, language))) == len(windows)
    facade_html(building, language, MARK)


def test_a_building_without_doors_is_refused_with_a_remedy():
    with pytest.raises(LamplitError) as caught:
        facade_svg(facade(), "en")
    assert caught.value.code == "outbound.no-windows"


def test_hostile_names_stay_text():
    name = '</title><script>alert(1)</script>"&\x00\u202e'
    building = facade(window(name), name=name, community=name)
    svg = parsed(building)
    assert not list(svg.iter(f"{SVG}script"))
    page = facade_html(building, "en", Watermark(name, MARK.when, name))
    assert page.count("<script>") == 1
    assert "\x00" not in page
    assert "\u202e" not in page


# ---- what is said in words ---------------------------------------------------------------


def test_each_window_says_where_what_and_since_when():
    one = window(
        "501",
        state=HomeState.DARK,
        event=HomeEvent.WENT_DARK,
        since=date(2026, 1, 22),
        probability=0.97,
    )
    assert window_text(facade(one), one, "en") == (
        "3-2-501: dark since 22 Jan; went dark; 97% likely empty"
    )
    assert window_text(facade(one), one, "zh") == "3-2-501：1月22日起零度；转暗；无人概率 97%"


def test_an_unread_home_says_no_more_than_that():
    one = window(state=HomeState.UNKNOWN, since=date(2026, 2, 1), probability=0.5)
    assert window_text(facade(one), one, "en") == "3-2-501: unknown"


def test_a_day_of_another_year_is_told_with_its_year():
    assert day_text(date(2025, 12, 30), "en", AS_OF) == "30 Dec 2025"
    assert day_text(date(2025, 12, 30), "zh", AS_OF) == "2025年12月30日"


def test_the_picture_has_a_name_a_description_and_a_text_for_each_window():
    building = facade(*block(3, 1, 2))
    svg = parsed(building)
    assert svg.get("role") == "img"
    named = {element.get("id"): element.text for element in svg if element.get("id")}
    assert set(svg.get("aria-labelledby").split()) <= set(named)
    assert named["facade-desc"] == summary(building, "en")
    texts = [g.find(f"{SVG}title").text for g in windows_of(svg)]
    assert len(set(texts)) == 6


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_legend_counts_each_state_and_the_events_that_occur(language):
    windows = [
        window(f"10{i}", 1, state=HomeState.DARK, event=HomeEvent.WENT_DARK) for i in range(3)
    ]
    svg = parsed(facade(*windows, window("104", 1, event=HomeEvent.RETURNED)), language)
    keys = ["".join(g.itertext()) for g in svg.iter(f"{SVG}g") if g.get("class") == "key"]
    dark, gone = ("零度", "转暗") if language == "zh" else ("dark", "went dark")
    assert f"3{dark}" in keys
    assert f"3{gone}" in keys
    assert len(keys) == 5 + 2


def test_the_watermark_says_who_when_and_for_what():
    svg = parsed(facade(window()))
    line = " ".join(t.text for t in svg.iter(f"{SVG}text") if "watermark" in t.get("class", ""))
    for part in ("li.wei", "2026-02-12 19:30", "cold snap", "do not pass on"):
        assert part in line
    assert "li.wei" in facade_html(facade(window()), "zh", MARK)


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


def test_the_page_has_focusable_windows_a_table_and_asks_nobody_for_anything():
    building = facade(*block(4, 2, 2))
    text = facade_html(building, "en", MARK)
    page = Page(text)
    windows = [a for tag, a in page.tags if tag == "g" and a.get("class") == "win"]
    assert len(windows) == 16
    assert all(a["tabindex"] == "0" and a["role"] == "img" and a["aria-label"] for a in windows)
    assert sum(tag == "th" and a.get("scope") == "row" for tag, a in page.tags) == 16
    # Focusable children inside role=img would be hidden from assistive technology.
    assert next(a for tag, a in page.tags if tag == "svg")["role"] == "group"
    assert not [a for _, a in page.tags if a.get("src")]
    links = {a["href"] for _, a in page.tags if a.get("href")}
    assert all(link.startswith("#") for link in links)
    for rule in (
        "prefers-reduced-motion",
        "prefers-color-scheme",
        "@media print",
        "width=device-width",
    ):
        assert rule in text


def test_every_drawing_that_is_used_is_there_once():
    events = [window(f"20{e.value}", 2, event=e) for e in HomeEvent]
    for svg in (parsed(facade(*block(3, 2, 2), *events)), parsed(facade(window()), embedded=True)):
        ids = Counter(e.get("id") for e in svg.iter() if e.get("id"))
        assert max(ids.values()) == 1
        used = {e.get("href")[1:] for e in svg.iter(f"{SVG}use")}
        used |= set(re.findall(r"url\(#([\w-]+)\)", etree.tostring(svg).decode()))
        assert used <= set(ids)


# ---- legible without colour, and in both schemes -----------------------------------------


@pytest.mark.parametrize("scheme", [NIGHT, DUSK])
def test_text_can_be_read_in_both_schemes(scheme):
    for ink in (scheme.ink, scheme.ink_soft):
        assert contrast(ink, scheme.sky[0]) >= 4.5
    for wall in (scheme.wall_top, scheme.wall_foot, scheme.plinth):
        assert contrast(scheme.wall_ink, wall) >= 4.5
    for ink in (scheme.panel_ink, scheme.panel_soft):
        assert contrast(ink, scheme.panel) >= 4.5


@pytest.mark.parametrize("scheme", [NIGHT, DUSK])
def test_each_window_stands_out_from_the_wall_by_pane_or_by_frame(scheme):
    for state in HomeState:
        best = max(contrast(PANE[state], scheme.wall_top), contrast(FRAME[state], scheme.wall_top))
        assert best >= 3, state


def test_brightness_falls_from_lived_in_to_dark_so_that_grey_print_keeps_the_order():
    order = (HomeState.LIVED_IN, HomeState.LOW, HomeState.MICRO, HomeState.DARK)
    light = [luminance(PANE[state]) for state in order]
    assert light == sorted(light, reverse=True)
    assert contrast(PANE[HomeState.LIVED_IN], PANE[HomeState.DARK]) > 10


def test_each_state_and_event_has_a_shape_of_its_own_not_only_a_colour():
    svg = parsed(facade(window()))
    shapes = {}
    for group in svg.iter(f"{SVG}g"):
        name = group.get("id") or ""
        if name.startswith(("w-", "b-")):
            shapes[name] = tuple(
                re.sub(
                    "#[0-9a-f]{6}",
                    "",
                    str(
                        sorted(
                            (
                                e.tag,
                                e.get("d"),
                                e.get("r"),
                                e.get("fill") if "url" in e.get("fill", "") else "",
                                e.get("class") or "",
                            )
                            for e in group
                        )
                    ),
                ).split()
            )
    assert len(shapes) == 8 + 4
    assert len(set(shapes.values())) == len(shapes)


def test_badges_can_be_told_from_what_is_written_in_them():
    for colour in BADGE.values():
        assert contrast(colour, BADGE_INK) >= 4.5


def test_luminance_and_contrast_of_black_and_white():
    assert luminance("#000000") == 0
    assert luminance("#ffffff") == pytest.approx(1)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)


# ---- text that must fit --------------------------------------------------------------------


@given(st.text(max_size=80), st.integers(30, 300))
def test_text_is_cut_to_its_room(text, room):
    assert len(fit(text, 12, room)) <= max(len(clean(text)), 1)
    assert len(wrap(text, 12, room, lines=3)) <= 3


def test_chinese_breaks_anywhere_and_english_at_spaces():
    assert wrap("东湖社区东湖社区", 10, 45) == ["东湖社区", "东湖社区"]
    assert wrap("Lakeside Community", 10, 60) == ["Lakeside", "Community"]
