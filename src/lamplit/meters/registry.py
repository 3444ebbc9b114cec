"""The registry: which meter serves which household, where, and from when to when.

One row per meter × household × validity. `valid_to` is exclusive; a missing end is open. A
household may have several meters, in turn or at once; a meter that serves several households at
once is shared, whether or not the registry says so.
"""

from __future__ import annotations

import unicodedata
from datetime import date

import pyarrow as pa

SCHEMA = pa.schema(
    [
        pa.field("meter_id", pa.string(), nullable=False),
        pa.field("household_id", pa.string(), nullable=False),
        pa.field("building_id", pa.string()),
        pa.field("community_id", pa.string()),
        pa.field("unit", pa.string()),
        pa.field("floor", pa.int32()),
        pa.field("door", pa.string()),
        pa.field("collector_id", pa.string()),
        pa.field("solar", pa.bool_()),
        pa.field("shared", pa.bool_()),
        pa.field("lives_alone", pa.bool_()),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_to", pa.date32()),
        pa.field("building_name_zh", pa.string()),
        pa.field("building_name_en", pa.string()),
        pa.field("community_name_zh", pa.string()),
        pa.field("community_name_en", pa.string()),
    ]
)
"""The registry's columns, as its Parquet file has them."""

COLUMNS: tuple[str, ...] = tuple(SCHEMA.names)

IDS = ("meter_id", "household_id", "building_id", "community_id", "collector_id")
FLAGS = ("solar", "shared", "lives_alone")
DATES = ("valid_from", "valid_to")

SYNONYMS: dict[str, tuple[str, ...]] = {
    "meter_id": (
        "meter", "meter no", "meter number", "meter serial", "mpan", "nmi",
        "电表", "表号", "电表号", "电能表", "电表编号", "电能表编号", "表计编号", "资产编号",
        "电表资产号", "电能表资产编号", "计量点编号",
    ),
    "household_id": (
        "household", "home", "home id", "customer id", "customer no", "account", "account id",
        "户号", "住户", "住户编号", "用户编号", "用户号", "用电户号", "客户编号",
    ),
    "building_id": (
        "building", "block", "楼栋", "楼栋号", "楼栋编号", "楼号", "栋号", "幢号", "楼幢",
    ),
    "community_id": (
        "community", "neighbourhood", "neighborhood", "estate",
        "社区", "社区编号", "小区", "小区编号", "台区", "台区编号",
    ),
    "unit": ("entrance", "stair", "单元", "单元号"),
    "floor": ("storey", "level", "楼层", "层", "层数", "所在楼层"),
    "door": ("door no", "flat", "apartment", "room", "门牌", "门牌号", "房号", "房间号", "室号"),
    "collector_id": (
        "collector", "concentrator", "gateway",
        "采集器", "采集器编号", "集中器", "集中器编号", "终端", "终端编号", "采集终端",
    ),
    "solar": ("pv", "has solar", "photovoltaic", "光伏", "有光伏", "是否光伏", "光伏用户"),
    "shared": ("shared meter", "is shared", "合表", "是否合表", "合表用户", "共用"),
    "lives_alone": ("alone", "living alone", "独居", "是否独居", "独居老人", "独居住户"),
    "valid_from": (
        "from", "start", "start date", "effective from", "since",
        "生效日期", "开始日期", "起始日期", "启用日期", "装表日期", "立户日期",
    ),
    "valid_to": (
        "to", "until", "end", "end date", "effective to",
        "失效日期", "结束日期", "终止日期", "停用日期", "拆表日期", "销户日期",
    ),
    "building_name_zh": ("楼栋名称", "楼名", "楼宇名称"),
    "building_name_en": ("building name",),
    "community_name_zh": ("社区名称", "小区名称", "社区名"),
    "community_name_en": ("community name", "neighbourhood name"),
}  # fmt: skip
"""What people head their columns with. Matched without case, spaces and punctuation."""


def folded(header: str) -> str:
    """`header` without case, width, spaces and punctuation: `Meter_ID ` and `meter id` agree."""
    wide = unicodedata.normalize("NFKC", header).lower()
    return "".join(c for c in wide if c.isalnum())


_BY_FOLDED = {folded(word): name for name in COLUMNS for word in (name, *SYNONYMS.get(name, ()))}


def column_of(header: str) -> str | None:
    """The registry's column that `header` names, or None."""
    return _BY_FOLDED.get(folded(header))


def empty_table() -> pa.Table:
    """A registry without rows."""
    return SCHEMA.empty_table()


def links_sql(registry: str, day: date) -> str:
    """SQL for one row per meter valid on `day`, from `registry` (a table's name or a subquery).

    Columns: meter_id, household_id, n_households, n_meters (of the household), shared, solar,
    lives_alone, then building_id, community_id, unit, floor, door, collector_id and the four
    names. `shared` is true where the registry says so or where the meter serves more than one
    household that day; then household_id is the first of them, and a place on which they
    disagree is NULL. Written in the subset that DuckDB and Spark both mean alike.
    """
    agreed = ",\n    ".join(
        f"CASE WHEN min({c}) = max({c}) THEN min({c}) END AS {c}"
        for c in ("building_id", "community_id", "unit", "floor", "door", "collector_id", *_NAMES)
    )
    places = ", ".join(
        f"m.{c}"
        for c in ("building_id", "community_id", "unit", "floor", "door", "collector_id", *_NAMES)
    )
    return f"""\
WITH valid AS (
  SELECT * FROM {registry}
  WHERE (valid_from IS NULL OR valid_from <= DATE '{day.isoformat()}')
    AND (valid_to IS NULL OR valid_to > DATE '{day.isoformat()}')
),
meters AS (
  SELECT meter_id,
    min(household_id) AS household_id,
    count(DISTINCT household_id) AS n_households,
    max(CASE WHEN shared THEN 1 ELSE 0 END) AS said_shared,
    max(CASE WHEN solar THEN 1 ELSE 0 END) = 1 AS solar,
    max(CASE WHEN lives_alone THEN 1 ELSE 0 END) = 1 AS lives_alone,
    {agreed}
  FROM valid GROUP BY meter_id
),
homes AS (
  SELECT household_id, count(DISTINCT meter_id) AS n_meters FROM valid GROUP BY household_id
)
SELECT m.meter_id, m.household_id, m.n_households, h.n_meters,
  m.said_shared = 1 OR m.n_households > 1 AS shared, m.solar, m.lives_alone,
  {places}
FROM meters m JOIN homes h ON h.household_id = m.household_id"""


_NAMES = ("building_name_zh", "building_name_en", "community_name_zh", "community_name_en")
