"""The homes of a shard and their people: what each has, drawn once, before a day is lived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplit.town.arrays import F64, I8, I64, U64, Bool, lognormal
from lamplit.town.classes import CLASS_INDEX, CLASSES, ROUTINES
from lamplit.town.confounders import BIT, SHARE
from lamplit.town.presets import Preset

TRAITS = (
    "solar", "solar_no_export", "shared_meter", "sublet", "frost_guard", "heating_left_on", "ev",
    "timer_heater", "high_base", "dehumidifier", "security_timer", "base_shift",
)  # fmt: skip
"""Confounders that are ways of the home, in force the whole time."""


@dataclass
class Homes:
    """What each home of a shard has; one element per home. Powers in kW.

    `shift_kw` runs from the share `shift_at` of the period on: a thing bought meanwhile.
    """

    first: int
    cls: I8
    inverse_step: I64
    standby: F64
    router: F64
    fridge: F64
    fridge_period: F64
    fridge_duty: F64
    defrost: F64
    extra_base: F64
    shift_kw: F64
    shift_at: F64
    lamp: F64
    activity: F64
    electric_cooking: Bool
    heater_kw: F64
    heater_loss: F64
    heater_timer_hour: F64
    heat_ua: F64
    heat_set: F64
    heat_cap: F64
    cool_ua: F64
    cool_set: F64
    cool_cap: F64
    solar_kw: F64
    lives_alone: Bool
    labels: U64

    def __len__(self) -> int:
        return len(self.cls)

    def has(self, code: str) -> Bool:
        """Which homes carry a label."""
        return np.asarray((self.labels & BIT[code]) != 0)


@dataclass
class People:
    """The people of a shard; one element per person. Hours of the day."""

    home: I64
    routine: I8
    wake: F64
    leave: F64
    back: F64
    sleep: F64
    out_weekday: F64
    out_weekend: F64
    stays: Bool

    def __len__(self) -> int:
        return len(self.home)


def _per_class(field: str) -> F64:
    return np.asarray([getattr(c, field) for c in CLASSES], dtype=np.float64)


def draw_homes(first: int, n: int, preset: Preset, rng: np.random.Generator) -> Homes:
    """`n` homes numbered from `first`."""
    shares = _per_class("share")
    cls = rng.choice(len(CLASSES), n, p=shares / shares.sum()).astype(np.int8)

    def median(field: str) -> F64:
        return np.asarray(_per_class(field)[cls])

    def chance(field: str) -> Bool:
        return np.asarray(rng.random(n) < median(field))

    size = lognormal(rng, 1.0, 0.25, n)
    act = median("activity") * lognormal(rng, 1.0, 0.35, n)
    frugal = cls == CLASS_INDEX["frugal_elder"]
    fridge = median("fridge_w") / 1000 * lognormal(rng, 1.0, 0.3, n) * chance("fridge")
    storage = chance("storage_heater")
    ac = chance("ac")
    step = rng.choice([100, 1000, 10], n, p=[0.72, 0.2, 0.08])
    homes = Homes(
        first=first,
        cls=cls,
        inverse_step=step.astype(np.int64),
        standby=median("standby_w") / 1000 * lognormal(rng, 1.0, 0.6, n),
        router=rng.uniform(0.003, 0.012, n) * (rng.random(n) < np.where(frugal, 0.2, 0.92)),
        fridge=fridge,
        fridge_period=rng.uniform(0.55, 1.9, n),
        fridge_duty=rng.uniform(0.28, 0.6, n),
        defrost=np.where(rng.random(n) < 0.6, rng.uniform(0.08, 0.25, n), 0.0) * (fridge > 0),
        extra_base=np.zeros(n),
        shift_kw=np.zeros(n),
        shift_at=rng.random(n),
        lamp=act**0.5 * rng.uniform(0.012, 0.09, n) * np.where(frugal, 0.35, 1.0),
        activity=act,
        electric_cooking=~chance("gas"),
        heater_kw=np.where(storage, rng.choice([1.2, 1.5, 2.0, 3.0], n), 0.0),
        heater_loss=rng.uniform(0.5, 1.6, n) * storage,
        heater_timer_hour=np.full(n, -1.0),
        heat_ua=lognormal(rng, 0.06, 0.5, n) * size * ac * (rng.random(n) < 0.75),
        heat_set=rng.uniform(14, 20, n),
        heat_cap=rng.uniform(0.8, 3.2, n),
        cool_ua=lognormal(rng, 0.1, 0.4, n) * size * ac,
        cool_set=rng.uniform(25, 29.5, n),
        cool_cap=rng.uniform(0.7, 2.6, n),
        solar_kw=np.zeros(n),
        lives_alone=np.zeros(n, dtype=np.bool_),
        labels=np.zeros(n, dtype=np.uint64),
    )
    _draw_traits(homes, preset, rng)
    return homes


def _draw_traits(homes: Homes, preset: Preset, rng: np.random.Generator) -> None:
    """Give homes their lasting confounders, and what these mean for the appliances."""
    n = len(homes)
    poor = np.isin(homes.cls, [CLASS_INDEX["frugal_elder"], CLASS_INDEX["vacant"]])
    for code in TRAITS:
        hit = rng.random(n) < min(SHARE[code] * preset.rate, 0.5)
        if code not in ("shared_meter", "sublet"):
            hit &= ~poor
        if code == "sublet":
            hit &= np.asarray(_per_class("activity")[homes.cls] > 0.5) & ~poor
        if code in ("heating_left_on", "frost_guard"):
            hit &= homes.heat_ua > 0
        if code == "timer_heater":
            hit &= homes.heater_kw > 0
        homes.labels[hit] |= BIT[code]
    both = homes.has("solar") & homes.has("solar_no_export")
    homes.labels[both] &= ~BIT["solar"]
    sun = homes.has("solar") | homes.has("solar_no_export")
    homes.solar_kw[:] = np.where(sun, rng.uniform(1.5, 8.0, n), 0.0)
    homes.heater_timer_hour[:] = np.where(homes.has("timer_heater"), rng.uniform(4, 22, n), -1.0)
    homes.shift_kw[:] = np.where(homes.has("base_shift"), rng.uniform(0.03, 0.25, n), 0.0)
    homes.extra_base[:] = np.where(homes.has("high_base"), rng.uniform(0.06, 0.4, n), 0.0)


def draw_people(homes: Homes, rng: np.random.Generator) -> People:
    """The people of the homes, and who lives alone with consent to be watched over."""
    owner: list[I64] = []
    routine: list[I64] = []
    for index, kind in enumerate(CLASSES):
        members = np.flatnonzero(homes.cls == index)
        pick = rng.integers(0, len(kind.households), len(members))
        for option, household in enumerate(kind.households):
            chosen = members[pick == option]
            for role in household:
                owner.append(chosen)
                routine.append(np.full(len(chosen), ROUTINES.index(role)))
    home, role_of = np.concatenate(owner), np.concatenate(routine)
    lodgers = np.flatnonzero(homes.has("sublet"))
    home = np.concatenate([home, lodgers])
    role_of = np.concatenate([role_of, np.zeros(len(lodgers), dtype=np.int64)])
    stays = np.arange(len(home)) >= len(home) - len(lodgers)
    people = _draw_days(home, role_of, stays, rng)
    alone = np.bincount(home, minlength=len(homes)) == 1
    old = np.isin(homes.cls, [CLASS_INDEX["elder"], CLASS_INDEX["frugal_elder"]])
    consent = rng.random(len(homes)) < np.where(old, 0.7, 0.08)
    usual = np.asarray([c.pattern == "ordinary" for c in CLASSES])[homes.cls]
    homes.lives_alone[:] = alone & consent & usual & ~homes.has("shared_meter")
    return people


_DAYS = {
    #         wake  leave  back  sleep  out on weekdays, at weekends
    "worker": (6.8, 7.8, 18.4, 22.9, 0.95, 0.5),
    "student": (6.7, 7.3, 17.6, 22.2, 0.96, 0.55),
    "elder": (5.9, 8.6, 10.3, 21.4, 0.65, 0.65),
    "keeper": (6.6, 9.2, 11.0, 22.4, 0.6, 0.55),
    "night": (14.8, 20.2, 31.6, 23.4, 0.8, 0.45),
    "desk": (7.6, 18.2, 19.6, 23.4, 0.4, 0.5),
}
"""Usual hours by routine; a night worker comes back on the following day (hour 31.6)."""


def _draw_days(home: I64, role: I64, stays: Bool, rng: np.random.Generator) -> People:
    table = np.asarray([_DAYS[r] for r in ROUTINES])[role]
    n = len(home)
    spread = np.asarray([0.6, 0.9, 1.1, 0.8])
    usual = table[:, :4] + spread * rng.standard_normal((n, 4))
    usual[:, 1] = np.maximum(usual[:, 1], usual[:, 0] + 0.5)
    usual[:, 2] = np.maximum(usual[:, 2], usual[:, 1] + 0.5)
    # Somebody who sleeps before coming home would never be seen awake.
    usual[:, 3] = np.where(table[:, 2] < 24, np.maximum(usual[:, 3], usual[:, 2] + 1), usual[:, 3])
    keen = rng.normal(0, 0.08, (n, 2))
    order = np.argsort(home, kind="stable")
    return People(
        home=home[order],
        routine=role[order].astype(np.int8),
        wake=usual[order, 0],
        leave=usual[order, 1],
        back=usual[order, 2],
        sleep=usual[order, 3],
        out_weekday=np.clip(table[order, 4] + keen[order, 0], 0, 1),
        out_weekend=np.clip(table[order, 5] + keen[order, 1], 0, 1),
        stays=stays[order],
    )
