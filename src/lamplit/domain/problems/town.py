"""What may be wrong with the order for a town."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

TOO_SMALL = Problem(
    "town.too-small",
    Text(
        "a town needs at least one home and one day, not {value} {what}.",
        "模拟城镇至少需要 1 户和 1 天，不能是 {value}（{what}）。",
    ),
    Text("Give --homes and --days as 1 or more.", "请把 --homes 和 --days 设为 1 或更大。"),
)
TOO_LARGE = Problem(
    "town.too-large",
    Text(
        "{value} {what} are more than a town can hold.", "{value}（{what}）超出了模拟城镇的上限。"
    ),
    Text(
        "At most {limit} are possible: make several towns.", "上限为 {limit}：请分成多个城镇生成。"
    ),
)
BAD_CHOICE = Problem(
    "town.bad-choice",
    Text(
        "{what} is {value!r}, which is not one of: {choices}.",
        "{what} 的值 {value!r} 不在可选范围内：{choices}。",
    ),
    Text("Take one of the choices.", "请从可选值中选一个。"),
)
BAD_ZONE = Problem(
    "town.bad-zone",
    Text("no timezone is called {value!r}.", "没有名为 {value!r} 的时区。"),
    Text("Give an IANA name such as Asia/Shanghai.", "请使用 IANA 名称，例如 Asia/Shanghai。"),
)
BAD_START = Problem(
    "town.bad-start",
    Text(
        "the start {value!r} is not a date that {days} days can follow.",
        "起始日 {value!r} 不是有效日期，或其后不足 {days} 天。",
    ),
    Text(
        "Give a date as YYYY-MM-DD, for example 2024-01-01.",
        "请按 YYYY-MM-DD 给出日期，例如 2024-01-01。",
    ),
)
FOLDER_IN_USE = Problem(
    "town.folder-in-use",
    Text("{folder} holds files that are not a town's.", "{folder} 中有不属于模拟城镇的文件。"),
    Text("Choose an empty or new folder with -o.", "请用 -o 指定空目录或新目录。"),
)
