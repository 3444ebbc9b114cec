"""Night by night, late and in any order, comes to the same as from scratch: random small towns."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from night_worlds import (
    Key,
    LakeWriter,
    Row,
    World,
    assert_same,
    changed_registry,
    nights,
    outcome,
    random_world,
    write_registry,
    wrong_reading,
)

from lamplit.services.home import Home
from lamplit.services.night import snapshots


def live_and_compare(folder: Path, seed: int) -> None:
    """Live through a random town as it comes, and compare with its end told all at once."""
    rng = np.random.default_rng(seed)
    world = random_world(
        seed,
        homes=int(rng.integers(10, 61)),
        communities=int(rng.integers(1, 4)),
        days=int(rng.integers(12, 81)),
        shaped=bool(rng.random() < 0.5),
    )
    kept = snapshots.KEEP_NIGHTS, snapshots.KEEP_MONTHS
    if rng.random() < 0.5:  # few snapshots: reworks that find none to start from
        snapshots.KEEP_NIGHTS, snapshots.KEEP_MONTHS = int(rng.integers(1, 5)), 1
    try:
        lived = _live(folder / "lived", world, rng)
        told = Home.create(folder / "told")
        write_registry(told, world.links)
        LakeWriter(told).put(world.truth)
        nights(told, world.last)
        assert_same(outcome(lived), outcome(told))
    finally:
        snapshots.KEEP_NIGHTS, snapshots.KEEP_MONTHS = kept


def _live(folder: Path, world: World, rng: np.random.Generator) -> Home:
    """Deliveries, nights and registry changes as they may come."""
    home = Home.create(folder)
    writer = LakeWriter(home)
    if rng.random() < 0.8:
        write_registry(home, world.links)
    pending = set(world.truth)
    wrong: set[Key] = set()
    day = -1
    while day < world.days - 1:
        day = min(world.days - 1, day + int(rng.choice([1, 1, 1, 2, 7, 20])))
        due = sorted(k for k in pending if (k[1] - world.first).days <= day + rng.integers(0, 2))
        taken = {k for k in due if rng.random() < 0.9}
        batch: dict[Key, Row] = {}
        for key in sorted(taken):
            if rng.random() < 0.05:
                batch[key] = wrong_reading(rng, world.truth[key])
                wrong.add(key)
            else:
                batch[key] = world.truth[key]
        pending -= taken
        mended = {k for k in sorted(wrong - taken) if rng.random() < 0.15}
        batch |= {k: world.truth[k] for k in mended}
        wrong -= mended
        if batch:
            writer.put(batch)
        if rng.random() < 0.15:
            world.links = changed_registry(rng, world)
            write_registry(home, world.links)
        if writer.rows and rng.random() < 0.85:
            reach = world.first + timedelta(day)
            if reach >= min(k[1] for k in writer.rows):
                nights(home, reach)
    writer.put({k: world.truth[k] for k in pending | wrong})
    write_registry(home, world.links)
    nights(home, world.last)
    return home


@given(st.integers(0, 10**6))
@settings(
    max_examples=10, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_night_by_night_is_the_same_as_from_scratch(tmp_path_factory, seed):
    live_and_compare(tmp_path_factory.mktemp("town"), seed)
