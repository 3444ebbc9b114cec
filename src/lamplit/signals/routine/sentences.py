"""What a broken routine is said to be: what was missed, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

from lamplit.domain.language import Text

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Missed:
    """What a day lacked of its usual round. Energies in kWh, hours of the local day.

    `overdue`: nothing was in use by the hour at which something should have been. `first_use`: hour
    of the day's first use after 04:00, 24 where there was none. `usual_first`: the hour by which
    something was in use on `by_usual` of the `days` days before.
    """

    overdue: bool
    kwh: float
    usual_kwh: float
    activity: float
    usual_activity: float
    alike: float
    first_use: float
    usual_first: float
    by_usual: int
    days: int
    eve_quiet: bool

    def text(self) -> tuple[Text, Fields]:
        """The sentence and its fields; the day itself is `{start}`, given by the caller."""
        fields: Fields = {
            "first": clock(self.first_use),
            "usual": clock(self.usual_first),
            "by": self.by_usual,
            "days": self.days,
            "activity": _kwh(self.activity),
            "usual_activity": _kwh(self.usual_activity),
        }
        if not self.overdue:
            return QUIET, fields
        return (LATE if self.first_use < 24 else NOTHING), fields


QUIET = Text(
    "On {start} only {activity} kWh above the standing load, and at other hours than usual; "
    "about {usual_activity} on the {days} days before.",
    "{start}高于待机负荷的用电仅{activity}千瓦时，且时段与往常不符；此前{days}天约为{usual_activity}。",
)
LATE = Text(
    "Nothing switched on by {first} on {start}; on {by} of {days} days something was by {usual}.",
    "{start}至{first}仍无用电动静；此前{days}天中有{by}天在{usual}前已有用电。",
)
NOTHING = Text(
    "Nothing switched on all day on {start}; on {by} of {days} days something was by {usual}.",
    "{start}全天无用电动静；此前{days}天中有{by}天在{usual}前已有用电。",
)

AWAY = Text(
    "A day away from home looks the same: ask before worrying.",
    "外出一天看起来也是如此：先询问，再担心。",
)
ONE_DAY = Text("One day only; the day before was as usual.", "仅此一天；前一日如常。")
SHORT_PAST = Text("Only {days} days before it to compare with.", "可比对的此前有效日仅{days}天。")


def clock(hour: float) -> str:
    """`9.25` → `09:15`; `24` → `24:00`."""
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _kwh(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"
