"""Writes docs/real-readings.md and its pictures from readings of real homes.

    python docs/real_readings.py [--data ../shared/data] [--work FOLDER]

Every step goes through the commands that people use. What a person saw in the pictures is not
worked out here: it stands in docs/real-readings-judged.csv, one line per spell, and is laid beside
the spell that overlaps it; a spell that nobody has looked at says so.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplit.domain.words import HomeState
from lamplit.meters.lake import Lake
from lamplit.outbound.spells import HomeSpells, Spell, spell_sheet
from lamplit.services.daily import daily_kwh
from lamplit.services.engine import open_engine
from lamplit.services.home import Home

HERE = Path(__file__).resolve().parent
JUDGED = HERE / "real-readings-judged.csv"
PAGE = HERE / "real-readings.md"
PICTURES = HERE / "pictures"

FIRST, LAST = date(2013, 1, 1), date(2013, 12, 31)
EVENINGS = (date(2013, 2, 15), date(2013, 8, 28), date(2013, 12, 28))
NAMED = ("MAC000037", "MAC000006", "MAC000028")
LONGEST, DRAWN, SEED = 7, 10, 2013
AROUND = 45
"""Days shown on each side of a spell."""

SOLAR_START = datetime(2016, 7, 31, 23)
SOLAR_ZONE = "Etc/GMT+8"
SOLAR_KW = 4.0
"""The file gives watts per kW of panels, and not how many kW: 4 kW is taken for each home."""

EMPTY = (HomeState.DARK.word, HomeState.MICRO.word)


@dataclass(frozen=True)
class Found:
    """One spell of the revised states."""

    home: str
    first: date
    last: date
    state: HomeState
    chance: float

    @property
    def days(self) -> int:
        """Its length."""
        return (self.last - self.first).days + 1

    @property
    def span(self) -> str:
        """Its days as the tables have them."""
        return f"{self.first:%d %b} – {self.last:%d %b}"


@dataclass
class Run:
    """Where the homes of this run lie, and what the commands printed."""

    data: Path
    work: Path
    page: list[str] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        """Add lines to the page."""
        self.page += [*lines, ""]

    def lamplit(
        self, *arguments: str, home: str = "", code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run one command and give what it said. Raises RuntimeError on another exit code."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("LAMPLIT")}
        at = ["--home", str(self.work / home)] if home else []
        done = subprocess.run(
            [sys.executable, "-m", "lamplit", *arguments, *at],
            env={**clean, "LAMPLIT_LANG": "en", "COLUMNS": "100", "TZ": "UTC"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def begun(self, name: str, zone: str, *files: str, options: tuple[str, ...] = ()) -> Home:
        """A new home in `zone` with these files ingested."""
        self.lamplit("init", str(self.work / name), "--timezone", zone)
        self.lamplit("ingest", *files, *options, home=name)
        return Home.open(self.work / name)


def states(run: Run, name: str, first: date, last: date, view: str = "revised") -> pa.Table:
    """The states of a home folder by the command, as a table."""
    path = run.work / f"{name}-{view}.parquet"
    span = ("--from", str(first), "--to", str(last))
    run.lamplit("states", *span, "--view", view, "-o", str(path), home=name)
    return pq.read_table(path)


def spells_in(table: pa.Table) -> list[Found]:
    """Runs of empty days of each home; days not read within a run do not end it."""
    found: list[Found] = []
    days: list[tuple[date, str, float]] = []
    home = ""

    def close() -> None:
        if days:
            chance = float(np.mean([chance for *_, chance in days]))
            state = HomeState[days[-1][1].upper()]
            found.append(Found(home, days[0][0], days[-1][0], state, chance))
        days.clear()

    for row in table.sort_by([("household_id", "ascending"), ("day", "ascending")]).to_pylist():
        if row["household_id"] != home or row["state"] not in (*EMPTY, "unknown"):
            close()
            home = row["household_id"]
        if row["state"] in EMPTY:
            days.append((row["day"], row["state"], row["probability"]))
    close()
    return found


def twenty(found: list[Found]) -> list[Found]:
    """The spells to look at: the longest of each named home, the longest of others, then drawn."""
    longest = sorted(found, key=lambda s: (-s.days, s.home))
    chosen = [next(s for s in longest if s.home == name) for name in NAMED]
    for spell in longest:
        if len(chosen) == len(NAMED) + LONGEST:
            break
        if spell.home not in {s.home for s in chosen}:
            chosen.append(spell)
    rest = sorted((s for s in found if s not in chosen), key=lambda s: (s.home, s.first))
    return chosen + random.Random(SEED).sample(rest, DRAWN)


def picture(
    spells: list[Found], start: int, every: list[Found], daily: dict[tuple[str, date], float]
) -> str:
    """A sheet of these spells, numbered from `start`, with all else found in the same stretch."""
    homes = []
    for number, spell in enumerate(spells, start):
        first = max(FIRST, spell.first - timedelta(AROUND))
        last = min(LAST, spell.last + timedelta(AROUND))
        stretch = [first + timedelta(i) for i in range((last - first).days + 1)]
        inside = [
            Spell(s.first, s.last, s.state, s.chance if s == spell else None)
            for s in every
            if s.home == spell.home and s.last >= first and s.first <= last
        ]
        inside.sort(key=lambda s: s.probability is None)
        name = f"{number}. {spell.home}"
        kwh = [daily.get((spell.home, day)) for day in stretch]
        homes.append(HomeSpells(name, first, kwh, inside))
    return spell_sheet(homes, "en")


def judged(spell: Found) -> tuple[str, str]:
    """(convincing?, why) of the judged spell of that home which overlaps it by half or more."""
    with JUDGED.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["home"] != spell.home:
                continue
            first, last = date.fromisoformat(row["first"]), date.fromisoformat(row["last"])
            shared = (min(last, spell.last) - max(first, spell.first)).days + 1
            if 2 * shared >= max(spell.days, (last - first).days + 1):
                return row["convincing"], row["why"]
    return "not judged", "nobody has looked at it yet"


def energy(home: Home) -> dict[tuple[str, date], float]:
    """KWh of each home and day that was read."""
    table = daily_kwh(home)
    return {
        (row["household_id"], row["day"]): row["kwh"]
        for row in table.to_pylist()
        if row["kwh"] is not None
    }


def london(run: Run) -> None:
    """The trial's homes: the list on three evenings, the year's spells, twenty in pictures."""
    file = str(run.data / "readings" / "london125.parquet")
    home = run.begun("london", "Europe/London", file, options=("--layout", "london"))
    run.lamplit("nightly", home="london")
    run.say("### The list on three evenings")
    for evening in EVENINGS:
        said = run.lamplit("sweep", "--as-of", str(evening), "--top", "6", home="london")
        run.say("```text", f"lamplit sweep --as-of {evening} --top 6", "", said.split("\n\n")[0],
                "```")  # fmt: skip
    run.say(ON_THE_LISTS)
    table = states(run, "london", FIRST, LAST)
    found = spells_in(table)
    _tell_year(run, table, found)
    chosen = twenty(found)
    daily = energy(home)
    for sheet, start in ((1, 0), (2, 10)):
        drawn = picture(chosen[start : start + 10], start + 1, found, daily)
        (PICTURES / f"london-{sheet}.svg").write_text(drawn, "utf-8")
    _tell_twenty(run, chosen)


def _tell_year(run: Run, table: pa.Table, found: list[Found]) -> None:
    counts = {row["values"]: row["counts"] for row in pc.value_counts(table["state"]).to_pylist()}
    days = " · ".join(f"{word} {counts.get(word, 0):,}" for word in
                      ("lived_in", "low", "micro", "dark", "unknown"))  # fmt: skip
    homes = len({spell.home for spell in found})
    run.say(
        "### The spells of the year",
        "",
        f"`lamplit states --from {FIRST} --to {LAST} --view revised -o london-revised.parquet` "
        f"gives {table.num_rows:,} home-days: {days}. In them are {len(found)} spells of three "
        f"days or more, in {homes} of 125 homes.",
        "",
        "| days | spells |",
        "|---|---|",
        *(
            f"| {low}–{high} | {sum(low <= s.days <= high for s in found)} |"
            for low, high in ((3, 4), (5, 7), (8, 14), (15, 30), (31, 366))
        ),
        "",
        "The longest:",
        "",
        "| home | spell | days | state | probability |",
        "|---|---|---|---|---|",
        *(
            f"| {s.home} | {s.span} | {s.days} | {s.state.word} | {s.chance:.2f} |"
            for s in sorted(found, key=lambda s: (-s.days, s.home))[:15]
        ),
    )


def _tell_twenty(run: Run, chosen: list[Found]) -> None:
    verdicts = [(spell, *judged(spell)) for spell in chosen]
    count = {word: sum(v == word for _, v, _ in verdicts) for word in ("yes", "partly", "no")}
    run.say(
        "### Twenty of them, looked at",
        "",
        f"1 to {len(NAMED)} are the longest spells of the three homes worth a look; the next "
        f"{LONGEST} the longest of other homes; the last {DRAWN} were drawn by chance from all the "
        "rest (the seed was fixed before looking). They were judged by eye, from the daily bars "
        "below and a half-hourly load picture of each: does it look as if nobody was there? Nobody "
        f"knows the truth. **Convincing: {count['yes']}; partly: {count['partly']}; "
        f"not: {count['no']}.**",
        "",
        "| | home | spell | days | state | convincing | why |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {number} | {s.home} | {s.span} | {s.days} | {s.state.word} | {verdict} | {why} |"
            for number, (s, verdict, why) in enumerate(verdicts, 1)
        ),
        "",
        "![Spells 1 to 10: daily kWh, the spells found shaded](pictures/london-1.svg)",
        "",
        "![Spells 11 to 20](pictures/london-2.svg)",
    )


def same_days(run: Run) -> None:
    """The homes of the trial's own CSV against the same homes of the Parquet file."""
    folder = run.data / "readings" / "london_csv_layout"
    csv_home = run.begun("london-csv", "Europe/London", str(folder))
    differ, days, meters = compare(csv_home, Home.open(run.work / "london"))
    run.say(
        "## The same homes from the trial's own CSV",
        "",
        "```sh",
        "lamplit ingest london_csv_layout --home london-csv",
        "```",
        "",
        f"Four homes, with the header `LCLid,tstp,energy(kWh/hh)` and padded numbers. {days:,} "
        f"meter days of {len(meters)} meters ({', '.join(meters)}) were laid beside those of the "
        f"Parquet file, every column but where a row came from: **{differ} differ.**",
    )


def compare(one: Home, other: Home) -> tuple[int, int, list[str]]:
    """(meter days that differ, meter days compared, meters) between two homes' lakes.

    Columns that say where a row came from (batch, seq, line) are left out; floats must be equal.
    """
    left, right = Lake(one).sql(None, None), Lake(other).sql(None, None)
    mine = f"SELECT * EXCLUDE (batch, seq, line) FROM {left}"
    meters_sql = f"SELECT DISTINCT meter_id FROM {left}"
    theirs = f"SELECT * EXCLUDE (batch, seq, line) FROM {right} WHERE meter_id IN ({meters_sql})"
    with open_engine(one) as con:
        differ = sum(
            con.value(f"SELECT count(*) FROM (({x}) EXCEPT ({y}))")
            for x, y in ((mine, theirs), (theirs, mine))
        )
        days = con.value(f"SELECT count(*) FROM {left}")
        meters = con.arrow(f"{meters_sql} ORDER BY 1")["meter_id"].to_pylist()
    return differ, days, meters


def netted(data: Path, folder: Path) -> tuple[Path, Path, Path]:
    """The solar homes as a utility's meters would count them: (long file, imports alone, registry).

    Import is max(load - solar, 0) and export max(solar - load, 0), hour by hour.
    """
    table = pq.read_table(data / "readings" / "solar17.parquet")
    load = table["non_shiftable_load"].to_numpy()
    solar = table["solar_generation"].to_numpy() * SOLAR_KW / 1000
    start = np.datetime64(SOLAR_START) + table["h"].to_numpy().astype("timedelta64[h]")
    long = pa.table(
        {
            "meter_id": table["home"],
            "time": pa.array(start.astype("datetime64[s]")),
            "kwh": np.round(np.maximum(load - solar, 0), 4),
            "kwh_export": np.round(np.maximum(solar - load, 0), 4),
        }
    )
    both, alone = folder / "solar.parquet", folder / "solar-import.parquet"
    pq.write_table(long, both)
    pq.write_table(long.drop_columns(["kwh_export"]), alone)
    registry = folder / "solar-registry.csv"
    homes = pc.unique(table["home"]).to_pylist()
    registry.write_text("meter_id,household_id,solar\n" + "".join(f"{h},{h},1\n" for h in homes))
    return both, alone, registry


def solar(run: Run) -> None:
    """The solar homes with an export register, and without."""
    both, alone, registry = netted(run.data, run.work)
    first, last = SOLAR_START.date(), SOLAR_START.date() + timedelta(365)
    run.say(
        "## Seventeen homes with rooftop solar",
        "",
        "Hourly, a year from August 2016, Fontana, California. Load and solar come apart, so they "
        "were netted hour by hour: import = max(load - solar, 0), export = max(solar - load, 0), "
        f"with {SOLAR_KW:g} kW of panels on each roof (the file gives watts per kW of panels, not "
        f"how many; that size is our assumption). The clock is standard time ({SOLAR_ZONE}), and "
        "an hour's number ends it. The registry says `solar` of every home.",
    )
    for name, file in (("solar-both", both), ("solar-alone", alone)):
        run.lamplit("init", str(run.work / name), "--timezone", SOLAR_ZONE)
        run.lamplit("registry", "import", str(registry), home=name)
        run.lamplit("ingest", str(file), home=name)
        run.lamplit("nightly", home=name)
        table = states(run, name, first, last)
        counts = {r["values"]: r["counts"] for r in pc.value_counts(table["state"]).to_pylist()}
        words = " · ".join(f"{word} {n:,}" for word, n in sorted(counts.items()))
        title = "With the export register" if name == "solar-both" else "Without it"
        run.say(f"**{title}**: {table.num_rows:,} home-days: {words}.")
        if name == "solar-both":
            _tell_solar(run, table, Home.open(run.work / name))


def _tell_solar(run: Run, table: pa.Table, home: Home) -> None:
    found = sorted(spells_in(table), key=lambda s: (-s.days, s.home))
    daily = energy(home)
    run.say(
        f"{len(found)} spells in {len({s.home for s in found})} homes. The longest, with the "
        "home's import a day in the spell and on all other days:",
        "",
        "| home | spell | days | state | kWh in it | otherwise |",
        "|---|---|---|---|---|---|",
        *(
            f"| {s.home} | {s.span} | {s.days} | {s.state.word} | {inside:.1f} | {outside:.1f} |"
            for s in found[:12]
            for inside, outside in [_means(daily, s)]
        ),
        "",
        ON_SOLAR,
    )


def _means(daily: dict[tuple[str, date], float], spell: Found) -> tuple[float, float]:
    own = {day: kwh for (home, day), kwh in daily.items() if home == spell.home}
    inside = [kwh for day, kwh in own.items() if spell.first <= day <= spell.last]
    outside = [kwh for day, kwh in own.items() if not spell.first <= day <= spell.last]
    return float(np.mean(inside)), float(np.mean(outside))


def ausgrid(run: Run) -> None:
    """One Australian home with solar."""
    file = run.data / "readings" / "ausgrid_customer12_2011_2012.csv"
    home = run.begun("ausgrid", "Australia/Sydney", str(file))
    registry = run.work / "ausgrid-registry.csv"
    meter = next(iter(energy(home)))[0]
    registry.write_text(f"meter_id,household_id,solar\n{meter},customer-{meter},1\n")
    run.lamplit("registry", "import", str(registry), home="ausgrid")
    run.lamplit("nightly", home="ausgrid")
    days = sorted(day for _, day in energy(home))
    table = states(run, "ausgrid", days[0], days[-1])
    counts = {r["values"]: r["counts"] for r in pc.value_counts(table["state"]).to_pylist()}
    found = spells_in(table)
    daily = {(s.home, d): k for s in found[:1] for (_, d), k in energy(home).items()}
    run.say(
        "## One home of Ausgrid's",
        "",
        f"Customer {meter}, half-hourly, {days[0]} to {days[-1]}, general consumption (GC) beside "
        "the panels' own generation (GG), which is kept as export. The file starts with an unnamed "
        "time column; the meter's number is taken from the file's name. Days: "
        + " · ".join(f"{word} {n:,}" for word, n in sorted(counts.items()))
        + f". {len(found)} spells"
        + (":" if found else "."),
    )
    if found:
        run.say(
            "| spell | days | state | kWh in it | otherwise |",
            "|---|---|---|---|---|",
            *(
                f"| {s.first} – {s.last} | {s.days} | {s.state.word} | {inside:.1f} | "
                f"{outside:.1f} |"
                for s in found
                for inside, outside in [_means(daily, s)]
            ),
        )


ON_THE_LISTS = """August and December are lists that one would go out with: holidays at the right
time of the year, standing loads at the homes' own level, and returns from them. The February list
shows what six weeks of readings do to the view of one evening. MAC000021 is called returned from
a spell at 20 kWh a day that hindsight all but withdraws; MAC000057 is called empty at 9.3 kWh
when its people have just come back from a January away, because it was never seen lived in before
(the list says so). In the first two months read what speaks against each door first."""

ON_SOLAR = """These are **not convincing**, and they show a weakness: for a home with solar
lamplit looks at the night hours alone, scaled to a day. In homes 12 and 15 the load column
follows the sun all year and is zero at night, which no household's does (it seems to hold a part
of the panels' own energy), so the nights are dark whatever the people do. In homes 4, 5 and 6 the
nights are steady while 20 kWh a day are drawn from the grid by day: somebody is at home. Import
is always use, whatever the roof makes, and should count. Home 7 in July (2.7 kWh a day against
12.4) and home 5 in April (5.0 against 14.0) look like real absences. Until that is mended, treat
solar homes on a list with doubt."""

INTRO = """# Real readings

What lamplit makes of meters that nobody on the project made. There is no truth here: these pages
say what was found and how convincing it looks, not how often it was right
([accuracy](accuracy.md) has truth). Made by

```sh
python docs/real_readings.py --data ../shared/data
```

which needs the files named in that folder; they are not part of the project.

## 125 homes in London, 2013

Half-hourly readings of the Low Carbon London trial (UK Power Networks, CC BY 4.0), in a Parquet
file of meter_id, time, kwh. A stamp ends its half hour and is in GMT. 16 homes stop early, and
readings are missing on one home-day in twelve. There is no registry: each meter is a home of its
own, and no door has a place.

```sh
lamplit init london --timezone Europe/London
lamplit ingest london125.parquet --layout london --home london
lamplit nightly --home london
```
"""

CLOSE = """## Every published file of other formats

NEM12, NEM13, Green Button and MSCONS: [file by file](formats-run.md).
"""


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data")
    parser.add_argument("--work", type=Path, help="keep the home folders here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run = Run(given.data, given.work or Path(scratch), [INTRO])
        run.work.mkdir(parents=True, exist_ok=True)
        PICTURES.mkdir(exist_ok=True)
        for part in (london, same_days, solar, ausgrid):
            part(run)
            sys.stderr.write(f"{part.__name__} done\n")
    PAGE.write_text("\n".join([*run.page, CLOSE]), "utf-8")
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
