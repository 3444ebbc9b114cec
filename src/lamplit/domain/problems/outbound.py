"""Problems met when a file or a picture is written."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

UNKNOWN_SUFFIX = Problem(
    "outbound.unknown-suffix",
    Text("'{suffix}' is not a kind of file that can be written.", "无法写出“{suffix}”类型的文件。"),
    Text("Use one of: {known}.", "请使用：{known}。"),
)
FOLDER_MISSING = Problem(
    "outbound.folder-missing",
    Text("the folder {folder} does not exist.", "文件夹 {folder} 不存在。"),
    Text("Make the folder first, or choose another.", "请先建立该文件夹，或改用其他文件夹。"),
)
NOT_WRITABLE = Problem(
    "outbound.not-writable",
    Text("the file cannot be written: {reason}", "无法写入文件：{reason}"),
    Text(
        "Check the folder's permissions and the free space; nothing was changed.",
        "请检查文件夹权限和剩余空间；原文件未改动。",
    ),
)
IS_FOLDER = Problem(
    "outbound.is-folder",
    Text("this is a folder, not a file.", "这是文件夹，不是文件。"),
    Text("Add a file name, such as doors.xlsx.", "请加上文件名，例如 doors.xlsx。"),
)
TOO_MANY_ROWS = Problem(
    "outbound.too-many-rows",
    Text(
        "{rows} rows do not fit an Excel sheet, which ends at {limit}.",
        "{rows} 行超出 Excel 工作表的上限 {limit} 行。",
    ),
    Text("Write .parquet or .csv, or take fewer rows.", "请写成 .parquet 或 .csv，或减少行数。"),
)
NO_WINDOWS = Problem(
    "outbound.no-windows",
    Text("the building {building} has no doors to draw.", "楼栋 {building} 没有可画的门户。"),
    Text(
        "Import a registry that places homes in it: `lamplit registry import FILE`.",
        "请先导入含该楼住户的台账：`lamplit registry import 文件`。",
    ),
    on_pages=Text("Import a registry that places homes in it first.", "请先导入含该楼住户的台账。"),
)
