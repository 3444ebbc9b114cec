"""A problem's title is a sentence; what a file or a person wrote is left as it was written."""

from __future__ import annotations

import pytest

from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.language import Text
from lamplit.domain.problems import catalogue

REMEDY = Text("Look again.", "请再看。")


def title(says: str, where: str = "", **fields: object) -> str:
    problem = Problem("test.problem", Text(says, "测试。"), REMEDY)
    return LamplitError(problem, where=where, **fields).title("en")


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        ("there is nothing here.", "There is nothing here."),
        ("unpacked, it is too large.", "Unpacked, it is too large."),
        ("valid_to is before valid_from.", "valid_to is before valid_from."),
        ("{name} is no layout.", "nem12 is no layout."),
        ("`{name}` is no layout.", "`nem12` is no layout."),
    ],
)
def test_a_title_begins_with_a_capital_unless_somebody_elses_word_stands_first(says, shown):
    assert title(says, name="nem12") == shown


def test_a_file_and_its_row_keep_their_own_letters():
    shown = title("this is no number.", "readings.csv, row 3")
    assert shown == "readings.csv, row 3: this is no number."


def test_every_problem_of_the_catalogue_that_begins_with_a_word_gets_its_capital():
    plain = [one for one in catalogue().values() if one.says.en[:1].islower()]
    plain = [one for one in plain if "{" not in one.says.en]
    assert len(plain) > 50
    for one in plain:
        shown = LamplitError(one)
        assert shown.title("en")[0].isupper(), one.code
        assert shown.says("en")[0].islower()
        assert shown.title("zh") == shown.says("zh")
