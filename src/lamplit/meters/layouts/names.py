"""The names that columns go by, in English and Chinese, and how they are found in a header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import ingest as problems

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "meter_id": (
        "meter_id", "meterid", "meter", "meter_no", "meter_number", "meter_serial", "mpan",
        "lclid", "nmi", "cons_no", "device_id", "deviceid", "asset_no", "household_id",
        "电能表编号", "电能表号", "电表编号", "电表号", "表号", "表计编号", "表计号", "局编号",
        "资产编号", "电表资产编号", "电表资产号", "表资产号", "电能表资产号", "电能表资产编号",
        "电表", "户号", "用户编号", "用户编码", "用户号", "客户编号", "计量点编号", "测量点号",
        "终端地址", "用电户号", "用户户号", "表地址", "通信地址", "id",
    ),
    "time": (
        "time", "timestamp", "datetime", "date_time", "start", "start_time", "starttime", "ts",
        "tstp", "reading_time", "read_time", "period_start", "interval_start", "time_start",
        "end", "end_time", "period_end", "interval_end", "数据时间", "时间", "时间点", "采集时间",
        "抄表时间", "开始时间", "起始时间", "结束时间", "时刻", "数据时刻", "冻结时间", "日期时间",
    ),
    "day": (
        "day", "date", "data_date", "local_day", "read_date", "reading_date", "settlement_date",
        "数据日期", "日期", "用电日期", "采集日期", "抄表日期", "冻结日期", "数据日", "日",
    ),
    "kwh": (
        "kwh", "energy", "value", "consumption", "usage", "import_kwh", "kwh_import", "import",
        "energy_kwh", "consumption_kwh", "kwh_hh", "energy(kwh/hh)", "energy(kwh)", "kwh/hh",
        "kwh/hh (per half hour)", "reading", "active_energy", "daily_kwh", "kwh_day", "load",
        "电量", "用电量", "正向有功电量", "正向电量", "日电量", "日用电量", "有功电量", "总电量",
        "电量值", "用电", "电能", "电量(kwh)", "用电量(kwh)", "正向有功总电量", "电能量",
    ),
    "kwh_export": (
        "kwh_export", "export_kwh", "export", "generation", "feed_in", "export_energy",
        "反向电量", "反向有功电量", "上网电量", "反向有功总电量", "发电上网电量", "倒送电量",
    ),
    "quality": (
        "quality", "quality_flag", "qualityflag", "flag", "status", "quality_code", "row_quality",
        "read_type", "reading_type", "数据质量", "质量", "质量标志", "数据标志", "状态", "数据来源",
    ),
    "seq": (
        "seq", "sequence", "version", "updated_at", "update_time", "revision", "updated",
        "modified", "created_at", "更新时间", "版本", "版本号", "入库时间", "修改时间",
    ),
    "minutes": ("minutes", "interval", "interval_minutes", "period_minutes", "间隔", "间隔分钟",
                "时间间隔"),
    "direction": (
        "direction", "flow", "flow_direction", "register_type", "channel", "方向", "数据类型",
        "电量类型", "功率方向", "示数类型", "数据项", "数据项名称",
    ),
    "ct": ("ct", "ct_ratio", "ct变比", "电流互感器变比", "电流变比", "ct倍率", "电流倍率"),
    "pt": ("pt", "pt_ratio", "vt", "pt变比", "电压互感器变比", "电压变比", "pt倍率", "电压倍率"),
    "multiplier": (
        "multiplier", "factor", "t_factor", "mult", "ratio", "倍率", "综合倍率", "计算倍率",
        "互感器倍率", "自身倍率",
    ),
    "register": (
        "register", "register_kwh", "reading_kwh", "index", "meter_reading", "cumulative",
        "cumulative_kwh", "import_register", "1.8.0", "1-0:1.8.0", "1-1:1.8.0", "1.0.1.8.0.255",
        "1-0:1.8.0*255", "1-0:1.8.0.255", "pap_r", "正向有功总", "正向有功总示数",
        "正向有功总示值", "正向有功总电能示值", "正向有功电能示值", "正向有功示数",
        "正向有功总电能", "正向有功", "日冻结正向有功总", "日冻结正向有功总电能示值", "示数",
        "示值", "表码", "止码", "本次示数", "总示数", "有功总",
        "日冻结示数", "冻结示数", "电能示值", "正向有功(总)",
    ),
    "register_export": (
        "register_export", "export_register", "register_export_kwh", "2.8.0", "1-0:2.8.0",
        "1-1:2.8.0", "1.0.2.8.0.255", "1-0:2.8.0*255", "1-0:2.8.0.255", "rap_r", "反向有功总",
        "反向有功总示数", "反向有功总示值", "反向有功总电能示值", "反向有功电能示值", "反向有功",
        "反向有功示数", "日冻结反向有功总", "反向有功(总)",
    ),
    "digits": ("digits", "register_digits", "位数", "示数位数", "整数位数", "表码位数"),
}  # fmt: skip
"""Canonical name to the names it goes by; earlier names are preferred."""

IMPORT_WORDS: Final = (
    "import", "consumption", "delivered", "forward", "b", "e1", "gc", "cl", "1", "in", "+", "a+",
    "正向", "正向有功", "正向有功总", "正向电量", "正", "用电", "受电", "购电", "下网", "1.8.0",
    "正向有功电量", "正向有功功率",
)  # fmt: skip
EXPORT_WORDS: Final = (
    "export", "generation", "received", "reverse", "b1", "gg", "2", "out", "-", "a-", "反向",
    "反向有功", "反向有功总", "反向电量", "反", "上网", "发电", "倒送", "2.8.0", "反向有功电量",
    "反向有功功率",
)  # fmt: skip


_GAPS: Final = re.compile(r"[\s_]+")
_FOLDED: Final = str.maketrans("（）：／", "():/")


def tidy(name: str) -> str:
    """A column's name as it is compared: lower case, no spaces, full-width brackets folded."""
    return _GAPS.sub("_", name.strip().strip("\"'").lower().translate(_FOLDED))


def find_columns(
    header: Sequence[str], given: Mapping[str, str], wanted: Iterable[str] = NAMES
) -> dict[str, int]:
    """Where each canonical column stands in the header, as far as it is found.

    `given` (canonical to the file's name) comes first; then exact names, then names with a unit
    after them (`电量(kWh)`). Raises LamplitError `ingest.missing-column` for a given name that
    is not in the header.
    """
    tidied = [tidy(cell) for cell in header]
    found: dict[str, int] = {}
    for canonical, name in given.items():
        if tidy(name) not in tidied:
            raise LamplitError(
                problems.MISSING_COLUMN,
                column=canonical,
                columns=", ".join(header[:30]),
            )
        found[canonical] = tidied.index(tidy(name))
    taken = set(found.values())
    # A file may have a million columns: each is looked at once, not once for each name.
    exact, bare = _places(tidied), _places([_without_unit(cell) for cell in tidied])
    for canonical in wanted:
        if canonical in found:
            continue
        names = [tidy(name) for name in NAMES[canonical]]
        at = _place(exact, names, taken)
        at = _place(bare, names, taken) if at is None else at
        if at is not None:
            found[canonical] = at
            taken.add(at)
    return found


def _without_unit(cell: str) -> str:
    return re.sub(r"[\[(].*[\])]$", "", cell).rstrip("_")


def _places(cells: Sequence[str]) -> dict[str, list[int]]:
    """Where each name stands, from the left; empty names are none."""
    places: dict[str, list[int]] = {}
    for at, cell in enumerate(cells):
        if cell:
            places.setdefault(cell, []).append(at)
    return places


def _place(places: Mapping[str, list[int]], names: Iterable[str], taken: set[int]) -> int | None:
    """The leftmost free place of the first name that has one."""
    free = (at for name in names for at in places.get(name, ()) if at not in taken)
    return next(free, None)


def direction_sql(cell: str) -> str:
    """'import', 'export' or NULL for a text cell that names a direction."""
    word = f"lower(trim({cell}))"
    imports = ", ".join(f"'{w}'" for w in IMPORT_WORDS)
    exports = ", ".join(f"'{w}'" for w in EXPORT_WORDS)
    return (
        f"CASE WHEN {word} IN ({exports}) OR {word} LIKE '反向%' THEN 'export' "
        f"WHEN {word} IN ({imports}) OR {word} LIKE '正向%' OR {cell} IS NULL THEN 'import' END"
    )
