"""How far a plan is, told as it is made: shares of the whole, and what is being done."""

from __future__ import annotations

from collections.abc import Callable

from lamplit.domain.jobs import Stage

__all__ = ["BEGINS", "Report", "Stage", "silent", "within"]

Report = Callable[[float, Stage], None]
"""Called with the share done, from 0 to 1, and the stage."""

BEGINS = {Stage.SHARING: 0.0, Stage.TRIMMING: 0.75, Stage.LIVING: 0.8, Stage.HELPING: 0.85}
"""The share at which each stage begins, from the bench's times."""
_ENDS = {Stage.SHARING: 0.75, Stage.TRIMMING: 0.8, Stage.LIVING: 0.85, Stage.HELPING: 1.0}


def silent(share: float, stage: Stage) -> None:
    """Tell nobody."""


def within(report: Report, stage: Stage) -> Callable[[float], None]:
    """A report of how much of one stage is done, from 0 to 1."""
    begin, end = BEGINS[stage], _ENDS[stage]
    return lambda done: report(begin + (end - begin) * min(1.0, max(0.0, done)), stage)
