"""Problems of the night, the list and the states."""

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

STATE_DAMAGED = Problem(
    "night.state-damaged",
    Text("The carried states can't be read.", "无法读取已保存的状态。"),
    Text(
        "Run `lamplit nightly --afresh`: the states are worked out again from the lake.",
        "请运行 `lamplit nightly --afresh`，将由读数库重新计算状态。",
    ),
    on_pages=Text(
        "Work the nights afresh: the states are worked out again from the lake.",
        "请从头重新进行夜间计算，将由读数库重新得出状态。",
    ),
)

NO_READINGS = Problem(
    "night.no-readings",
    Text("There are no readings in this home yet.", "此目录中还没有读数。"),
    Text("Bring some in with `lamplit ingest FILE`.", "请先用 `lamplit ingest FILE` 导入读数。"),
    on_pages=Text("Take some in first, under Readings.", "请先在“读数”中导入。"),
)

NO_NIGHT = Problem(
    "night.none-yet",
    Text("No night has been worked yet.", "尚未进行夜间计算。"),
    Text("Run `lamplit nightly` first.", "请先运行 `lamplit nightly`。"),
    on_pages=Text("Work the nights first, under Readings.", "请先在“读数”中进行夜间计算。"),
)

NOT_YET = Problem(
    "night.not-yet",
    Text(
        "{day} has not been worked yet: the nights stand at {through}.",
        "{day} 尚未计算：目前已算至 {through}。",
    ),
    Text("Run `lamplit nightly --through {day}`.", "请运行 `lamplit nightly --through {day}`。"),
    on_pages=Text(
        "Name a day up to {through}, or work the nights through {day} first.",
        "请选择 {through} 或之前的日期，或先算至 {day}。",
    ),
)

BEFORE_FIRST = Problem(
    "night.before-first",
    Text(
        "{day} lies before the first reading, which is of {first}.",
        "{day} 早于首个读数日 {first}。",
    ),
    Text("Choose a day from {first} on.", "请选择 {first} 或之后的日期。"),
)

FAR_AHEAD = Problem(
    "night.far-ahead",
    Text(
        "{day} lies more than a year after the last reading, which is of {last}.",
        "{day} 比最后读数日 {last} 晚一年以上。",
    ),
    Text("Check the year, or ingest newer readings first.", "请核对年份，或先导入较新的读数。"),
)

UNKNOWN_THRESHOLD = Problem(
    "night.unknown-threshold",
    Text("[detector] sets `{name}`, which is no threshold.", "[detector] 中的“{name}”不是阈值名。"),
    Text(
        "Perhaps {near} is meant; the thresholds are {known}.",
        "或许应为 {near}；可用的阈值有：{known}。",
    ),
)

BAD_THRESHOLD = Problem(
    "night.bad-threshold",
    Text("[detector] {name} can't be `{value}`.", "[detector] 中 {name} 不能取值“{value}”。"),
    Text("Give a number ({unit}); usually {usual}.", "请给出数字（单位 {unit}）；通常为 {usual}。"),
)

BAD_SPAN = Problem(
    "night.bad-span",
    Text("The span from {first} to {last} holds no day.", "从 {first} 到 {last} 不含任何一天。"),
    Text("Give --from a day no later than --to.", "请使 --from 不晚于 --to。"),
    on_pages=Text("Give a first day that is no later than the last.", "请使首日不晚于末日。"),
)

UNKNOWN_HOME = Problem(
    "night.unknown-home",
    Text("There is no home called {household}.", "没有名为 {household} 的住户。"),
    Text(
        "Check the household or meter number; `lamplit registry show` looks them up.{near}",
        "请核对户号或表号，可用 `lamplit registry show` 查询。{near}",
    ),
    on_pages=Text("Check the household or meter number.{near}", "请核对户号或表号。{near}"),
)

UNKNOWN_PLACE = Problem(
    "night.unknown-place",
    Text("No home lies in {place}.", "{place} 中没有住户。"),
    Text(
        "`lamplit registry stats` lists communities and buildings.{near}",
        "可用 `lamplit registry stats` 查看社区与楼栋。{near}",
    ),
    on_pages=Text("Check the place's code.{near}", "请核对地点编号。{near}"),
)

LONG_FILM = Problem(
    "night.long-film",
    Text(
        "{first} to {last} are more than {most} nights.", "{first} 至 {last} 超过 {most} 个夜晚。"
    ),
    Text("Ask for {most} nights at most.", "请查询不超过 {most} 个夜晚。"),
)

NO_THRESHOLD = Problem(
    "threshold.unknown",
    Text("`{name}` is no threshold to play with.", "“{name}”不是可试调的阈值。"),
    Text("Perhaps {near} is meant; there are {known}.", "或许应为 {near}；可试调的有：{known}。"),
)

OUT_OF_RANGE = Problem(
    "threshold.out-of-range",
    Text("{name} can't be `{value}`.", "{name} 不能取“{value}”。"),
    Text(
        "Give a number from {low} to {high} ({unit}); usually {usual}.",
        "请给出 {low} 至 {high} 之间的数字（单位 {unit}）；通常为 {usual}。",
    ),
)
