"""What the benches share: measurements in processes of their own, medians, tables, a cache folder.

Every measurement is a fresh process; the contestants take turns (a, b, c, a, b, c, …), so that a
busy minute of the machine falls on all of them alike, and each answer is a median with its spread.
"""

from __future__ import annotations

import argparse
import importlib.abc
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

THREADS = 2


def cache_folder() -> Path:
    """Where made-up data lies from one run to the next: LAMPLIT_BENCH, or under the temp folder."""
    folder = Path(os.environ.get("LAMPLIT_BENCH") or Path(tempfile.gettempdir()) / "lamplit-bench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass
class Runs:
    """The repeats of one contestant: seconds of the job, CPU seconds and peak MB of its process."""

    seconds: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    said: dict[str, object] = field(default_factory=dict)
    parts: list[dict[str, object]] = field(default_factory=list)
    """What each run said; `said` is the last."""

    def part(self, name: str) -> float:
        """The median of a number that each run said."""
        return statistics.median(float(str(said[name])) for said in self.parts)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpus)

    @property
    def peak(self) -> float:
        return max(self.peaks)

    @property
    def spread(self) -> str:
        return f"{min(self.seconds):.2f}-{max(self.seconds):.2f}"


class _NoPandas(importlib.abc.MetaPathFinder):
    """lamplit is installed without pandas; where it lies about, pyarrow imports it unasked."""

    def find_spec(self, fullname, path, target=None):
        if fullname == "pandas":
            raise ImportError("left aside, so that its import is in nobody's time")


def child(job: Callable[[], dict[str, object] | None], *, with_pandas: bool = False) -> None:
    """Run the job here, and print what the parent reads: seconds, peak MB, and what it says."""
    if not with_pandas:
        sys.meta_path.insert(0, _NoPandas())
    start = time.perf_counter()
    said = job() or {}
    seconds = float(said.pop("seconds", time.perf_counter() - start))  # type: ignore[arg-type]
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak_mb(), "said": said}))


def peak_mb() -> float:
    """The most memory that this program has held, in MB.

    Linux says it of the program that runs now. `getrusage`, which is asked elsewhere, counts from
    before it as well: what the parent held when it started this one.
    """
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024 if sys.platform != "darwin" else 1024**2)


def in_process(*words: object, python: str = sys.executable) -> dict[str, object]:
    """What `python words…` prints as the last line, as `child` prints it."""
    command = [python, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def take_turns(
    contestants: dict[str, tuple[object, ...]],
    repeats: int,
    pythons: dict[str, str] | None = None,
) -> dict[str, Runs]:
    """Each contestant (name → words for `in_process`) once to warm up, then `repeats` times.

    `pythons`: the interpreter of those that have one of their own.
    """
    runs = {name: Runs() for name in contestants}
    for turn in range(repeats + 1):
        for name, words in contestants.items():
            found = in_process(*words, python=(pythons or {}).get(name, sys.executable))
            if turn:
                runs[name].seconds.append(found["seconds"])  # type: ignore[arg-type]
                runs[name].cpus.append(found["cpu"])  # type: ignore[arg-type]
                runs[name].peaks.append(found["peak"])  # type: ignore[arg-type]
                runs[name].said = found["said"]  # type: ignore[assignment]
                runs[name].parts.append(runs[name].said)
    return runs


def table(runs: dict[str, Runs], against: str, titles: dict[str, str] | None = None) -> str:
    """A Markdown table; the last column is the median time over that of `against`.

    CPU seconds are of the whole process, imports and all: they say less, but a busy machine
    disturbs them less.
    """
    lines = [
        "| what | median s | spread s | CPU s | peak MB | ratio |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, found in runs.items():
        ratio = found.median / runs[against].median
        title = (titles or {}).get(name, name)
        lines.append(
            f"| {title} | {found.median:.2f} | {found.spread} | {found.cpu:.2f} "
            f"| {found.peak:.0f} | {ratio:.2f} |"
        )
    return "\n".join(lines)


def slope(sizes: list[int], values: list[float]) -> float:
    """The least-squares slope of log value on log size: 1 is linear growth."""
    x = [math.log(s) for s in sizes]
    y = [math.log(v) for v in values]
    mx, my = statistics.fmean(x), statistics.fmean(y)
    over = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    return over / sum((a - mx) ** 2 for a in x)


def say_load() -> None:
    """Say how busy the machine was, since a shared one answers late."""
    if hasattr(os, "getloadavg"):
        one, five, _ = os.getloadavg()
        print(f"\nLoad average at the end: {one:.1f} (1 min), {five:.1f} (5 min).")


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A parser with what every bench takes; `--child` is for the benches themselves."""
    made = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    made.add_argument("--repeats", type=int, default=5)
    made.add_argument("--child", help=argparse.SUPPRESS)
    return made
