"""docs/reference/town.md says what the town does."""

import re
from pathlib import Path

from lamplit.town.classes import CLASSES
from lamplit.town.confounders import CONFOUNDERS
from lamplit.town.presets import PRESETS

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/town.md").read_text("utf-8")


def rows_of(heading: str) -> dict[str, list[str]]:
    """The cells of the first table under a heading that has a 中文 column, by first cell."""
    section = PAGE.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    cells = [
        [c.strip() for c in line.strip("|").split("|")]
        for line in section.splitlines()
        if re.match(r"\| [a-z_]+ \|", line)
    ]
    return {row[0]: row[1:] for row in cells if len(row) >= 5}


def test_every_class_is_described_with_its_share():
    rows = rows_of("Classes")
    rows.pop("code", None)
    rows.pop("left", None)
    for kind in CLASSES:
        name, share, standby, *_ = rows.pop(kind.code)
        assert name == kind.text.zh
        assert share == f"{kind.share:.0%}"
        assert standby == f"{kind.standby_w:g}"
    assert set(rows) == set()


def test_every_confounder_is_described_with_its_share():
    rows = rows_of("Confounders")
    rows.pop("code", None)
    for one in CONFOUNDERS:
        name, what, share, per, fault = rows.pop(one.code)
        assert name == one.text.zh
        assert len(what) > 10
        assert share == f"{one.share * 100:g} %"
        assert (per, fault) == (one.per, "yes" if one.fault else "")
    assert set(rows) == set()


def test_every_preset_is_described():
    rows = rows_of("Presets")
    rows.pop("name", None)
    for preset in PRESETS.values():
        name, start, rate, leave, _ = rows.pop(preset.name)
        assert (name, start) == (preset.text.zh, str(preset.start))
        assert (rate, leave) == (f"{preset.rate:g}", f"{preset.leave_share:.0%}")
    assert set(rows) == set()
