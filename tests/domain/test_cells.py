"""Text stays text in a spreadsheet, and comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplit.domain.cells import as_it_was, inert


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert inert(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "M1", "3.5", "'s-Hertogenbosch", "a=b", "张三"])
def test_what_it_would_not_run_is_left_alone(text):
    assert inert(text) == text == as_it_was(text)


@given(st.text(alphabet="'=+-@\t\r\na1＝") | st.text())
def test_a_cell_comes_back_as_it_was_whatever_it_held(text):
    assert as_it_was(inert(text)) == text
