"""The home-state rules, told in rows that somebody who reads meters would write down.

`days("6±20% for 20", "0 for 5")` is twenty days of about 6 kWh, then five at nothing.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from lamplit.domain.words import HomeEvent, HomeState
from lamplit.signals.fold import Fold, Step
from lamplit.signals.home_state.evidence import PARTS
from lamplit.signals.home_state.rules import INPUTS, home_state_fold
from lamplit.signals.panel import Panel, run_fold, start_carried

OUTPUTS = ("verdict", "next_belief", "next_since", "reason", "next_event", "next_event_day")
LIVED, LOW, MICRO, DARK, UNKNOWN = (
    HomeState.LIVED_IN, HomeState.LOW, HomeState.MICRO, HomeState.DARK, HomeState.UNKNOWN,
)  # fmt: skip


def days(*spans: str) -> list[float]:
    """Daily kWh from spans such as `6±20% for 20`, `0 for 5`, `- for 3` (unread), `3.1`."""
    rng = np.random.default_rng(4)
    values: list[float] = []
    for span in spans:
        level, wobble, count = re.fullmatch(r"([\d.]+|-)(?:±(\d+)%)?(?: for (\d+))?", span).groups()
        for _ in range(int(count or 1)):
            if level == "-":
                values.append(np.nan)
            else:
                values.append(float(level) * (1 + rng.uniform(-1, 1) * int(wobble or 0) / 100))
    return values


def live_through(kwh: list[float], **area: list[float]) -> dict[str, np.ndarray]:
    """Run one home, known by its daily energy alone, through these days from day 1."""
    values = np.array(kwh, dtype=np.float32)[:, None]
    features = {
        "kwh": values,
        "coverage": np.where(np.isnan(values), np.nan, 1.0).astype(np.float32),
        "quality": np.array(area.pop("quality", [0] * len(kwh)), dtype=np.float32)[:, None],
    }
    panel = Panel(1, 1, len(kwh), features, static={"solar": np.zeros(1), "shared": np.zeros(1)})
    for name, given in area.items():
        if name in panel.static:
            panel.static[name] = np.array(given, dtype=float)
        else:
            panel.area[name] = np.array(given, dtype=np.float32)[:, None]
    fold = home_state_fold()
    _, seen, _ = run_fold(fold, panel, start_carried(fold, 1), OUTPUTS)
    return {name: rows[:, 0] for name, rows in seen.items()}


def test_a_home_in_use_is_lived_in():
    seen = live_through(days("6±20% for 40"))
    assert set(seen["verdict"][5:]) == {LIVED}
    assert seen["next_belief"][-1] < 0.05


def test_a_home_that_goes_to_standby_is_called_on_the_third_quiet_day():
    seen = live_through(days("6±20% for 30", "0.4±4% for 6"))
    assert list(seen["verdict"][30:32]) != [MICRO, MICRO]
    assert list(seen["verdict"][32:]) == [MICRO] * 4
    assert seen["next_since"][-1] == 31
    assert seen["next_event"][-1] == HomeEvent.WENT_DARK
    assert seen["next_event_day"][-1] == 31


def test_sudden_zeros_are_unknown_for_a_week_and_then_dark():
    seen = live_through(days("6±20% for 30", "0 for 11"))
    assert list(seen["verdict"][30:37]) == [UNKNOWN] * 7
    assert list(seen["reason"][30:37]) == [5] * 7
    assert seen["verdict"][-1] == DARK


def test_a_home_that_was_always_at_nothing_is_dark():
    seen = live_through(days("0 for 10"))
    assert list(seen["verdict"][4:]) == [DARK] * 6


def test_one_quiet_day_opens_nothing_and_one_lively_day_closes_nothing():
    seen = live_through(days("6±20% for 30", "0.4", "6±20% for 10"))
    assert MICRO not in seen["verdict"] and DARK not in seen["verdict"]
    seen = live_through(days("6±20% for 30", "0.4±4% for 12", "5", "0.4±4% for 5"))
    assert seen["verdict"][42] in (LOW, LIVED)
    assert list(seen["verdict"][43:]) == [MICRO] * 5
    assert seen["next_since"][-1] == 31


def test_people_who_come_back_after_a_week_have_returned():
    seen = live_through(days("6±20% for 30", "0.4±4% for 10", "5±20% for 4"))
    assert seen["next_event"][-1] == HomeEvent.RETURNED
    assert seen["next_event_day"][-1] == 41
    assert seen["verdict"][-1] in (LOW, LIVED)


def test_an_unread_day_is_unknown_and_never_dark():
    seen = live_through(days("6±20% for 30", "0.4±4% for 5", "- for 4", "0.4±4% for 3"))
    assert list(seen["verdict"][35:39]) == [UNKNOWN] * 4
    assert list(seen["verdict"][39:]) == [MICRO] * 3


@pytest.mark.parametrize("quality", [1, 2, 3])
def test_a_day_that_is_not_actual_is_no_evidence(quality: int):
    kwh = days("6±20% for 30", "0 for 6")
    seen = live_through(kwh, quality=[0] * 30 + [quality] * 6)
    assert list(seen["verdict"][30:]) == [UNKNOWN] * 6


def test_energy_that_comes_back_in_one_value_undoes_the_zeros_before_it():
    seen = live_through(days("6±10% for 30", "0 for 5", "36", "6±10% for 5"))
    assert seen["reason"][35] == 6
    assert seen["verdict"][36] == LIVED
    assert seen["next_event"][-1] != HomeEvent.RETURNED


def test_zeros_of_a_silent_collector_are_no_evidence():
    kwh = days("6±10% for 30", "0 for 6")
    seen = live_through(kwh, silent=[0] * 30 + [1] * 6)
    assert list(seen["verdict"][30:]) == [UNKNOWN] * 6


def test_a_shared_meter_names_nobody():
    seen = live_through(days("6±10% for 30", "0 for 6"), shared=[1.0])
    assert set(seen["verdict"]) == {UNKNOWN}


def test_a_value_that_repeats_to_the_digit_is_a_stuck_meter():
    seen = live_through(days("6±10% for 30", "4.37 for 8"))
    assert list(seen["reason"][-4:]) == [7] * 4


def test_a_fall_that_all_neighbours_share_is_no_absence():
    kwh = days("12±10% for 30", "3.6±10% for 8")
    alone = live_through(kwh)
    shared = live_through(kwh, peer=[1.0] * 30 + [0.3] * 8)
    assert shared["next_belief"][-1] < 0.1 < alone["next_belief"][-1]


def test_a_frugal_elder_is_never_called_empty():
    seen = live_through(days("0.9±35% for 90"))
    assert MICRO not in seen["verdict"] and DARK not in seen["verdict"]


def test_rules_name_only_what_is_defined_and_speak_only_their_language():
    fold = home_state_fold()
    step = Step("bad", "kwh + nonsense")
    with pytest.raises(ValueError, match="nonsense"):
        Fold((*fold.steps, step), fold.starts, INPUTS, fold.thresholds).compile(())
    with pytest.raises(ValueError, match="language"):
        Fold((Step("bad", "[k for k in kwh]"),), {}, INPUTS, ()).compile(("bad",))
    with pytest.raises(ValueError, match="system"):
        Fold((Step("bad", "system(kwh)"),), {}, INPUTS, ()).compile(("bad",))


def test_every_threshold_has_a_unit_and_a_reason_in_both_languages():
    for threshold in home_state_fold().thresholds:
        assert threshold.unit and threshold.why.en and threshold.why.zh


def test_blocks_and_their_order_change_nothing(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(3)
    homes, span = 50, 60
    kwh = rng.gamma(2, 3, (span, homes)).astype(np.float32)
    kwh[20:30, ::3] = 0.3
    kwh[rng.random((span, homes)) < 0.05] = np.nan
    features = {
        "kwh": kwh,
        "coverage": np.ones_like(kwh),
        "quality": np.zeros_like(kwh),
    }
    static = {"solar": np.zeros(homes), "shared": np.zeros(homes)}
    fold = home_state_fold()
    whole, _, _ = run_fold(
        fold, Panel(homes, 1, span, features, static=static), start_carried(fold, homes)
    )
    monkeypatch.setattr("lamplit.signals.panel.BLOCK_HOMES", 7)
    parts, _, _ = run_fold(
        fold, Panel(homes, 1, span, features, static=static), start_carried(fold, homes)
    )
    for name in fold.carried:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)


def test_the_shorter_daily_rules_say_what_the_full_rules_say():
    rng = np.random.default_rng(8)
    homes, span = 40, 70
    kwh = rng.gamma(2, 3, (span, homes)).astype(np.float32)
    kwh[20:33, ::3] = 0.3
    kwh[40:52, ::4] = 0.0
    kwh[rng.random((span, homes)) < 0.05] = np.nan
    daily = {
        "kwh": kwh,
        "coverage": np.ones_like(kwh),
        "quality": np.zeros_like(kwh),
    }
    full = daily | {"base_kwh": np.full_like(kwh, np.nan)}
    static = {"solar": np.zeros(homes), "shared": np.zeros(homes)}
    fold = home_state_fold()
    runs = [
        run_fold(fold, Panel(homes, 1, span, features, static=static), start_carried(fold, homes))
        for features in (daily, full)
    ]
    for name in fold.carried:
        np.testing.assert_array_equal(runs[0][0][name], runs[1][0][name], err_msg=name)


def test_a_load_that_never_rests_far_above_the_usual_is_frozen_high():
    span = 36
    kwh = np.array([8.0 + d % 3 for d in range(30)] + [40.0] * 6, dtype=np.float32)
    base = np.array([2.4] * 30 + [38.0] * 6, dtype=np.float32)
    shares = (0.06, 0.18, 0.16, 0.14, 0.34, 0.12)
    part = {f"{name}_kwh": kwh * share for name, share in zip(PARTS, shares, strict=True)}
    ones = np.ones(span)
    told = part | {
        "kwh": kwh + np.arange(span) % 2,
        "kwh_export": ones * np.nan,
        "coverage": ones,
        "quality": ones * 0,
        "base_kwh": base,
        "top_kwh": kwh / 8,
        "night_kwh": kwh * 0.4,
        "night_base_kwh": base,
        "night_top_kwh": kwh / 10,
        "active_blocks": ones * 5,
        "peak_kw": kwh / 10,
        "zero_slots": ones * 0,
    }
    features = {name: values[:, None].astype(np.float32) for name, values in told.items()}
    panel = Panel(1, 1, span, features, static={"solar": np.zeros(1), "shared": np.zeros(1)})
    fold = home_state_fold()
    _, seen, _ = run_fold(fold, panel, start_carried(fold, 1), OUTPUTS)
    assert seen["next_event"][30, 0] == HomeEvent.NONE
    assert seen["next_event"][31, 0] == HomeEvent.FROZEN_HIGH
    assert seen["next_event_day"][31, 0] == 31
