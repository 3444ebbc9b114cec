"""One story for both engines: a town with everything that makes meters hard to read.

Two evenings of files come in. The first has the bulk: wide readings over the night on which the
clocks change, registers that roll over, and a long file with lines that nobody can read. The second
brings the days that follow, some of them in Parquet, late readings, lines that come again,
corrected days, and a meter that was exchanged.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from lamplit.cli.app import run
from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.lake import COLUMNS, Lake
from lamplit.services.home import Home
from lamplit.services.night.snapshots import read_manifest, read_snapshot

ZONE = "Europe/Berlin"
START, TURN, LAST = "2020-03-10", "2020-04-05", "2020-04-18"
TYPED = "2020-04-13"
"""The day from which wide readings come in Parquet; registers do after TURN."""
DAYS = 40
BETWEEN = "2020-04-08"
"""A day whose night is not kept."""
BROKEN = "2020-04-12"
"""An evening whose list has a broken routine."""
LISTS = {"doors": LAST, "doors-before": BETWEEN, "doors-broken": BROKEN}
"""The lists that are written, and the evening of each."""
TOWNS = {"wide": (300, "wide", 60, 20), "reg": (40, "registers", 15, 12)}
"""Homes, layout, minutes and seed of each: between them they have every confounder."""
LATE = 9
"""Meters of which a week of the first evening's readings comes on the second only."""
FEW = 9
"""Homes of the third community: too few for it to be told of."""
AGAIN = ("2020-03-28", "2020-03-30")
"""Days around the turn of the clocks of which some lines come again on the second evening."""


@dataclass(frozen=True)
class Story:
    """The files of both evenings, and the two states of the registry."""

    folder: Path
    registries: tuple[Path, Path]
    evenings: tuple[tuple[Path, ...], tuple[Path, ...]]


def lamplit(*words: Any) -> int:
    """The command, in this process."""
    return run([str(word) for word in words])


EVENINGS = (TURN, LAST)


def begin(path: Path) -> None:
    """An empty home."""
    assert lamplit("init", path, "--timezone", ZONE) == 0


def evening(
    story: Story, path: Path, number: int, *engine: str, at: Callable[[Path], str] = str
) -> None:
    """An evening on one engine: the registry and files come in, the nights are worked.

    `at`: where a file of readings is, for those who take it in.
    """
    assert lamplit("registry", "import", story.registries[number], "--home", path) == 0
    for file in story.evenings[number]:
        assert lamplit("ingest", at(file), "--home", path, *engine) == 0
    assert lamplit("nightly", "--through", EVENINGS[number], "--home", path, *engine) == 0


def look(path: Path, *engine: str) -> None:
    """Write both views of the states, the areas, and the list, beside the home's settings."""
    for view in ("asof", "revised"):
        done = lamplit(
            "states", "--from", "2020-03-25", "--to", "2020-04-12", "--view", view,
            "-o", path / f"{view}.parquet", "--home", path, *engine,
        )  # fmt: skip
        assert done == 0
    span = ("--from", "2020-03-25", "--to", "2020-04-12", "-o", path / "areas.parquet")
    assert lamplit("areas", *span, "--home", path, *engine) == 0
    for name, day in LISTS.items():
        evening = ("--as-of", day, "-o", path / f"{name}.parquet")
        assert lamplit("sweep", *evening, "--home", path, *engine) == 0


def write_story(folder: Path) -> Story:
    """Make the files."""
    for name, (homes, layout, minutes, seed) in TOWNS.items():
        done = lamplit(
            "town", "--homes", homes, "--days", DAYS, "--preset", "hard", "--layout", layout,
            "--minutes", minutes, "--format", "csv", "--timezone", ZONE, "--start", START,
            "--seed", seed, "--threads", 1, "-o", folder / name,
        )  # fmt: skip
        assert done == 0
    wide = _lines(folder / "wide" / "readings")
    registers = [line.replace('"', '"R', 1) for line in _lines(folder / "reg" / "readings")[1:]]
    registers = [_lines(folder / "reg" / "readings")[0], *registers]
    meters = sorted({_meter(line) for line in wide[1:]})
    late = {line for line in wide[1:] if _late(line, meters)}
    corrections = (folder / "wide" / "corrections" / "corrections.csv").read_text().splitlines()
    early = [line for line in wide[1:] if _day(line) <= TURN and line not in late]
    rest = [line for line in wide[1:] if TURN < _day(line) < TYPED or line in late]
    typed = [line for line in wide[1:] if _day(line) >= TYPED]
    first = (
        _write(folder / "1-wide.csv", [wide[0], *early]),
        _write(folder / "2-registers.csv", _until(registers, lambda d: d <= TURN)),
        _write(folder / "3-long.csv", _long_lines()),
    )
    second = (
        # Later readings come first: which one counts is not a matter of the order of files.
        _write(folder / "4-wide.csv", [wide[0], *rest, *repeated(early)]),
        _write(folder / "5-corrections.csv", [*corrections, *_bad(corrections[-1])]),
        _parquet(folder / "6-registers", _until(registers, lambda d: d > TURN)),
        _parquet(folder / "7-wide", [wide[0], *typed]),
    )
    rows = _parted((folder / "wide" / "registry.csv").read_text())
    changed = _exchanged(rows, meters[3], meters[5])
    registries = (
        _write(folder / "registry-1.csv", _csv(rows)),
        _write(folder / "registry-2.csv", _csv(changed)),
    )
    return Story(folder, registries, (first, second))


def repeated(lines: list[str]) -> list[str]:
    """The lines that come again: days of export, and as many of import, the turn's among them."""
    around = [line for line in lines if AGAIN[0] <= _day(line) <= AGAIN[1]]
    export = [line for line in around if '"export"' in line]
    bought = [line for line in around if '"export"' not in line]
    return export + bought[: len(export)]


def confounders(story: Story) -> set[str]:
    """The codes of what makes the story's meters and homes hard to read, by its truth."""
    found: set[str] = set()
    for name in TOWNS:
        truth = csv.DictReader((story.folder / name / "truth.csv").open(encoding="utf-8"))
        for row in truth:
            found.update(f"{row['confounder']} {row['confounder_day']}".replace(";", " ").split())
    return found


def _lines(folder: Path) -> list[str]:
    files = sorted(folder.glob("*.csv"))
    parts = [file.read_text().splitlines() for file in files]
    return [parts[0][0], *(line for part in parts for line in part[1:])]


def _meter(line: str) -> str:
    return line.split(",", maxsplit=1)[0].strip('"')


def _day(line: str) -> str:
    return line.split(",")[1]


def _late(line: str, meters: list[str]) -> bool:
    return _meter(line) in meters[:LATE] and "2020-03-20" <= _day(line) <= "2020-03-26"


def _until(lines: list[str], wanted: Any) -> list[str]:
    return [lines[0], *(line for line in lines[1:] if wanted(_day(line)))]


def _write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _parquet(path: Path, lines: list[str]) -> Path:
    """The lines as Parquet, each column of its own type, in row groups of which none has much."""
    table = pv.read_csv(
        io.BytesIO("\n".join(lines).encode()),
        convert_options=pv.ConvertOptions(column_types={"meter_id": pa.string()}),
    )
    pq.write_table(table, path.with_suffix(".parquet"), row_group_size=400)
    return path.with_suffix(".parquet")


def _long_lines() -> list[str]:
    """Half-hourly readings of meters that the registry does not know, with all kinds of faults."""
    lines = ["meter_id,time,kwh"]
    for day in (28, 29, 30):
        for half in range(48):
            at = f"2020-03-{day} {half // 2:02d}:{half % 2 * 30:02d}"
            lines += [f"L{n},{at},{(n * 7 + half) % 11 / 10}" for n in range(1, 5)]
    lines += ["L9,2020-03-30 10:00,0.5", "L9,2020-03-30 10:30,0.25"]  # too few for a length
    lines += ["L1,2020-03-28 00:00,0.9", '"L2",2020-03-30 23:30,0.7']  # once more, otherwise
    lines += ["\u3000L2,2020-03-30 22:30,0.3"]  # the same meter, from a careless hand
    lines += [
        "L1,2020-03-30 10:07,0.1", "L1,,0.1", ",2020-03-30 10:00,0.1", "L2,2020-03-30 10:00,much",
        "L2,2020-03-30 10:30,-3", "L3,2020-03-30 11:00,99999", "L3,not a time,1",
        "L4,2020-03-30 12:00", "L4,2020-03-30 12:30,1,2,3", "", "L3,2020-03-30 13:00,0,",
    ]  # fmt: skip
    return lines


def _bad(line: str) -> list[str]:
    cells = line.split(",")
    return [",".join([*cells[:5], "x", *cells[6:]]), ",".join(["", *cells[1:]]), "just words"]


def _parted(registry: str) -> list[dict[str, str]]:
    """The registry with every other building in a second community, and a few homes in a third."""
    rows = list(csv.DictReader(io.StringIO(registry)))
    buildings = sorted({row["building_id"] for row in rows})
    second = set(buildings[1::2])
    for row in rows:
        row["community_id"] = "C2" if row["building_id"] in second else "C1"
    for row in rows[:FEW]:
        row["community_id"] = "C3"
    return rows


def _exchanged(rows: list[dict[str, str]], old: str, new_home: str) -> list[dict[str, str]]:
    """The registry with one home's meter exchanged, and another's household moved elsewhere."""
    changed = []
    for row in rows:
        if row["meter_id"] == old:
            changed.append(row | {"valid_to": "2020-04-01"})
            changed.append(row | {"meter_id": "R" + old, "valid_from": "2020-04-01"})
        elif row["meter_id"] == new_home:
            changed.append(row | {"community_id": "", "collector_id": ""})
        else:
            changed.append(row)
    return changed


def _csv(rows: list[dict[str, str]]) -> list[str]:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().splitlines()


# --- what a home holds --------------------------------------------------------------------------

SAYS = ", ".join(name for name in COLUMNS if name != "line")


def lake_rows(home: Home) -> pa.Table:
    """Every meter-day of the lake, with all that it says but the line that it stood on."""
    with Duck() as duck:
        return duck.arrow(f"SELECT {SAYS} FROM {Lake(home).sql()} ORDER BY meter_id, day")


def rejected(home: Home) -> list[tuple[Any, ...]]:
    """Every row of the quarantine; a file goes by its last name, wherever it lay."""
    with Duck() as duck:
        pattern = quoted(str(home.quarantine_dir / "*.csv"))
        return duck.rows(
            "SELECT * REPLACE (regexp_extract(file, '[^/]*$') AS file) "
            f"FROM read_csv({pattern}, header = true, all_varchar = true) "
            "ORDER BY file, CAST(line AS INTEGER), reason"
        )


def batches(home: Home) -> list[tuple[Any, ...]]:
    """What the manifest says of each batch; its source goes by its last name."""
    return [
        (
            b.id,
            b.source.rpartition("/")[2],
            b.sha256,
            b.layout,
            b.rows,
            b.meters,
            b.day_min,
            b.day_max,
        )
        for b in Lake(home).manifest.batches
    ]


def carried_by(home: Home) -> dict[str, dict[str, Any]]:
    """Kept day → every value that each home carried after it, and what the groups remembered."""
    manifest = read_manifest(home.state_dir)
    found: dict[str, dict[str, Any]] = {}
    for day in manifest.days():
        snapshot = read_snapshot(home.state_shelf, manifest, day)
        order = pc.sort_indices(
            snapshot.homes, [("household_id", "ascending"), ("stranger", "ascending")]
        )
        told = {n: snapshot.homes[n].take(order).to_numpy() for n in snapshot.homes.column_names}
        told |= {name: values[order.to_numpy()] for name, values in snapshot.carried.items()}
        told["peers"] = np.array([v for k in sorted(snapshot.peers) for v in snapshot.peers[k]])
        told["zeros"] = np.array([snapshot.zeros[k] for k in sorted(snapshot.zeros)])
        found[day.isoformat()] = told
    return found


def nights_alike(found: Home, expected: Home) -> None:
    """Fail where any home carries, or any group remembers, another number on any kept day."""
    carried_alike(carried_by(found), carried_by(expected))


def carried_alike(ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]) -> None:
    """The same of what `carried_by` told."""
    assert ours.keys() == theirs.keys()
    for day, homes in theirs.items():
        assert ours[day].keys() == homes.keys()
        for name, values in homes.items():
            np.testing.assert_array_equal(ours[day][name], values, err_msg=f"{day} {name}")
