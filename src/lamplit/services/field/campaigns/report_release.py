"""A campaign's report for those who may see the area, but not its doors.

A report counts homes, and some of its counts are small: two refusals in one community say much to
whoever knows one of them. What leaves here keeps the 15/15 rule, and nothing that is held back can
be worked out from what is shown. What says more than a count of homes (needs, points, stock, visits
for each find) stays with those who may see the doors.
"""

from __future__ import annotations

from typing import Any

from lamplit.domain.disclosure_sums import Cell, Sum, release_sums
from lamplit.domain.field import Found

COUNTS = ("enrolled", "done", "reached", "refused", "attempted", "unreachable", "untouched",
          "resolved", "withdrawn", "done_by_deadline")  # fmt: skip
"""Counts of homes; each is shown, or None."""
PLAIN = ("deadline", "closed_at", "in_time", "code_list")
"""What counts no home."""


def released(report: dict[str, Any]) -> dict[str, Any]:
    """A report (see `report.close_report`) as everybody may read it.

    `found` names all that may be found, for a word that is missing would say "nobody";
    `held_back` counts what is None.
    """
    cells, sums = _cells(report)
    shown = {
        key: None if total is None else int(total)
        for key, total in release_sums(cells, sums).items()
    }
    found = {word.value: shown[f"found:{word.value}"] for word in Found}
    counts = {name: shown[name] for name in COUNTS if name in shown}
    # All was done in time, which `in_time` says: this is no count of its own then.
    counts.setdefault("done_by_deadline", counts["done"])
    values = (*counts.values(), *found.values())
    return {
        **counts,
        "found": found,
        **{name: report.get(name) for name in PLAIN},
        "held_back": sum(value is None for value in values),
    }


def _cells(report: dict[str, Any]) -> tuple[dict[str, Cell], list[Sum[str]]]:
    """The counts, with what can be worked out from them, and how they add up."""
    number = {name: int(report.get(name) or 0) for name in COUNTS}
    counted = report.get("found") or {}
    found = {f"found:{word.value}": int(counted.get(word.value, 0)) for word in Found}
    number |= found
    # Nobody is shown these; whoever subtracts has them.
    number["open"] = number["enrolled"] - number["done"]
    number["touched"] = number["enrolled"] - number["untouched"]
    number["no_answer"] = number["attempted"] - number["unreachable"]
    number["done_late"] = number["done"] - number["done_by_deadline"]
    if report.get("in_time"):
        del number["done_late"], number["done_by_deadline"]
    sums = [
        Sum("enrolled", ("done", "open")),
        Sum("enrolled", ("touched", "untouched")),
        Sum("touched", ("reached", "refused", "attempted")),
        Sum("attempted", ("unreachable", "no_answer")),
        Sum("touched", tuple(found)),
        # Again without the sums between: else what they leave together would be few homes.
        Sum("enrolled", ("reached", "refused", "attempted", "untouched")),
        Sum("enrolled", ("reached", "refused", "unreachable", "no_answer", "untouched")),
        Sum("enrolled", (*found, "untouched")),
    ]
    if "done_late" in number:
        sums.append(Sum("done", ("done_by_deadline", "done_late")))
    return {key: Cell(n, float(n), 1.0) for key, n in number.items()}, sums
