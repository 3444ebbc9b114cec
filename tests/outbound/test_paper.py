"""Printed pages: every door once, in order, in type that comes along."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.language import Text
from lamplit.outbound import paper, walk_list, wall_chart
from lamplit.outbound.walk_list import WalkDoor, WalkList, walk_list_pdf
from lamplit.outbound.wall_chart import ChartBuilding, WallChart, wall_chart_pdf
from lamplit.outbound.watermark import LINE, PURPOSE, Watermark
from lamplit.programmes.load import catalogue

MARK = Watermark("P-0817", datetime(2020, 2, 10, 8, 5), "寒潮住户摸排")
NAME, PLACE = Text("Household sweep", "住户摸排"), Text("Wutongli Community", "梧桐里社区")


def doors(sizes: list[int]) -> list[WalkDoor]:
    return [
        WalkDoor(f"{building}号楼", f"G{building}", "1", "3", f"30{at}", f"M{building}-{at}")
        for building, homes in enumerate(sizes)
        for at in range(homes)
    ]


def pages_of(pdf: bytes) -> int:
    assert pdf.startswith(b"%PDF-")
    return len(re.findall(rb"/Type /Page\b", pdf))


@settings(max_examples=40)
@given(st.lists(st.integers(1, 60), max_size=8))
def test_each_door_stands_on_one_page_and_every_page_has_room(sizes):
    room = 220.0
    pages = list(walk_list._pages(doors(sizes), room))
    numbers = [n for page in pages for block in page for n, _ in block[2]]
    assert numbers == list(range(1, sum(sizes) + 1))
    for page in pages:
        high = sum(
            walk_list.BLOCK + walk_list.LABELS + walk_list.ROW * len(block[2]) for block in page
        )
        assert 0 < high <= room


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_walk_list_is_a_document_with_its_font_in_it(language):
    until = datetime(2020, 2, 13, 23, 59)
    pdf = walk_list_pdf(WalkList(NAME, PLACE, "李雷", until, doors([30, 12]), MARK), language)
    assert pages_of(pdf) == 3
    assert b"NotoSansSC" in pdf
    assert len(pdf) < 400_000


def test_a_list_of_no_doors_is_one_page_that_says_so():
    pdf = walk_list_pdf(WalkList(NAME, PLACE, "李雷", None, [], MARK), "zh")
    assert pages_of(pdf) == 1


@pytest.mark.parametrize("size", ["a3-landscape", "a4-landscape"])
def test_a_wall_chart_takes_as_many_sheets_as_its_buildings(size):
    tower = {floor: [True, False] for floor in range(1, 34)}
    few = [ChartBuilding("1号楼", {1: [False] * 10, None: [True]}), ChartBuilding("2号楼", tower)]
    chart = WallChart(NAME, PLACE, None, "G-1", few, MARK)
    assert pages_of(wall_chart_pdf(chart, "zh", size)) == 1
    many = WallChart(NAME, PLACE, None, None, few * 20, MARK)
    assert pages_of(wall_chart_pdf(many, "en", size)) > 2


def test_every_text_of_the_house_can_be_set_in_the_font_that_comes_along():
    texts = [
        value.say(language)
        for module in (walk_list, wall_chart)
        for value in vars(module).values()
        if isinstance(value, Text)
        for language in ("en", "zh")
    ]
    texts += [text.zh for text in (LINE, PURPOSE, *walk_list.OUTCOMES)]
    texts += [pack.title.zh for pack in catalogue().values()]
    assert {font for text in texts for font, _ in paper._runs(text)} == {paper.FONT}


def test_a_character_that_the_font_lacks_is_left_to_the_viewers_own():
    assert list(paper._runs("李龘𠮷A")) == [
        (paper.FONT, "李"), (paper.FALLBACK, "龘"), (paper.FONT, "〓A"),
    ]  # fmt: skip


@given(st.text(alphabet="ab 中文电表，", max_size=60), st.floats(20, 80))
def test_wrapped_lines_fit_and_lose_nothing(text, room):
    lines = paper.wrapped(text, 8, room)
    assert all(paper.width_of(line, 8) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
