"""The codes of MSCONS: what a quantity is, in which unit, of which register.

Sources: UN/EDIFACT D.04B MSCONS; BDEW, EDI@Energy MSCONS message description 2.x (qualifiers of
QTY 6063 as the BO4E models name them: Messwertstatus); IEC 62056-61 for OBIS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from lamplit.domain.language import Text
from lamplit.domain.words import Quality
from lamplit.meters.canonical import EXPORT, IMPORT

QUALITIES: Final[Mapping[str, Quality]] = {
    "220": Quality.ACTUAL,  # wahrer Wert
    "67": Quality.SUBSTITUTED,  # Ersatzwert
    "201": Quality.ESTIMATED,  # Vorschlagswert: proposed, not for billing
    "187": Quality.ESTIMATED,  # Prognosewert: a forecast
    "Z18": Quality.ESTIMATED,  # vorläufiger Wert: may yet change
    "20": Quality.MISSING,  # nicht verwendbarer Wert: a number that must not be used
    "Z30": Quality.MISSING,  # fehlender Wert: said to be missing
}
"""By the qualifier of QTY. Sums over many meters (79) and delivery notes (Z31) are no readings."""

UNITS: Final[Mapping[str, float]] = {
    "": 1.0,  # kWh is implied by the OBIS code of active energy
    "KWH": 1.0,
    "WHR": 0.001,
    "MWH": 1000.0,
    "GWH": 1e6,
}
"""kWh in one of each unit."""

ENERGY_KINDS: Final = {"8", "9", "10", "29"}
"""OBIS group D of energy: register (8), since the last reset (9, 10), load profile (29)."""

_OBIS = re.compile(r"(?:(\d+)-(\d+):)?(\d+)\.(\d+)(?:\.(\d+))?(?:[*&]\d+)?")

REASONS: Final[Mapping[str, Text]] = {
    "mscons.product": Text(
        "the series is no OBIS register (such as curtailed energy, or a balance)",
        "该序列不是 OBIS 寄存器（例如弃发电量或结算汇总）",
    ),
    "mscons.medium": Text("the series is not electricity", "该序列不是电能"),
    "mscons.no-place": Text("values without a metering point (LOC+172)", "缺少计量点（LOC+172）"),
    "mscons.no-product": Text("values without a product (PIA+5)", "缺少产品代码（PIA+5）"),
    "mscons.kind": Text(
        "the quantity is a sum or a note, not a reading", "数量为汇总或单据，并非读数"
    ),
    "mscons.unit": Text("not a unit of active energy", "并非有功电量单位"),
    "mscons.value": Text("not a number", "不是数字"),
    "mscons.negative": Text("a negative value", "数值为负"),
    "mscons.time": Text("the period is missing or can't be read", "时段缺失或无法读取"),
    "mscons.period": Text(
        "the period neither divides a day nor is made of whole days",
        "时段既不能整除一天，也不是整日",
    ),
    "mscons.uneven": Text(
        "the interval is not as long as its series' others, or lies off their grid",
        "该间隔与同序列其他间隔长度不同，或不在其时间网格上",
    ),
    "mscons.tariff": Text(
        "one tariff's part of a period, which would count twice beside the total",
        "仅为某一费率的分量，与总量并列会重复计算",
    ),
    "mscons.cancelled": Text("the message cancels an earlier one", "该报文用于撤销先前的报文"),
}
"""Why a value goes to quarantine, by code."""


class Register(NamedTuple):
    """What a series is of."""

    direction: Literal["import", "export"]
    tariff: int
    """0 for the total, else the tariff whose part of the total it is."""


def register_of(code: str) -> Register | str | None:
    """The register of an OBIS code such as `1-1:1.29.0`.

    A text is the reason for which it can't be used (a key of `REASONS`); None is a quantity other
    than active energy (reactive, apparent, a maximum), which is left aside in peace.

    >>> register_of("1-1:1.29.0")
    Register(direction='import', tariff=0)
    >>> register_of("7-20:3.0.0")
    'mscons.medium'
    >>> register_of("1-1:8.29.0*255") is None
    True
    """
    found = _OBIS.fullmatch(code.strip())
    if not found:
        return "mscons.product"
    medium, _, quantity, kind, tariff = found.groups()
    if medium not in (None, "1"):
        return "mscons.medium"
    if quantity not in ("1", "2") or kind not in ENERGY_KINDS:
        return None
    number = 0 if tariff in (None, "255") else int(tariff)
    return Register(IMPORT if quantity == "1" else EXPORT, number)
