"""What may be wrong with what the planner is asked."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

TWICE = Problem(
    "planning.twice",
    Text("{what} {id} is given twice.", "{what}“{id}”出现了两次。"),
    Text("Give each id once.", "每个编号只能出现一次。"),
)
UNKNOWN = Problem(
    "planning.unknown",
    Text("{what} {id} is not among those given.", "{what}“{id}”不在已给出的名单中。"),
    Text("Add it, or correct the id.", "请补充该项，或更正编号。"),
)
BAD_NUMBER = Problem(
    "planning.bad-number",
    Text("{what} is {value}; it must be {must}.", "{what} 的值为 {value}，要求：{must}。"),
    Text("Correct the number.", "请更正该数值。"),
)
BAD_SPAN = Problem(
    "planning.bad-span",
    Text(
        "the span from minute {start} to {end} is empty, not finite or overlaps the one before it.",
        "时段（第 {start} 分钟至第 {end} 分钟）为空、无穷，或与前一时段重叠。",
    ),
    Text(
        "Give spans in order, each ending after it starts.",
        "请按先后给出时段，每段的结束须晚于开始。",
    ),
)
BAD_CHANCES = Problem(
    "planning.bad-chances",
    Text(
        "{count} chances of an answer are given, for {parts} parts of the day.",
        "给出了 {count} 个应门概率，而一天分为 {parts} 个时段。",
    ),
    Text(
        "Give one chance, or one for each part of the day.", "请只给一个概率，或每个时段各给一个。"
    ),
)
TOO_LATE = Problem(
    "planning.too-late",
    Text(
        "the deadline, minute {deadline}, is not after now, minute {now}.",
        "截止时间（第 {deadline} 分钟）不晚于当前时间（第 {now} 分钟）。",
    ),
    Text("Set a later deadline.", "请设定更晚的截止时间。"),
)
