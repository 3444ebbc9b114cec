"""Accuracy on towns and homes that nothing was tuned on, through the commands that people use.

    python bench/accuracy.py -o docs/accuracy.md

Each set goes the whole way: `lamplit init`, `registry import`, `ingest`, `nightly`, `states` in
both views, and then the score with two plain baselines. Towns come from `lamplit town`; the homes
of the obgeneration sets have an occupancy and loads that nobody on the project wrote. The seeds
below are for this report alone; tuning used others, all under 1000.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from lamplit.domain.accuracy import FlagScore, Measure, Score
from lamplit.outbound.reliability import reliability_svg
from lamplit.services.baselines import baselines
from lamplit.services.daily import daily_kwh
from lamplit.services.home import Home
from lamplit.services.score import score

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Trial:
    """One set: how it is made, and what it is for."""

    name: str
    says: str
    arguments: tuple[str, ...]
    maker: str = "town"


TRIALS = (
    Trial("town", "a town in winter, 15 min", ("--preset", "demo", "--seed", "9001")),
    Trial("hard", "every confounder at a higher rate", ("--preset", "hard", "--seed", "9002")),
    Trial(
        "festival",
        "half of the town leaves within days",
        ("--preset", "festival", "--seed", "9003"),
    ),
    Trial(
        "summer",
        "heat, cooling by day and by night",
        ("--preset", "summer", "--seed", "9004", "--start", "2024-07-01"),
    ),
    Trial(
        "daily",
        "the day's energy alone",
        ("--preset", "demo", "--seed", "9005", "--layout", "daily"),
    ),
    Trial(
        "obgeneration",
        "homes by obgeneration, demo's faults",
        ("--homes", "240", "--days", "120", "--seed", "8001", "--preset", "demo"),
        "obgen",
    ),
    Trial(
        "obgeneration, hard",
        "homes by obgeneration, hard's faults",
        ("--homes", "240", "--days", "120", "--seed", "8002", "--preset", "hard"),
        "obgen",
    ),
)


def lamplit(*words: str | Path) -> None:
    """Run a command, loudly where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "lamplit", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"lamplit {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")


def make(trial: Trial, folder: Path, homes: int, days: int) -> Path:
    """The set's registry, readings and truth."""
    data = folder / "data"
    if trial.maker == "town":
        size = ("--homes", str(homes), "--days", str(days))
        layout = () if "--layout" in trial.arguments else ("--layout", "wide")
        lamplit("town", *size, *layout, *trial.arguments, "-o", data)
    else:
        command = [sys.executable, HERE / "obgen_homes.py", *trial.arguments, "-o", data]
        subprocess.run([str(c) for c in command], check=True, capture_output=True)
    return data


def work(data: Path, home: Path) -> tuple[date, date]:
    """Take the set in and work its nights; gives the span of days."""
    lamplit("init", home)
    lamplit("registry", "import", data / "registry.csv", "--home", home)
    lamplit("ingest", data / "readings", "--home", home)
    if (data / "corrections").is_dir():
        lamplit("ingest", data / "corrections", "--home", home)
    truth = pq.read_table(data / "truth.parquet", columns=["day"])["day"]
    days = truth.unique().to_pylist()
    first, last = min(days), max(days)
    lamplit("nightly", "--through", last.isoformat(), "--home", home)
    return first, last


def scores(trial: Trial, homes: int, days: int) -> dict[str, Score]:
    """The scores of one set: both views and the baselines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = make(trial, folder, homes, days)
        first, last = work(data, folder / "home")
        truth = pq.read_table(data / "truth.parquet")
        found: dict[str, Score] = {}
        for view in ("revised", "asof"):
            file = folder / f"{view}.parquet"
            span = ("--from", first.isoformat(), "--to", last.isoformat())
            lamplit("states", *span, "--view", view, "-o", file, "--home", folder / "home")
            found[view] = score(pq.read_table(file), truth)
        for label, states in baselines(daily_kwh(Home.open(folder / "home"))):
            found[label] = score(states, truth)
        return found


def _figure(measure: Measure, places: int = 3) -> str:
    if measure.value is None:
        return "–"
    span = measure.by_home or measure.interval
    said = f"{measure.value:.{places}f}"
    return f"{said} ({span.low:.{places}f}–{span.high:.{places}f})" if span else said


HEAD = (
    "| set | how | precision | recall | F1 | MCC | false alarms per home-month | unknown "
    "| delay: median, p90 | never found | missing called dark "
    "| frugal elders' days called empty |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def line(name: str, how: str, found: Score) -> str:
    """One row of the table."""
    flags: FlagScore = found.by_state
    delay = flags.delay
    frugal, missing = found.frugal_called_empty, found.missing_as_dark
    cells = (
        name,
        how,
        _figure(flags.precision),
        _figure(flags.recall),
        _figure(flags.f1),
        _figure(flags.mcc),
        _figure(flags.false_alarms_per_home_month),
        _figure(found.unknown),
        f"{_figure(delay.median, 0)}, {_figure(delay.p90, 0)}",
        _figure(delay.never_found),
        f"{missing.count:,} of {missing.of:,}" if missing.of is not None else "–",
        f"{frugal.count:,} of {frugal.of:,}" if frugal.of is not None else "–",
    )
    return "| " + " | ".join(cells) + " |"


def at_k(name: str, found: Score) -> str:
    """Precision among the first k homes of the last day."""
    cells = [f"{a.k}: {_figure(a.precision)}, {_figure(a.knocks_per_find, 2)}" for a in found.at_k]
    return f"| {name} | " + " | ".join(cells[:3]) + " |"


def groups(found: Score, least: int = 150) -> list[str]:
    """The split by class and confounder, worst F1 first."""
    rows = []
    for group in found.groups:
        flags = group.score
        if flags.confusion.tp + flags.confusion.fn + flags.confusion.fp < least:
            continue
        rows.append(
            (
                flags.f1.value or 0,
                f"| {group.dimension} | {group.label or 'none'} | {group.homes} | "
                f"{_figure(flags.precision)} | {_figure(flags.recall)} | {_figure(flags.f1)} | "
                f"{_figure(group.unknown)} |",
            )
        )
    return [text for _, text in sorted(rows)]


def main() -> None:
    """Run the trials and write the tables between the marks of docs/accuracy.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=3000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--only", default="", help="names of sets, comma-separated")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    wanted = {n for n in options.only.split(",") if n}
    table, ranks, split, record = [HEAD], [], [], {}
    for trial in TRIALS:
        if wanted and trial.name not in wanted:
            continue
        begun = time.perf_counter()
        found = scores(trial, options.homes, options.days)
        table += [line(trial.name, how, one) for how, one in found.items()]
        ranks.append(at_k(trial.name, found["asof"]))
        if trial.name in ("town", "hard", "obgeneration"):
            split.append(f"\n### {trial.name}: {trial.says} (revised days)\n")
            split.append("| split by | label | homes | precision | recall | F1 | unknown |")
            split.append("|---|---|---|---|---|---|---|")
            split += groups(found["revised"])
        record[trial.name] = {how: one.as_dict() for how, one in found.items()}
        print(*table[-len(found) :], f"({time.perf_counter() - begun:.0f} s)", sep="\n", flush=True)
        if options.output and trial.name in ("town", "obgeneration"):
            for view in ("revised", "asof"):
                picture = (
                    options.output.parent / "pictures" / f"reliability-{trial.name}-{view}.svg"
                )
                picture.parent.mkdir(exist_ok=True)
                picture.write_text(reliability_svg(found[view].reliability[0], "en"), "utf-8")
    if options.json:
        options.json.write_text(json.dumps(record, indent=1, ensure_ascii=False), "utf-8")
    if options.output:
        heads = "| set | | | |\n|---|---|---|---|"
        write(options.output, {"figures": table, "at-k": [heads, *ranks], "split": split})


def write(page: Path, parts: dict[str, list[str]]) -> None:
    """Put each part between its marks in the page."""
    text = page.read_text("utf-8")
    for name, lines in parts.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n" + "\n".join(lines) + f"\n{end}{after}"
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
