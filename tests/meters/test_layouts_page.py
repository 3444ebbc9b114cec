"""The samples of docs/reference/layouts.md are read as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lamplit.meters.layouts import layouts
from lamplit.meters.layouts.base import Options
from lamplit.services.home import Home
from lamplit.services.ingest import ingest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "layouts.md"
SECTIONS = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.M | re.S)
SAMPLES = [
    (name, sample)
    for name, text in SECTIONS
    for sample in re.findall(r"```csv\n(.*?)```", text, re.S)
]


@pytest.mark.parametrize(("layout", "sample"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_the_sample_is_recognised_and_nothing_of_it_is_lost(
    layout: str, sample: str, tmp_path: Path
):
    home = Home.create(tmp_path / "home")
    file = tmp_path / "customer12.csv"
    file.write_text(sample, "utf-8")
    done = ingest(home, [file], Options(timezone=home.timezone))
    (result,) = done.files
    assert result.layout == layout
    rows = result.rows
    assert rows.read > 0
    assert rows.read == rows.kept + rows.corrected + rows.duplicate + rows.quarantined


@pytest.mark.parametrize("name", sorted(layouts()))
def test_a_layout_is_named_in_words_not_by_what_one_types(name: str):
    label = layouts()[name].label
    for said in (label.en, label.zh):
        assert not re.match(r"\w+ ?[:：]", said)
        assert said.strip() not in ("", name)


def test_every_layout_of_the_page_has_a_sample():
    assert {name for name, _ in SAMPLES} == {"long", "wide", "registers", "london", "ausgrid"}
