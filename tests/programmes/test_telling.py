"""A pack is told the same to a screen and on the command line."""

from __future__ import annotations

import pytest

from lamplit.programmes.load import catalogue
from lamplit.programmes.telling import plain, told

PACKS = catalogue()


@pytest.mark.parametrize("name", PACKS)
def test_each_follow_up_names_findings_of_its_pack(name: str) -> None:
    found = plain(PACKS[name])
    codes = {one["code"] for one in found["findings"]}
    assert found["follow_ups"]
    for task in found["follow_ups"]:
        assert set(task["findings"]) <= codes
    assert any(task["findings"] for task in found["follow_ups"])


def test_a_task_is_due_in_words_that_fit_their_numbers() -> None:
    said = {one["every"]: one["text"] for pack in PACKS.values() for one in plain(pack)["cadence"]}
    assert said["signal"]["en"].startswith("after routine broken or went dark, within 4 hours")
    assert said["signal"]["zh"].startswith("作息异常或转暗后 4 小时内")
    supplies = [one["text"]["en"] for one in plain(PACKS["supplies"])["cadence"]]
    assert supplies[1] == "daily, between 07:00 and 21:00; at most 1 try"
    assert supplies[2].startswith("weekly, within 1 day, ")
    assert supplies[1] in told(PACKS["supplies"], "en")
