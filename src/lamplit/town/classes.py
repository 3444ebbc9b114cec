"""The classes of homes: who lives there, how often one meets them, what they run.

The figures are medians; each home draws its own around them, widely, so that nothing can be
fitted to a constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lamplit.domain.language import Text

Routine = Literal["worker", "student", "elder", "keeper", "night", "desk"]
"""What a person's day is like: out to work, out to school, errands only, mostly at home, out by
night, at work in the home."""

ROUTINES: tuple[Routine, ...] = ("worker", "student", "elder", "keeper", "night", "desk")

Pattern = Literal["ordinary", "second", "seasonal", "vacant"]
"""How the home is used over the weeks."""


@dataclass(frozen=True, slots=True)
class HomeClass:
    """One class of homes. Powers in watts; `households` lists the people that may live there."""

    code: str
    text: Text
    share: float
    households: tuple[tuple[Routine, ...], ...]
    standby_w: float
    fridge: float
    fridge_w: float
    activity: float
    gas: float
    ac: float
    storage_heater: float
    pattern: Pattern = "ordinary"


_W: Routine = "worker"
_S: Routine = "student"
_E: Routine = "elder"
_K: Routine = "keeper"
_N: Routine = "night"
_D: Routine = "desk"

CLASSES: tuple[HomeClass, ...] = (
    HomeClass(
        "family",
        Text("family", "普通家庭"),
        0.36,
        ((_W, _W, _S), (_W, _K, _S), (_W, _W, _S, _E), (_W, _K, _S, _S), (_W, _W, _E, _E, _S)),
        45,
        0.99,
        55,
        1.0,
        0.6,
        0.85,
        0.5,
    ),
    HomeClass(
        "couple",
        Text("couple", "两口之家"),
        0.14,
        ((_W, _W), (_W, _K), (_W, _D)),
        35,
        0.97,
        45,
        0.7,
        0.55,
        0.8,
        0.5,
    ),
    HomeClass(
        "single",
        Text("single", "单身住户"),
        0.10,
        ((_W,), (_W,), (_S,)),
        20,
        0.85,
        38,
        0.45,
        0.5,
        0.7,
        0.45,
    ),
    HomeClass(
        "elder",
        Text("elders", "老年住户"),
        0.10,
        ((_E, _E), (_E, _E), (_E,)),
        22,
        0.95,
        42,
        0.55,
        0.75,
        0.5,
        0.35,
    ),
    HomeClass(
        "frugal_elder",
        Text("frugal elder", "节俭老人"),
        0.07,
        ((_E,), (_E,), (_E, _E)),
        2.5,
        0.45,
        17,
        0.19,
        0.9,
        0.04,
        0.0,
    ),
    HomeClass(
        "large_user",
        Text("large user", "用电大户"),
        0.05,
        ((_W, _W, _S, _K), (_W, _W, _S, _S, _E, _E), (_W, _K, _S, _S)),
        140,
        1.0,
        95,
        2.2,
        0.3,
        1.0,
        0.8,
    ),
    HomeClass(
        "night_shift",
        Text("night shift", "夜班住户"),
        0.03,
        ((_N,), (_N, _W), (_N, _K, _S)),
        25,
        0.92,
        42,
        0.6,
        0.55,
        0.75,
        0.45,
    ),
    HomeClass(
        "home_worker",
        Text("works at home", "居家办公"),
        0.03,
        ((_D,), (_D, _W), (_D, _D, _S)),
        50,
        0.95,
        45,
        0.85,
        0.5,
        0.85,
        0.5,
    ),
    HomeClass(
        "second_home",
        Text("second home", "周末住宅"),
        0.03,
        ((_W, _W), (_W, _W, _S), (_E, _E)),
        18,
        0.8,
        40,
        0.7,
        0.5,
        0.7,
        0.45,
        "second",
    ),
    HomeClass(
        "seasonal",
        Text("seasonal home", "候鸟住户"),
        0.03,
        ((_E, _E), (_E,), (_W, _W, _S)),
        20,
        0.85,
        42,
        0.6,
        0.6,
        0.7,
        0.4,
        "seasonal",
    ),
    HomeClass(
        "vacant",
        Text("vacant home", "空置住房"),
        0.06,
        ((_W, _W),),
        12,
        0.35,
        38,
        0.6,
        0.6,
        0.5,
        0.4,
        "vacant",
    ),
)
"""Every class; the shares sum to one."""

CLASS_INDEX = {c.code: i for i, c in enumerate(CLASSES)}
"""Each class's place in CLASSES, by code."""
