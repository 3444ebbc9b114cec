"""A home without people is backed up too: its lake, its nights, its settings."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import pyarrow as pa
import pytest
from night_worlds import LakeWriter, link, nights, reading, write_registry

from lamplit.services.backup import backup
from lamplit.services.home import Home
from lamplit.services.states import states_between

FIRST = date(2025, 3, 3)


@pytest.fixture
def home(tmp_path):
    made = Home.create(tmp_path / "home", "Europe/Berlin")
    write_registry(made, [link(f"M{i:02d}", f"H{i:02d}") for i in range(20)])
    days = {(f"M{i:02d}", FIRST + timedelta(d)): reading(4.0) for i in range(20) for d in range(20)}
    LakeWriter(made).put(days)
    nights(made)
    return made


def test_the_copy_says_the_same_of_every_home(home, tmp_path):
    made = backup(home, tmp_path / "copy")
    assert (made.store, made.problems) == (None, [])
    shutil.move(home.path, tmp_path / "gone")
    first, last = FIRST, FIRST + timedelta(19)
    there = pa.concat_tables(states_between(Home.open(tmp_path / "gone"), first, last))
    copied = pa.concat_tables(states_between(Home.open(tmp_path / "copy"), first, last))
    assert copied.equals(there)
    assert there.num_rows == 400


def test_damage_of_the_lake_is_told(home, tmp_path):
    (file,) = (home.lake_dir / "days").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-100])
    made = backup(home, tmp_path / "copy")
    assert [one.code for one in made.problems] == ["lake.file-damaged"]
