"""What can be wrong with a registry file, or with one of its rows."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

# The file as a whole.

UNKNOWN_FORMAT = Problem(
    "registry.unknown-format",
    Text("`{suffix}` is not a kind of file that the registry reads.", "台账不支持“{suffix}”文件。"),
    Text("Save it as CSV, XLSX or Parquet.", "请存为 CSV、XLSX 或 Parquet。"),
)

EMPTY_FILE = Problem(
    "registry.empty-file",
    Text("the file is empty.", "文件是空的。"),
    Text(
        "Give a file whose first row names the columns, at least meter_id.",
        "请提供首行为列名（至少含 meter_id 或 表号）的文件。",
    ),
)

NO_ROWS = Problem(
    "registry.no-rows",
    Text("there is a header and no rows below it.", "只有表头，没有数据行。"),
    Text("Check that the export was complete.", "请检查导出是否完整。"),
)

UNREADABLE = Problem(
    "registry.unreadable",
    Text("the file can't be read: {reason}.", "无法读取文件：{reason}。"),
    Text(
        "Export it anew; CSV as UTF-8 is the surest.",
        "请重新导出；UTF-8 编码的 CSV 最为稳妥。",
    ),
)

TOO_LARGE_INSIDE = Problem(
    "registry.too-large-inside",
    Text(
        "it unpacks to {megabytes} MB, {ratio} times its size on disk.",
        "解压后达 {megabytes} MB，是文件大小的 {ratio} 倍。",
    ),
    Text(
        "No honest workbook does that; save the sheet as CSV.",
        "正常的工作簿不会如此；请将该表另存为 CSV。",
    ),
)

NO_METER_COLUMN = Problem(
    "registry.no-meter-column",
    Text(
        "no column holds the meter's id; the columns are: {columns}.",
        "找不到电表编号列；现有的列为：{columns}。",
    ),
    Text(
        "Name it meter_id or 表号, or say which it is: --map 'COLUMN=meter_id'.",
        "请将该列命名为 meter_id 或 表号，或用 --map '列名=meter_id' 指明。",
    ),
    on_pages=Text(
        "Name it meter_id or 表号 in the file, and send it again.",
        "请在文件中将该列命名为 meter_id 或 表号 后重新发送。",
    ),
)

SAME_COLUMN_TWICE = Problem(
    "registry.same-column-twice",
    Text("the columns {columns} are all taken for {name}.", "{columns} 几列都被认作 {name}。"),
    Text(
        "Say which one is meant: --map 'COLUMN={name}'.", "请用 --map '列名={name}' 指明是哪一列。"
    ),
    on_pages=Text(
        "Leave one of them in the file, or name the others differently.",
        "请在文件中只保留其中一列，或将其余列改名。",
    ),
)

BAD_MAP = Problem(
    "registry.bad-map",
    Text("the naming `{given}` of a column can't be followed.", "无法理解列的指定“{given}”。"),
    Text(
        "Write COLUMN=NAME, where COLUMN is one of: {columns}; and NAME one of: {names}.",
        "请写作 列名=名称；列名可为：{columns}；名称可为：{names}。",
    ),
)

BAD_ROWS = Problem(
    "registry.bad-rows",
    Text(
        "{bad} of {rows} rows can't be used; nothing was imported.",
        "{rows} 行中有 {bad} 行无法使用；未导入任何内容。",
    ),
    Text(
        "All of them are in {quarantine}; correct them, or import the others with --skip-bad.",
        "详见 {quarantine}；请更正这些行，或用 --skip-bad 导入其余各行。",
    ),
    on_pages=Text(
        "Correct the rows that are shown, or import the others without them.",
        "请更正所列的行，或略过它们导入其余各行。",
    ),
)

CHANGED_MEANWHILE = Problem(
    "registry.changed-meanwhile",
    Text(
        "another import changed the registry while this one was being prepared.",
        "准备期间，另一次导入已改动台账。",
    ),
    Text("Run the same command again.", "请重新运行同一命令。"),
    on_pages=Text("Plan it anew.", "请重新预演。"),
)

DAMAGED = Problem(
    "registry.damaged",
    Text("the registry's own file can't be read: {reason}.", "台账文件本身无法读取：{reason}。"),
    Text(
        "Put back a copy of it, or delete it and import the registry again.",
        "请恢复其备份，或删除后重新导入台账。",
    ),
)

NOT_REGISTERED = Problem(
    "registry.not-registered",
    Text(
        "the registry knows no meter or household `{wanted}`.", "台账中没有电表或住户“{wanted}”。"
    ),
    Text("Near it are: {near}.", "相近的有：{near}。"),
)

# One row of it. `{value}` is what stood there.

MISSING_METER = Problem(
    "registry.missing-meter",
    Text("the meter's id is missing.", "缺少电表编号。"),
    Text("Fill it in, or take the row out.", "请补填，或删除该行。"),
)

MISSING_HOUSEHOLD = Problem(
    "registry.missing-household",
    Text("the household's id is missing.", "缺少户号。"),
    Text(
        "Fill it in; repeat the meter's id where the meter is a home of its own.",
        "请补填；若该表自成一户，可填其表号。",
    ),
)

ROUNDED_ID = Problem(
    "registry.rounded-id",
    Text(
        "`{value}` is a number that a spreadsheet has rounded.",
        "“{value}”是被电子表格舍入过的数字。",
    ),
    Text(
        "Format the column as text and export it anew; the lost digits can't be guessed.",
        "请将该列设为文本格式后重新导出；丢失的数字无法还原。",
    ),
)

BAD_DATE = Problem(
    "registry.bad-date",
    Text("`{value}` is not a date that can be read one way only.", "“{value}”不是明确的日期。"),
    Text("Write it as 2024-01-31.", "请写作 2024-01-31。"),
)

ENDS_BEFORE_START = Problem(
    "registry.ends-before-start",
    Text("valid_to is {value}, not after valid_from.", "失效日期 {value} 不晚于生效日期。"),
    Text(
        "valid_to is the first day on which the row holds no more; leave it blank if it holds.",
        "失效日期是该行不再有效的第一天；仍有效则留空。",
    ),
)

BAD_FLOOR = Problem(
    "registry.bad-floor",
    Text("`{value}` is not a floor.", "“{value}”不是楼层。"),
    Text(
        "Write a whole number from -20 to 200 (B1 is read as -1), or leave it blank.",
        "请写 -20 到 200 的整数（B1 视为 -1），或留空。",
    ),
)

NOT_YES_OR_NO = Problem(
    "registry.not-yes-or-no",
    Text("`{value}` is neither yes nor no.", "“{value}”既不是“是”也不是“否”。"),
    Text(
        "Write yes or no (是, 否, 1, 0, true, false), or leave it blank.", "请写 是 或 否，或留空。"
    ),
)

CONFLICT = Problem(
    "registry.conflict",
    Text(
        "row {value} says something else of the same meter, household and start.",
        "第 {value} 行对同一电表、住户和生效日期另有说法。",
    ),
    Text("Keep the one that is right.", "请保留正确的一行。"),
)

OVERLAP = Problem(
    "registry.overlap",
    Text(
        "its dates overlap those of row {value}, of the same meter and household.",
        "与第 {value} 行（同一电表、同一住户）的有效期重叠。",
    ),
    Text(
        "End the earlier row with valid_to where the later one begins.",
        "请在后一行开始之日填写前一行的失效日期。",
    ),
)

OVERLAPS_REGISTRY = Problem(
    "registry.overlaps-registry",
    Text(
        "its dates overlap a row already in the registry, valid {value}.",
        "与台账中已有的一行重叠，其有效期为 {value}。",
    ),
    Text(
        "Give the row that is there the same valid_from to change it, or dates that don't overlap.",
        "若要修改已有的行，请使用相同的生效日期；否则请使有效期不重叠。",
    ),
)

RAGGED_ROW = Problem(
    "registry.ragged-row",
    Text(
        "the row does not have as many cells as the header: {value}.", "列数与表头不符：{value}。"
    ),
    Text(
        "Put quotes about cells that hold the delimiter.",
        "含分隔符的单元格请加引号。",
    ),
)
