"""What meters count and what their line spoils: energy is kept, labels tell the truth."""

from dataclasses import replace

import numpy as np
import pytest

from lamplit.domain.words import Quality
from lamplit.services.town import TownRequest, check_order
from lamplit.town.arrays import stream
from lamplit.town.build import make_setting
from lamplit.town.confounders import BIT, CONFOUNDERS, words_of
from lamplit.town.faults import lay_faults
from lamplit.town.metering import count, steps_of
from lamplit.town.presets import PRESETS
from lamplit.town.shard import live_shard, place_of, shard_size

HARD = PRESETS["hard"]


@pytest.fixture(scope="module")
def setting():
    return make_setting(check_order(TownRequest(400, 30, 9, preset="hard")))


def metered(setting, n=400, rng_place=1):
    rng = stream(1, rng_place)
    load = rng.exponential(0.05, (n, setting.calendar.total)).astype(np.float32)
    labels = np.zeros(n, dtype=np.uint64)
    step = np.full(n, 100)
    none = np.zeros(n)
    sun = np.zeros(setting.calendar.total, dtype=np.float32)
    return load.copy(), count(load, none, sun, labels, step, setting.calendar)


def lay(setting, meters, preset):
    place = place_of(setting.places, 0, 400)
    lay_faults(meters, place, setting.calendar, preset, 5, stream(1, 2), corrections=True)


def test_registers_lose_nothing_to_rounding():
    kwh = stream(1, 3).exponential(0.013, (5, 5000)).astype(np.float32)
    for inverse in (10, 100, 1000):
        ticks = steps_of(kwh, np.full(5, inverse))
        total = np.rint(kwh.astype(np.float64) * 10_000).sum(axis=1) / 10_000
        assert (np.abs(ticks.sum(axis=1) / inverse - total) <= 1 / inverse).all()
        assert (ticks >= 0).all()


def test_catch_up_keeps_the_energy_and_a_plain_gap_loses_it(setting):
    _, meters = metered(setting)
    before = meters.ticks.sum(axis=(1, 2))
    lay(setting, meters, replace(HARD, rate=6.0))
    after = meters.ticks.sum(axis=(1, 2))
    codes = [words_of(int(m)) for m in meters.labels]
    caught = [h for h, c in enumerate(codes) if c in ("zero_gap_catchup", "frozen_register")]
    lost = [h for h, c in enumerate(codes) if c == "zero_gap"]
    ended = [h for h in caught if meters.honest[h, -1, -1]]
    assert len(ended) > 5
    assert (after[ended] == before[ended]).all()
    assert len(lost) > 3
    assert (after[lost] < before[lost]).all()


def test_a_zero_that_was_filled_in_is_not_honest(setting):
    _, meters = metered(setting)
    meters.ticks[:] = np.maximum(meters.ticks, 1)
    lay(setting, meters, HARD)
    zero = (meters.ticks == 0) & (meters.quality == Quality.ACTUAL)
    assert zero.sum() > 1000
    assert not meters.honest[zero].any()


def test_what_is_honest_is_what_was_counted(setting):
    """But for days that a second delivery puts right."""
    _, meters = metered(setting)
    right = meters.ticks.copy()
    lay(setting, meters, HARD)
    assert meters.late
    for home, day, ticks in meters.late:
        assert (ticks == right[home, day]).all()
        meters.ticks[home, day] = ticks
        meters.quality[home, day] = Quality.ACTUAL
    honest = meters.honest
    assert (meters.ticks[honest] == right[honest]).all()
    assert (meters.quality[honest] == Quality.ACTUAL).all()
    assert 0.7 < honest.mean() < 0.99


def test_every_dishonest_day_has_a_label(setting):
    _, meters = metered(setting)
    lay(setting, meters, HARD)
    spoilt = ~meters.honest.all(axis=2)
    faults = np.bitwise_or.reduce([BIT[c.code] for c in CONFOUNDERS if c.fault])
    assert spoilt.sum() > 200
    assert ((meters.day_labels[spoilt] & faults) != 0).all()
    assert ((meters.labels[np.nonzero(spoilt)[0]] & faults) != 0).all()


def test_solar_splits_into_import_and_export():
    setting = make_setting(check_order(TownRequest(8, 4, 1)))
    total = setting.calendar.total
    load = np.full((8, total), 0.1, dtype=np.float32)
    sun = np.tile(np.where(np.arange(96) // 8 == 6, 1.0, 0.0), 4).astype(np.float32)
    labels = np.zeros(8, dtype=np.uint64)
    labels[2], labels[5] = BIT["solar"], BIT["solar_no_export"]
    solar = np.where(labels != 0, 2.0, 0.0)
    meters = count(load, solar, sun, labels, np.full(8, 1000), setting.calendar)
    bright = sun.reshape(4, 96) > 0
    assert (meters.ticks[2][bright] == 0).all()
    assert (meters.ticks[5][bright] == 0).all()
    assert list(meters.export_rows) == [2]
    assert meters.export.sum() == pytest.approx(bright.sum() * 400, abs=1)
    assert meters.export[0][~bright].sum() == 0


def test_two_households_on_one_meter_add_up():
    setting = make_setting(check_order(TownRequest(6, 3, 1)))
    load = np.full((6, setting.calendar.total), 0.25, dtype=np.float32)
    labels = np.zeros(6, dtype=np.uint64)
    labels[[1, 5]] = BIT["shared_meter"]
    sun = np.zeros(setting.calendar.total, dtype=np.float32)
    meters = count(load, np.zeros(6), sun, labels, np.full(6, 100), setting.calendar)
    assert list(meters.shared_with) == [0, 1, 1, 3, 4, 5]
    assert meters.ticks[1].sum() == 2 * meters.ticks[0].sum()
    assert [bool(x & BIT["shared_meter"]) for x in labels] == [False, True, True] + [False] * 3


def test_outages_are_true_zeros_for_a_whole_building():
    setting = make_setting(check_order(TownRequest(3000, 10, 2, preset="hard")))
    size = shard_size(setting.calendar)
    seen = 0
    for first in range(0, 3000 - size, size):
        lived = live_shard(setting, first, size)
        place = place_of(setting.places, first, size)
        flat = lived.meters.ticks.reshape(size, -1)
        solar = lived.homes.solar_kw > 0
        for window in lived.meters.windows:
            if window.kind != "building":
                continue
            hit = np.flatnonzero((place.building == window.group) & ~solar)
            hit = [h for h in hit if words_of(int(lived.meters.labels[h])) == "outage"]
            for home in hit:
                assert flat[home, window.start : window.end].sum() <= 1
                seen += 1
    assert seen > 10
