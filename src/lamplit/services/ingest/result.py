"""What an ingest did, file by file, in numbers that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.meters.layouts.base import Reject

UNLIKELY_DAY_KWH: Final = 150.0
"""Half of the meters using more than this a day are no homes; kW or Wh taken for kWh look so."""


@dataclass(slots=True)
class Rows:
    """Reading records: read = kept + corrected + duplicate + quarantined."""

    read: int = 0
    kept: int = 0
    corrected: int = 0
    duplicate: int = 0
    quarantined: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every row read is accounted for once."""
        return self.read == self.kept + self.corrected + self.duplicate + self.quarantined

    def __add__(self, other: Rows) -> Rows:
        """Both together."""
        mine, theirs = asdict(self), asdict(other)
        return Rows(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(slots=True)
class FileResult:
    """What became of one source file."""

    name: str
    layout: str = ""
    why: Text = field(default_factory=lambda: Text("", ""))
    batch: int = 0
    """0 when nothing of it was taken in."""
    rows: Rows = field(default_factory=Rows)
    meters: int = 0
    day_min: date | None = None
    day_max: date | None = None
    notes: list[Text] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    """How many rows were quarantined for each reason."""
    quarantine: Path | None = None
    error: LamplitError | None = None
    seen_before: int = 0
    """The batch that took in the same bytes with the same options."""
    sha256: str = ""
    size: int = 0
    options: dict[str, object] = field(default_factory=dict)
    rejects: Sequence[Reject] = ()
    usual: float | None = None
    """kWh of a day that about half of the days have more than; None where that is not known."""

    @property
    def failed(self) -> bool:
        """Whether nothing of the file was usable."""
        return self.error is not None

    def doubt_unit(self) -> None:
        """Note where half of the meter-days have more energy than any home."""
        if self.usual is None or self.usual <= UNLIKELY_DAY_KWH:
            return
        usual = f"{self.usual:,.0f}"
        self.notes.append(
            Text(
                f"half of the days have over {usual} kWh: are the values kW or Wh? (unit)",
                f"半数表日电量超过 {usual} kWh：数值单位是否为 kW 或 Wh？（unit）",
            )
        )


@dataclass(slots=True)
class IngestReport:
    """What became of all files of one run."""

    files: list[FileResult] = field(default_factory=list)
    unknown_meters: int = 0
    """Meters that the registry does not know; 0 where there is no registry."""
    registry: bool = False
    seconds: float = 0.0
    dry_run: bool = False

    @property
    def total(self) -> Rows:
        """All files together."""
        total = Rows()
        for file in self.files:
            total = total + file.rows
        return total

    @property
    def failed(self) -> list[FileResult]:
        """The files of which nothing was taken in, for a reason to tell."""
        return [f for f in self.files if f.failed]
