"""Problems met when states are scored against a truth."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

FILE_MISSING = Problem(
    "score.file-missing",
    Text("there is no such file.", "没有这个文件。"),
    Text("Check the path.", "请检查路径。"),
)
FILE_KIND = Problem(
    "score.file-kind",
    Text(
        "'{suffix}' is not a kind of table that can be scored.",
        "“{suffix}”不是可评分的表格类型。",
    ),
    Text("Give a .csv, .csv.gz or .parquet file.", "请提供 .csv、.csv.gz 或 .parquet 文件。"),
)
FILE_UNREADABLE = Problem(
    "score.file-unreadable",
    Text("the file cannot be read as a table: {reason}", "无法按表格读取该文件：{reason}"),
    Text(
        "Check that it is complete, comma separated and in UTF-8.",
        "请确认文件完整、以逗号分隔并使用 UTF-8 编码。",
    ),
)
COLUMN_MISSING = Problem(
    "score.column-missing",
    Text(
        "the column {column} is not there; found: {found}.",
        "缺少列 {column}；现有列：{found}。",
    ),
    Text(
        "Rename the column or write the file again with `lamplit states` or `lamplit town`.",
        "请改列名，或用 `lamplit states`、`lamplit town` 重新生成文件。",
    ),
)
VALUE_UNREADABLE = Problem(
    "score.value-unreadable",
    Text("{value!r} is not {wanted}.", "{value!r} 不是{wanted}。"),
    Text(
        "Correct the value; days are written 2026-02-03, truths true or false.",
        "请更正；日期写作 2026-02-03，真假写作 true 或 false。",
    ),
)
DAY_TWICE = Problem(
    "score.day-twice",
    Text(
        "home {household} has {day} more than once ({rows} rows too many in all).",
        "住户 {household} 的 {day} 出现不止一次（共多出 {rows} 行）。",
    ),
    Text("Keep one row of truth per home and day.", "真值文件每户每天只保留一行。"),
)
NO_ROWS = Problem(
    "score.no-rows",
    Text("the file has no usable rows.", "文件中没有可用的行。"),
    Text("Give a file with at least one home-day.", "请提供至少含一个户日的文件。"),
)
NO_OVERLAP = Problem(
    "score.no-overlap",
    Text(
        "no home-day of the states is in the truth; the states have home {state_home} from "
        "{state_first} to {state_last}, the truth home {truth_home} from {truth_first} to "
        "{truth_last}.",
        "状态与真值没有共同的户日；状态含住户 {state_home}（{state_first} 至 {state_last}），"
        "真值含住户 {truth_home}（{truth_first} 至 {truth_last}）。",
    ),
    Text(
        "Check that both files are of the same homes and days.",
        "请确认两个文件属于同一批住户和日期。",
    ),
)
TOO_LARGE = Problem(
    "score.too-large",
    Text(
        "{homes} homes over {days} days is more than can be scored at once.",
        "{homes} 户 × {days} 天超出一次评分的上限。",
    ),
    Text("Score a sample of homes, or fewer days.", "请抽取部分住户或缩短日期范围。"),
)
BASELINES_NEED_READINGS = Problem(
    "score.baselines-need-readings",
    Text("baselines are made from daily kWh, and none was given.", "基线由日电量得出，但未提供。"),
    Text(
        "Give --readings FILE (household_id, day, kwh), or --home DIR with ingested readings.",
        "请用 --readings 提供文件（household_id, day, kwh），或用 --home 指向已导入读数的目录。",
    ),
)
