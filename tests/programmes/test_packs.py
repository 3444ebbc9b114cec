"""The shipped packs: sound, bilingual, valid for phones, and true to their scenarios."""

from __future__ import annotations

import pytest

from lamplit.programmes.load import SHIPPED, examine, folders, load
from lamplit.programmes.scenarios import run, scenario_files

NAMES = sorted(folders())
SCENARIOS = [(name, path.name) for name in NAMES for path in scenario_files(load(SHIPPED / name))]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_pack_has_nothing_to_complain_of(name):
    examined = examine(SHIPPED / name)
    assert [str(complaint) for complaint in examined.complaints] == []


@pytest.mark.parametrize(("name", "scenario"), SCENARIOS)
def test_a_shipped_pack_does_what_its_scenario_says(name, scenario):
    failures = run(load(SHIPPED / name), SHIPPED / name / "scenarios" / scenario)
    assert [str(failure) for failure in failures] == []
