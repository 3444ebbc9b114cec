"""A night in shards: the same states however the homes are cut, and none is worked twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from night_worlds import LakeWriter, assert_same, link, nights, outcome, reading, write_registry

from lamplit.services.home import Home
from lamplit.services.night import advance, shards
from lamplit.services.night.ledger import NAME, unfinished
from lamplit.services.night.shards import cut, room, shard_homes
from lamplit.services.night.snapshots import read_manifest
from lamplit.signals.context import GroupSums, peer_sums, silence_sums
from lamplit.signals.panel import Panel

FIRST = date(2025, 3, 3)
HOMES, SHARD = 120, 4

RUN = """
import sys
from lamplit.services.home import Home
from lamplit.services.night import advance, shards
shards.SHARD_HOMES = int(sys.argv[2])
advance.run_nights(Home.open(sys.argv[1]))
"""


FULL = """
import resource, sys
from lamplit.domain.errors import LamplitError
from lamplit.services.home import Home
from lamplit.services.night import advance, ledger, shards
shards.SHARD_HOMES = 40
add = ledger.Ledger.add
def and_then_full(self, shard, names):
    add(self, shard, names)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))
ledger.Ledger.add = and_then_full
try:
    advance.run_nights(Home.open(sys.argv[1]))
except LamplitError as fault:
    sys.exit(f"{fault.code} {fault.where}: {fault.says('en')}")
"""
"""A night whose disk has room for the first shard, and for a half of the second one's file."""


def rows(days):
    """So many days of everybody's readings."""
    rng = np.random.default_rng(2)
    return {(f"M{i:04d}", FIRST + timedelta(d)): reading(float(5 * rng.lognormal(0, 0.3)))
            for i in range(HOMES) for d in range(days)}  # fmt: skip


def town(folder, days=3, without=None):
    """Neighbours under a few collectors and communities, and their writer; no night yet."""
    home = Home.create(folder)
    write_registry(
        home,
        [link(f"M{i:04d}", f"H{i:04d}", community_id=f"C{i % 5}", collector_id=f"K{i % 11}")
         for i in range(HOMES)],
    )  # fmt: skip
    writer = LakeWriter(home)
    writer.put({key: row for key, row in rows(days).items() if key[1] != without})
    return home, writer


def done(home):
    """How many shards of a night that was cut off are done."""
    try:
        return len(json.loads((home.state_dir / NAME).read_text())["shards"])
    except FileNotFoundError:
        return 0


def test_killed_at_ten_moments_a_night_goes_on_where_it_stopped(tmp_path):
    told, _ = town(tmp_path / "told")
    nights(told)
    home, _ = town(tmp_path / "home")
    rng = random.Random(3)
    seen = set()
    for kill in range(10):
        before = done(home)
        command = [sys.executable, "-c", RUN, str(home.path), str(SHARD)]
        process = subprocess.Popen(command)
        while process.poll() is None and done(home) < before + kill % 3:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.wait()
        # What was done stays done, whatever the moment.
        assert read_manifest(home.state_dir).through or done(home) >= before
        seen.add(done(home))
    assert len(seen - {0}) > 1  # it was midway
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD_HOMES", SHARD)
        nights(home)
    assert_same(outcome(home), outcome(told))
    assert unfinished(home.state_dir) == set()
    left = {f.name for f in home.state_dir.glob("*.parquet")}
    assert left == read_manifest(home.state_dir).named()


def test_a_disk_that_fills_in_a_shard_is_told_and_once_there_is_room_the_night_goes_on(
    tmp_path, monkeypatch
):
    told, _ = town(tmp_path / "told")
    nights(told)
    home, _ = town(tmp_path / "home")
    command = [sys.executable, "-c", FULL, str(home.path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"home.disk-full {home.state_dir}")
    assert "Traceback" not in ended.stderr
    assert done(home) == 1 and not read_manifest(home.state_dir).through
    monkeypatch.setattr(shards, "SHARD_HOMES", 40)
    worked, fold = [], advance.run_fold
    monkeypatch.setattr(advance, "run_fold", lambda *a, **k: worked.append(1) or fold(*a, **k))
    nights(home)
    assert len(worked) == 2  # the first shard was not lost
    assert_same(outcome(home), outcome(told))
    left = {f.name for f in home.state_dir.glob("*.parquet")}
    assert left == read_manifest(home.state_dir).named()


@pytest.fixture
def cut_off(tmp_path, monkeypatch):
    """A home whose night was stopped before its third shard, and a count of shards worked since."""
    home, writer = town(tmp_path / "home")
    monkeypatch.setattr(shards, "SHARD_HOMES", 40)
    worked, fold = [], advance.run_fold

    def counted(*given, **more):
        if len(worked) == 2 and not unfinished_then:
            unfinished_then.append(1)
            raise KeyboardInterrupt
        worked.append(1)
        return fold(*given, **more)

    unfinished_then: list[int] = []
    monkeypatch.setattr(advance, "run_fold", counted)
    with pytest.raises(KeyboardInterrupt):
        nights(home)
    worked.clear()
    return home, writer, worked


def test_only_the_shards_that_were_not_done_are_worked(cut_off):
    home, _, worked = cut_off
    assert done(home) == 2
    nights(home)
    assert len(worked) == 1


def test_shards_of_other_readings_or_of_another_cut_count_for_nothing(cut_off, monkeypatch):
    home, writer, worked = cut_off
    writer.put({("M0001", FIRST): reading(0.1)})
    nights(home, FIRST)
    assert len(worked) == 3
    worked.clear()
    monkeypatch.setattr(shards, "SHARD_HOMES", 30)
    nights(home)
    assert len(worked) == 4


def test_afresh_works_every_shard(cut_off):
    home, _, worked = cut_off
    nights(home, afresh=True)
    assert len(worked) == 3


def test_a_month_late_the_whole_city_is_worked_again_in_shards(tmp_path, monkeypatch):
    told, _ = town(tmp_path / "told", 40)
    nights(told)
    late = FIRST + timedelta(5)
    home, writer = town(tmp_path / "home", 40, late)
    monkeypatch.setattr(shards, "SHARD_HOMES", 33)
    nights(home)
    writer.put({k: row for k, row in rows(40).items() if k[1] == late})
    assert nights(home).reworked_homes == HOMES
    assert_same(outcome(home), outcome(told))


# --- how homes are cut ------------------------------------------------------------------------


@given(st.integers(0, 500), st.integers(1, 90))
def test_every_home_is_in_one_shard(homes, size):
    rows = [row for shard in cut(homes, size) for row in range(shard.start, shard.stop)]
    assert rows == list(range(homes))


def test_less_memory_makes_smaller_shards_and_none_makes_the_smallest(tmp_path):
    home = Home.create(tmp_path / "home")
    file = home.path / "lamplit.toml"
    text = file.read_text("utf-8")
    sizes = []
    for limit in ("12GB", "6GB", "3GB", "200MB"):
        file.write_text(text.replace('memory_limit = ""', f'memory_limit = "{limit}"'), "utf-8")
        free = room(Home.open(home.path), 5_000_000)
        sizes.append(shard_homes(free, 18, 49, 1))
        assert sizes[-1] * (18 * 8 + 49 * 4 * 5) <= free or sizes[-1] == shards.FEWEST_HOMES
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[1] > sizes[-1] == shards.FEWEST_HOMES


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_the_groups_sums_are_the_same_to_the_bit_in_whatever_parts(seed, size):
    rng = np.random.default_rng(seed)
    homes, groups = 60, 4
    number = rng.integers(-1, groups, homes)
    kwh = rng.lognormal(1.5, 1, (2, homes)).astype(np.float32)
    kwh[rng.random((2, homes)) < 0.2] = 0
    features = {"kwh": kwh, "quality": rng.integers(0, 2, (2, homes)).astype(np.float32)}
    solar = (rng.random(homes) < 0.1).astype(float)
    order = rng.permutation(homes)
    for sums in (peer_sums, silence_sums):

        def part(rows, sums=sums):
            panel = Panel(len(rows), 0, 2, {n: v[:, rows] for n, v in features.items()},
                          static={"solar": solar[rows]})  # fmt: skip
            return sums(panel, number[rows], groups)

        whole = part(np.arange(homes))
        added = GroupSums(np.zeros((2, groups)), np.zeros((2, groups)))
        for shard in cut(homes, size):
            added += part(order[shard])
        np.testing.assert_array_equal(added.count, whole.count)
        np.testing.assert_array_equal(added.total, whole.total)
