"""The registry's columns as somebody with a file is asked after them, and what headings mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lamplit.domain.language import Text
from lamplit.meters.registry import COLUMNS, FLAGS, IDS, SYNONYMS, folded
from lamplit.meters.sheets import Sheet, read_sheet
from lamplit.services.field.files.columns import Layout, Said, take_columns

KIND = "registry"
"""By this name what was said of headings is kept, beside the kinds of tables."""

YES_NO = {"yes": Text("yes", "是"), "no": Text("no", "否")}

LAYOUT = Layout(
    columns={name: SYNONYMS.get(name, ()) for name in COLUMNS},
    needed=("meter_id",),
    codes=IDS,
    texts={
        "meter_id": Text("Meter", "电表编号"),
        "household_id": Text("Home (customer's number)", "户号"),
        "building_id": Text("Building (its code)", "楼栋（编号）"),
        "community_id": Text("Community (its code)", "社区（编号）"),
        "unit": Text("Entrance", "单元"),
        "floor": Text("Floor", "楼层"),
        "door": Text("Door", "门牌"),
        "collector_id": Text("Collector", "采集终端"),
        "solar": Text("Has a solar roof", "有光伏"),
        "shared": Text("Several homes share it", "几户合用"),
        "lives_alone": Text("Lives alone, and agreed", "独居且已同意"),
        "valid_from": Text("From", "起"),
        "valid_to": Text("Until", "止"),
        "building_name_zh": Text("Building's name", "楼栋名称"),
        "building_name_en": Text("Building's English name", "楼栋英文名称"),
        "community_name_zh": Text("Community's name", "社区名称"),
        "community_name_en": Text("Community's English name", "社区英文名称"),
    },
    near={
        "meter_id": ("电能表", "电表", "表计", "表号", "计量点"),
        "household_id": ("用户", "客户", "户", "customer"),
        "building_id": ("楼", "栋", "幢"),
        "community_id": ("社区", "小区", "台区"),
        "unit": ("单元",),
        "floor": ("楼层",),
        "door": ("门牌", "房", "室"),
        "collector_id": ("集中器", "采集", "终端"),
    },
    values=dict.fromkeys(FLAGS, YES_NO),
)


def read(file: Path, said: Said) -> Sheet:
    """The table in `file`; headings that were named before help to find them. Raises the
    LamplitErrors of `read_sheet`.
    """
    return read_sheet(file, lambda one: LAYOUT.column_of(one) or said.kept.get(folded(one)))


def meanings(where: str, headers: Sequence[str], said: Said) -> dict[str, str]:
    """The registry's column of each heading; empty for those that are left aside though they
    would be recognised. Raises the LamplitErrors of `take_columns`.
    """
    at = take_columns(where, headers, LAYOUT, said)
    taken = {headers[index]: name for name, index in at.items()}
    return {one: taken.get(one, "") for one in headers if one in taken or LAYOUT.column_of(one)}
