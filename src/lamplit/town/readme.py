"""The README that lies in a town's folder and tells what is what."""

from __future__ import annotations

from lamplit.town.calendar import Order

_LAYOUTS = {
    "wide": (
        "one row per meter, local day and direction: meter_id, day, direction, quality, seq, "
        "P1 … Pn (kWh of each slot; P1 starts at 00:00 local time)",
        "每表每日每方向一行：P1…Pn 为各时段电量（kWh），P1 从当地 00:00 起",
    ),
    "long": (
        "one row per meter and slot: meter_id, time (UTC, start of the slot), kwh, kwh_export, "
        "quality, seq",
        "每表每时段一行：time 为时段起点（UTC）",
    ),
    "daily": (
        "one row per meter and local day: meter_id, day, kwh, kwh_export, quality, seq",
        "每表每日一行：日电量",
    ),
    "registers": (
        "one row per meter and local day: register_kwh as at 00:00 at the start of the day, "
        "register_export, digits (integer digits before rollover), quality, seq",
        "每表每日一行：当日 00:00 的正向有功总示数（日冻结），digits 为整数位数",
    ),
}


def readme_text(order: Order, rows: dict[str, int]) -> str:
    """What each file is, in English and Chinese, and how it was made."""
    en, zh = _LAYOUTS[order.layout]
    beyond = f" --beyond {order.beyond}" if order.beyond else ""
    files = "\n".join(f"| {name} | {count:,} |" for name, count in sorted(rows.items()))
    return f"""# A simulated town · 模拟城镇

Nobody lives here: every person, home and reading is made up. 全部人物、住户与读数均为虚构。

Made by / 生成命令:

    lamplit town --homes {order.homes} --days {order.days} --seed {order.seed} \\
      --preset {order.preset.name} --minutes {order.minutes} --layout {order.layout} \\
      --format {order.fmt} --start {order.start} --timezone {order.timezone}{beyond} -o DIR

| file · 文件 | rows · 行数 |
|---|---|
{files}

- `registry.csv`: meters, households, doors, collectors (台账). `lamplit registry import` reads it.
- `readings/`: {en}. {zh}。
- `corrections/`: a second, small delivery with a higher `seq`: days put right, and some
  delivered again unchanged (第二批更正数据，seq 较大者为准).
- `truth.parquet`, `truth.csv`: household_id, day, occupied (somebody was there at some time of
  the day 当日有人), empty_spell (nobody all day, within at least 3 such days in a row 连续空户),
  home_class, confounder (all that ever applied to the home), confounder_day (those of that day),
  missing (no honest, actual reading of that day: "unknown" is right 当日无真实读数), valid_share
  (share of its slots honestly read), lived_alone (consented). The CSV is left out of large towns.
- `events.csv`: household_id, day, event (went_dark, returned, routine_broken, frozen_high), days.
- `outages.csv`: the outages that the utility knows of, local hours (停电记录).
- `outlines.geojson`: where it would lie, for a map (地图轮廓).
- `town.json`: the order, for machines.

The classes and confounders are described in docs/reference/town.md.
"""
