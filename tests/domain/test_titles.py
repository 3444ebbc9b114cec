"""A problem's title is a sentence; what a file or a person wrote is left as it was written."""

from __future__ import annotations

from pathlib import Path

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


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        (
            "/srv/lamplit/incoming/7f3/my readings.csv, row 3",
            "my readings.csv, row 3: it is broken.",
        ),
        ("home/lake/month=2026-03/a.parquet", "a.parquet: it is broken."),
        ("readings.csv, line 4, column kwh", "readings.csv, line 4, column kwh: it is broken."),
        ("/srv/lamplit", "It is broken."),
        ("/srv/lamplit/truth, row 3", "row 3: it is broken."),
        ("postgresql+psycopg://lamplit:***@db.example/lamplit", "It is broken."),
        ("sqlite:////srv/lamplit/store/lamplit.db", "lamplit.db: it is broken."),
    ],
)
def test_a_page_is_told_a_files_name_and_no_folder_of_the_server(where, shown):
    assert title("it is broken.", where) == shown


def test_the_command_line_is_told_the_whole_path():
    met = LamplitError(
        Problem("test.problem", Text("it is broken.", "已损坏。"), REMEDY), where="/srv/a.csv"
    )
    assert met.describe("en") == "[test.problem] /srv/a.csv: it is broken. Look again."


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (Path("/srv/lamplit/store"), "store"),
        (OSError(28, "No space left on device", "/srv/lamplit/lake/a.parquet"),
         "[Errno 28] No space left on device: 'a.parquet'"),
        ("IO Error: /srv/lamplit/lake/a.parquet is cut off", "IO Error: a.parquet is cut off"),
        ("12/03/2026", "12/03/2026"),
        ("https://meters.example/a/b", "https://meters.example/a/b"),
        (7, "7"),
    ],
)  # fmt: skip
def test_no_folder_of_the_server_stands_in_what_a_page_is_told_of_a_reason(field, shown):
    problem = Problem(
        "test.problem",
        Text("it failed: {field}", "失败：{field}"),
        Text("Try {field}.", "重试 {field}。"),
    )
    met = LamplitError(problem, field=field)
    assert met.kept() == {
        "code": "test.problem",
        "says": {"en": f"It failed: {shown}", "zh": f"失败：{shown}"},
        "remedy": {"en": f"Try {shown}.", "zh": f"重试 {shown}。"},
    }
    assert str(field) in met.says("en")
