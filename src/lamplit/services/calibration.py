"""The recalibration in force: what answers from the doors made of the probabilities.

`lamplit labels --apply` writes it (see `services.field.campaigns.labels`); every list reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from lamplit.services.home import Home, write_atomically

Knots = list[tuple[float, float]]
"""(probability said, probability as it was), rising in both; straight lines between."""

FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Knots, from how many labels they were made, and when (aware)."""

    at: datetime
    labels: int
    knots: Knots


def calibration_file(home: Home) -> Path:
    """Where the recalibration of a home is kept."""
    return home.store_dir / FILE


def read_calibration(home: Home) -> Calibration | None:
    """The recalibration in force; None where there is none, or none that can be read."""
    try:
        data = json.loads(calibration_file(home).read_text("utf-8"))
        knots = [(float(said), float(true)) for said, true in data["knots"]]
        at = datetime.fromisoformat(data["at"])
        return Calibration(at, int(data["labels"]), knots) if knots else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_calibration(home: Home, made: Calibration) -> Path:
    """Put a recalibration in force; gives its file."""
    file = calibration_file(home)
    data = {"at": made.at.isoformat(), "labels": made.labels, "knots": made.knots}
    write_atomically(file, json.dumps(data, indent=1) + "\n")
    return file


def through(knots: Sequence[tuple[float, float]], said: Any) -> Any:
    """Probabilities (one, or an array) put right; level beyond the first and the last knot."""
    xs, ys = zip(*knots, strict=True)
    found = np.interp(said, xs, ys)
    return found if np.ndim(said) else float(found)
