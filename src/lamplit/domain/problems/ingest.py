"""What can go wrong when readings are taken in."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NO_SUCH_FILE = Problem(
    "ingest.no-such-file",
    Text("there is no such file or folder", "没有这个文件或文件夹"),
    Text(
        "Check the path, or the address; of an address `*` may stand in its last part only.",
        "请检查路径或地址；地址中的 `*` 只能用在最后一段。",
    ),
)
NO_FILES = Problem(
    "ingest.no-files",
    Text("the folder has no files to read", "文件夹中没有可读的文件"),
    Text("Name a file, or a folder that has readings in it.", "请指定文件，或含有读数的文件夹。"),
)
EMPTY_FILE = Problem(
    "ingest.empty-file",
    Text("the file is empty", "文件为空"),
    Text("Export it again; nothing was taken in.", "请重新导出；未导入任何内容。"),
)
HEADER_ONLY = Problem(
    "ingest.header-only",
    Text("the file has a header and no readings", "文件只有表头，没有读数"),
    Text(
        "Export it again with its rows; nothing was taken in.",
        "请连同数据行重新导出；未导入任何内容。",
    ),
)
UNKNOWN_LAYOUT = Problem(
    "ingest.unknown-layout",
    Text(
        "no layout fits this file; its columns are: {columns}",
        "没有匹配的布局；该文件的列为：{columns}",
    ),
    Text(
        "Name the columns with --map (meter_id=…, time=…, kwh=…), or the layout with --layout "
        "({layouts}).",
        "请用 --map 指明各列（meter_id=…、time=…、kwh=…），或用 --layout 指定布局（{layouts}）。",
    ),
    on_pages=Text(
        "Say the layout ({layouts}), or name the file's columns as one of these layouts does.",
        "请选择布局（{layouts}），或按其中一种布局命名文件的列。",
    ),
)
ONE_COLUMN = Problem(
    "ingest.wrong-delimiter",
    Text(
        "only one column was found, with the delimiter {delimiter!r}: {header}",
        "以 {delimiter!r} 为分隔符只找到一列：{header}",
    ),
    Text(
        "Name the delimiter with --delimiter (for example ';' or '\\t').",
        "请用 --delimiter 指明分隔符（例如 ';' 或 '\\t'）。",
    ),
    on_pages=Text(
        "Save it with commas or semicolons between the cells and send it again.",
        "请改用逗号或分号分隔后重新发送。",
    ),
)
NO_SUCH_LAYOUT = Problem(
    "ingest.no-such-layout",
    Text("there is no layout {name!r}", "没有名为 {name!r} 的布局"),
    Text("Choose one of: {layouts}.", "请从中选择：{layouts}。"),
)
MISSING_COLUMN = Problem(
    "ingest.missing-column",
    Text(
        "the column {column} was not found; the file has: {columns}",
        "找不到 {column} 列；该文件的列为：{columns}",
    ),
    Text("Name it with --map {column}=NAME.", "请用 --map {column}=列名 指明。"),
    on_pages=Text(
        "Name a column of the file so, and send it again.", "请将文件中对应的列按此命名后重新发送。"
    ),
)
BAD_MAP = Problem(
    "ingest.bad-map",
    Text("the naming {item!r} of a column is not understood", "无法理解列的指定 {item!r}"),
    Text(
        "Write NAME=COLUMN, where NAME is one of {names} and COLUMN stands in the file.",
        "请写作 名称=列名，名称为 {names} 之一，列名须在文件中。",
    ),
)
TOO_MANY_COLUMNS = Problem(
    "ingest.too-many-columns",
    Text(
        "the first line has over {count} columns, or never ends",
        "首行超过 {count} 列，或没有结尾",
    ),
    Text(
        "Check that lines end with a line feed, and that this is a file of readings.",
        "请检查各行是否以换行结束，以及这是否为读数文件。",
    ),
)
NOT_TEXT = Problem(
    "ingest.not-readings",
    Text("the file is neither text, Parquet nor Excel", "该文件不是文本、Parquet 或 Excel"),
    Text(
        "Give CSV, Parquet, XLSX, XML, or such packed as gz, zst or zip.",
        "请提供 CSV、Parquet、XLSX、XML 或其 gz、zst、zip 压缩文件。",
    ),
)
BAD_ENCODING = Problem(
    "ingest.encoding",
    Text("the text can't be decoded as {encoding}", "无法按 {encoding} 解码文本"),
    Text(
        "Name the encoding with --encoding (utf-8, gb18030, utf-16).",
        "请用 --encoding 指明编码（utf-8、gb18030、utf-16）。",
    ),
    on_pages=Text("Save it as UTF-8 and send it again.", "请另存为 UTF-8 后重新发送。"),
)
CUT_OFF = Problem(
    "ingest.cut-off",
    Text("the {kind} file is damaged or cut off: {cause}", "{kind} 文件已损坏或不完整：{cause}"),
    Text(
        "Copy or download it again; nothing of it was taken in.",
        "请重新复制或下载；未导入其任何内容。",
    ),
)
BOMB = Problem(
    "ingest.archive-bomb",
    Text(
        "unpacked, this would be over {size} ({ratio} times the packed size)",
        "解压后将超过 {size}（为压缩大小的 {ratio} 倍）",
    ),
    Text(
        "If the file is honest, unpack it yourself and give the unpacked file.",
        "若文件可信，请自行解压后提供解压后的文件。",
    ),
)
NO_ROOM = Problem(
    "ingest.no-room",
    Text(
        "the disk has no room to unpack this (stopped at {size})",
        "磁盘空间不足，无法解压（已停在 {size}）",
    ),
    Text(
        "Free some space, or put the home on a larger disk.",
        "请释放空间，或把主目录放到更大的磁盘。",
    ),
)
NESTED = Problem(
    "ingest.nested-archive",
    Text("an archive within an archive is not opened", "不打开嵌套的压缩包"),
    Text("Unpack the outer one first.", "请先解压外层。"),
)
ENCRYPTED = Problem(
    "ingest.encrypted",
    Text("the archive is protected with a password", "压缩包有密码保护"),
    Text("Unpack it first.", "请先解压。"),
)
NOTHING_USABLE = Problem(
    "ingest.nothing-usable",
    Text(
        "none of the {rows} rows could be read; the first: {reason}",
        "{rows} 行全部无法读取；首行原因：{reason}",
    ),
    Text(
        "The quarantine file has every row with its reason; the lake is as it was.",
        "隔离文件记录了每一行及其原因；湖保持原样。",
    ),
)
UNREADABLE = Problem(
    "ingest.unreadable",
    Text("the file can't be read as {layout}: {cause}", "无法按 {layout} 读取该文件：{cause}"),
    Text(
        "Check the file, or name another layout with --layout.",
        "请检查文件，或用 --layout 指定其他布局。",
    ),
    on_pages=Text("Check the file, or choose another layout.", "请检查文件，或选择其他布局。"),
)
NO_METER_ID = Problem(
    "ingest.no-meter-id",
    Text("the file holds one meter and does not name it", "该文件只含一块电表且未写明表号"),
    Text("Give it with --meter-id.", "请用 --meter-id 指明。"),
    on_pages=Text(
        "Add a column meter_id that names the meter, and send it again.",
        "请添加写明表号的 meter_id 列后重新发送。",
    ),
)
INTERVAL_UNKNOWN = Problem(
    "ingest.interval-unknown",
    Text(
        "{meters} meters have too few readings to tell how long an interval is",
        "{meters} 块电表的读数过少，无法判断区间长度",
    ),
    Text(
        "Say it with --minutes (15, 30, 60; 1440 for daily energy).",
        "请用 --minutes 指明（15、30、60；日电量为 1440）。",
    ),
    on_pages=Text(
        "Send a file with more days of these meters.", "请发送含这些电表更多日期的文件。"
    ),
)
