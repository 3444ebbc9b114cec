"""What a CIM reading type says, alike in Green Button's ESPI and in IEC 61968-9.

Both standards number the same things the same way (IEC 61968-9, annex C; NAESB REQ.21 took the
numbers over): accumulation, flow direction, commodity, kind, unit, power-of-ten multiplier.
Only active electric energy is of use here; everything else is refused, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from lamplit.domain.language import Text
from lamplit.domain.words import Quality

WATT_HOUR: Final = 72
FORWARD, NET, REVERSE = 1, 4, 19
CUMULATIVE: Final = frozenset({1, 2, 3, 9})
"""bulkQuantity, continuousCumulative, cumulative, summation: all read off a running register."""
DELTA: Final = frozenset({4, 10})
PHASES: Final = frozenset({0, 224, 225, 769})
"""None named, ABC, ABCN, and North America's split phase S12N: the whole of the supply."""
AGGREGATES: Final = frozenset({0, 12, 26})
"""None named, normal, sum; averages, maxima and minima are not energy used."""

PERIOD_MINUTES: Final = {
    1: 10,
    2: 15,
    3: 1,
    4: 1440,
    5: 30,
    6: 5,
    7: 60,
    10: 2,
    11: 1440,
    14: 3,
    31: 20,
    50: 60,
    51: 30,
    52: 20,
    53: 15,
    54: 10,
    55: 5,
    56: 1,
    78: 12,
    79: 120,
    80: 240,
    81: 360,
    82: 720,
    83: 180,
}
"""Minutes of a measuring period (or of the macro period "daily", 11) by its code."""

REASONS: Final = {
    "xml.bad-value": Text("the value is not a number", "数值不是数字"),
    "xml.bad-time": Text("the time can't be read", "时间无法识别"),
    "xml.no-period": Text("the length of the interval is not known", "区间长度未知"),
    "xml.odd-period": Text(
        "the interval is no whole part of a day in minutes", "区间长度不能整除一天"
    ),
    "xml.long-period": Text(
        "the interval is longer than a day: a billing sum has no shape", "区间超过一天：为账期合计"
    ),
    "xml.not-a-local-day": Text(
        "the interval of one day does not begin and end at local midnight; is the time zone right?",
        "一天的区间并非始于当地零点；请检查时区设置",
    ),
    "xml.not-midnight": Text(
        "a register read at another time than midnight says nothing of a whole day",
        "非零点的示数，无法得出日电量",
    ),
    "xml.first-of-series": Text(
        "the first value of a running register has none before it to be subtracted",
        "累计示数的第一个值，之前无值可减",
    ),
    "xml.gap-in-series": Text(
        "readings are missing before this one, so that its interval's energy is not known",
        "之前缺数，无法得出该区间电量",
    ),
    "xml.register-went-back": Text(
        "the register went back: rolled over, reset or replaced", "示数倒退：翻转、清零或换表"
    ),
    "xml.no-type": Text(
        "nothing in the file says what was measured (no reading type)",
        "文件未说明测量内容（缺少读数类型）",
    ),
    "xml.no-meter": Text("nothing in the file names the meter", "文件未给出电表"),
    "xml.not-electricity": Text("not electricity", "不是电能数据"),
    "xml.not-energy": Text("not active energy in watt-hours", "不是有功电能（瓦时）"),
    "xml.aggregate": Text(
        "an average, maximum or minimum, not the energy used", "是平均、最大或最小值，不是用电量"
    ),
    "xml.tariff-register": Text(
        "a tariff's share (time of use, block); the total is what counts",
        "分时或阶梯分量；以总量为准",
    ),
    "xml.single-phase-share": Text(
        "one phase's share; the total is what counts", "单相分量；以总量为准"
    ),
    "xml.pending-conversion": Text(
        "the source says that a conversion is still to be applied to these values (Pending)",
        "来源说明这些数值尚待换算（Pending）",
    ),
    "xml.unknown-direction": Text(
        "neither import nor export nor net", "方向既非受入，也非送出或净值"
    ),
    "xml.unknown-accumulation": Text(
        "neither an interval's energy nor a running register", "既非区间电量，也非累计示数"
    ),
}
"""Why a reading went to quarantine; the layouts' own codes."""


@dataclass(frozen=True, slots=True)
class CimType:
    """One reading type. Codes are those of IEC 61968-9; 0 is "not applicable" throughout."""

    unit: int
    power: int = 0
    """Power of ten by which values are to be multiplied."""
    accumulation: int = 0
    flow: int = 0
    commodity: int = 0
    kind: int = 0
    aggregate: int = 0
    tariff: int = 0
    """Time-of-use tier, critical-peak tier or consumption block: 0 for the total."""
    phase: int = 0
    seconds: int | None = None
    """Length of the interval, where the type says it."""
    default_quality: str | None = None

    def kwh(self, value: Any) -> Any:
        """Values, a float or an array of them, as kWh.

        Dividing by a power of ten rounds once: 282 Wh is 0.282 kWh, not 0.28200000000000003.
        """
        shift = self.power - 3
        return value * 10.0**shift if shift >= 0 else value / 10.0**-shift

    @property
    def cumulative(self) -> bool:
        """A running register rather than an interval's energy."""
        return self.accumulation in CUMULATIVE

    def refusal(self) -> str | None:
        """The code of REASONS for which its readings are of no use here; None when they are."""
        checks = (
            (self.commodity in (0, 1, 2), "xml.not-electricity"),
            (self.unit == WATT_HOUR and self.kind in (0, 12), "xml.not-energy"),
            (self.aggregate in AGGREGATES, "xml.aggregate"),
            (self.tariff == 0, "xml.tariff-register"),
            (self.phase in PHASES, "xml.single-phase-share"),
            (self.flow in (0, FORWARD, NET, REVERSE), "xml.unknown-direction"),
            (
                self.cumulative
                or self.accumulation in DELTA
                or (self.accumulation == 0 and self.seconds is not None),
                "xml.unknown-accumulation",
            ),
            (not (self.cumulative and self.flow == NET), "xml.unknown-direction"),
        )
        return next((code for fits, code in checks if not fits), None)


def of_dotted(code: str) -> CimType | None:
    """The type behind an 18-part code such as 0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0.

    Parts: macro period, aggregate, measuring period, accumulation, flow direction, commodity,
    kind, interharmonic (2), argument (2), time of use, critical peak, consumption tier, phases,
    multiplier, unit, currency. None when it is no such code.
    """
    try:
        parts = [int(part) for part in code.strip().split(".")]
    except ValueError:
        return None
    if len(parts) != 18 or not -30 <= parts[15] <= 30:
        return None
    minutes = PERIOD_MINUTES.get(parts[2]) or PERIOD_MINUTES.get(parts[0])
    return CimType(
        unit=parts[16],
        power=parts[15],
        accumulation=parts[3],
        flow=parts[4],
        commodity=parts[5],
        kind=parts[6],
        aggregate=parts[1],
        tariff=parts[11] or parts[12] or parts[13],
        phase=parts[14],
        seconds=minutes * 60 if minutes else None,
    )


ESPI_QUALITY: Final = {
    "0": Quality.ACTUAL,  # valid
    "7": Quality.SUBSTITUTED,  # manually edited
    "8": Quality.ESTIMATED,  # estimated using a reference day
    "9": Quality.ESTIMATED,  # estimated using linear interpolation
    "10": Quality.ESTIMATED,  # questionable: failed one or more checks
    "11": Quality.ESTIMATED,  # derived: calculated, not necessarily measured
    "12": Quality.ESTIMATED,  # projected
    "13": Quality.ESTIMATED,  # mixed
    "14": Quality.ACTUAL,  # raw: as read, not yet validated
    "15": Quality.SUBSTITUTED,  # normalised for weather: not what the meter read
    "16": Quality.ESTIMATED,  # other
    "17": Quality.ACTUAL,  # validated
    "18": Quality.ACTUAL,  # verified
    "19": Quality.ACTUAL,  # revenue quality
}
"""ESPI's QualityOfReading; a code that is not here is no evidence, so it counts as estimated."""

_IEC_MISSING: Final = frozenset({(4, 4), (4, 7), (5, 259)})
"""Skipped interval, not recording, known missing read: there is no value, whatever is written."""
_IEC_DOUBTFUL: Final = frozenset({(4, 1), (4, 2), (4, 3), (4, 5), (5, 256), (5, 257), (5, 258)})
"""Overflow, partial and long interval, test data; out of range, error code, suspect."""
_IEC_BY_CATEGORY: Final = {
    7: Quality.SUBSTITUTED,
    8: Quality.ESTIMATED,
    10: Quality.ESTIMATED,
    12: Quality.ESTIMATED,
}
_OUTAGE: Final = frozenset({(2, 32), (2, 1001)})


def espi_quality(code: str) -> Quality:
    """The quality that an ESPI code stands for."""
    return ESPI_QUALITY.get(code.strip(), Quality.ESTIMATED)


def iec_quality(code: str) -> Quality:
    """The quality that an IEC 61968-9 code (system.category.index) stands for.

    Category 7 is edited, 8 estimated, 10 questionable, 12 projected, 11.1 inferred. A failed
    validation rule (category 6, such as "zero usage on an active meter") leaves the value as the
    meter read it, so it stays actual: that rule fails in every empty home. Power failure makes a
    zero that is no sign of absence, so it is no evidence.
    """
    parts = code.strip().split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return Quality.ESTIMATED
    key = (int(parts[1]), int(parts[2]))
    if key in _IEC_MISSING:
        return Quality.MISSING
    if key in _IEC_DOUBTFUL or key in _OUTAGE or key == (11, 1):
        return Quality.ESTIMATED
    return _IEC_BY_CATEGORY.get(key[0], Quality.ACTUAL)


@lru_cache(maxsize=4096)
def iec_worst(codes: tuple[str, ...]) -> tuple[Quality, str | None]:
    """The quality that counts of several codes, and the code that it comes from.

    "Suspect" beside "zero usage" is dropped: it says no more than that the rule failed.
    """
    tails = {code.strip().partition(".")[2] for code in codes}
    kept = [c for c in codes if not ("6.1" in tails and c.strip().endswith(".5.258"))]
    if not kept:
        return Quality.ACTUAL, None
    worst = max(kept, key=iec_quality)
    return iec_quality(worst), worst.strip()
