"""What a night came to as a file for Prometheus's textfile collector.

Times and sizes of the whole home only: no count here says who is at home. The file is replaced in
one rename after each run, also after one that failed; what a failed run does not know is told as
the last good run left it, so that "too long since the last success" can be asked.
"""

from __future__ import annotations

import re
import resource
import shutil
import sys
from datetime import date, datetime
from pathlib import Path

from lamplit.meters.lake import Lake
from lamplit.services.home import Home, write_atomically
from lamplit.services.night.advance import NightReport

HELP = {
    "success": "Whether the last run of the night ended well (1) or not (0).",
    "last_run_timestamp_seconds": "When the last run ended.",
    "last_success_timestamp_seconds": "When the last run that ended well ended.",
    "duration_seconds": "How long the last run took.",
    "peak_memory_bytes": "The most memory that the last run's process held.",
    "through_day_seconds": "The last day worked, as its midnight in UTC.",
    "nights": "Nights worked by the last run.",
    "homes": "Homes that there are.",
    "reworked_homes": "Homes worked again for late readings or registry changes.",
    "unread_nights": "Nights worked after the last day with a reading.",
}
LAKE_HELP = {
    "last_day_seconds": "The last day with readings, as its midnight in UTC.",
    "files": "Files of the lake.",
    "bytes": "Bytes of the lake's files.",
    "batches": "Source files taken in.",
}
KEPT = ("last_success_timestamp_seconds", "through_day_seconds", "homes")
"""What a failed run tells as it was."""


def peak_memory(*of: int) -> int:
    """The most that these (`resource.RUSAGE_…`) have held at once, in bytes, by the largest."""
    peak = max(resource.getrusage(who).ru_maxrss for who in of)
    return peak * (1 if sys.platform == "darwin" else 1024)


def write_metrics(
    home: Home, file: Path, report: NightReport | None, seconds: float, now: datetime
) -> None:
    """Write the metrics of a run that ended `now`; `report` is None where it failed."""
    night: dict[str, float] = {
        "success": 0.0 if report is None else 1.0,
        "last_run_timestamp_seconds": now.timestamp(),
        "duration_seconds": seconds,
        "peak_memory_bytes": peak_memory(resource.RUSAGE_SELF),
    }
    if report is None:
        night |= _kept(file)
    else:
        night |= {
            "last_success_timestamp_seconds": now.timestamp(),
            "nights": report.nights,
            "homes": report.homes,
            "reworked_homes": report.reworked_homes,
            "unread_nights": report.unread,
        }
        if report.through:
            night["through_day_seconds"] = _midnight(report.through)
    lines = _told("lamplit_night", night, HELP)
    lines += _told("lamplit_lake", _lake(home), LAKE_HELP)
    free = {"disk_free_bytes": float(shutil.disk_usage(home.path).free)}
    lines += _told("lamplit", free, {"disk_free_bytes": "Room on the home's disk."})
    write_atomically(file, "\n".join(lines) + "\n")


def _lake(home: Home) -> dict[str, float]:
    lake = Lake(home)
    span, files = lake.day_range(), lake.files()
    told: dict[str, float] = {
        "files": len(files),
        "bytes": sum(size or 0 for size in lake.sizes(files)),
        "batches": len(lake.manifest.batches),
    }
    return told | ({"last_day_seconds": _midnight(span[1])} if span else {})


def _midnight(day: date) -> float:
    return float((day - date(1970, 1, 1)).days * 86_400)


def _told(prefix: str, values: dict[str, float], helps: dict[str, str]) -> list[str]:
    lines = []
    for name, value in values.items():
        full = f"{prefix}_{name}"
        shown = f"{value:.3f}".rstrip("0").rstrip(".")
        lines += [f"# HELP {full} {helps[name]}", f"# TYPE {full} gauge", f"{full} {shown}"]
    return lines


def _kept(file: Path) -> dict[str, float]:
    """What the file says of the last good run; nothing where there was none."""
    try:
        text = file.read_text("utf-8")
    except OSError:
        return {}
    found = re.findall(r"(?m)^lamplit_night_(\w+) ([0-9.e+]+)$", text)
    return {name: float(value) for name, value in found if name in KEPT}
