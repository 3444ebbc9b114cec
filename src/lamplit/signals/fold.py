"""Rules as data: named steps that compile to one function over arrays.

A *fold* carries each home's state from one day to the next. Its steps are written in a small closed
language (arithmetic, comparison, `and`/`or`/`not`, `a if c else b`, and the functions of
`language.FUNCTIONS`), each beside its label in both languages, so that the screen which explains a
verdict shows the very rule that gave it. The steps compile to plain NumPy over blocks of homes; the
same program runs one night, a year from nothing, and a rework, so the three cannot disagree.

Missing values are NaN; a comparison with NaN is false, as in SQL's WHERE.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lamplit.domain.language import Text
from lamplit.signals.code import Arrays, Code, Constant, Operand
from lamplit.signals.language import Rule, parsed
from lamplit.signals.program import Program

__all__ = ["Arrays", "Fold", "Step", "Threshold"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A constant of a rule: its default, its unit, and the reason for the value."""

    name: str
    value: float
    unit: str
    why: Text


@dataclass(frozen=True, slots=True)
class Step:
    """One named step: `name = rule`, with what it says to a reader.

    `carry=True` marks a value that is kept for the next day under the same name; a carried step
    that names itself reads yesterday's value, because it is replaced only after the last step.
    `daily` is what the rule comes to where no interval shape is known: shorter, never different.
    """

    name: str
    rule: str
    says: Text | None = None
    carry: bool = False
    daily: str | None = None

    def expression(self, *, shape: bool) -> ast.expr:
        """The rule's tree: for homes whose interval shape is known, or of which only energy is."""
        return parsed(self.rule if shape or self.daily is None else self.daily)


@dataclass(frozen=True, slots=True)
class Fold:
    """Steps in order, the values they carry with what each starts from, and the thresholds."""

    steps: tuple[Step, ...]
    starts: Mapping[str, float]
    inputs: tuple[str, ...]
    thresholds: tuple[Threshold, ...]
    overrides: Mapping[str, float] = field(default_factory=dict)

    @property
    def carried(self) -> tuple[str, ...]:
        """Names of the values that are carried from day to day."""
        return tuple(self.starts)

    def constants(self) -> dict[str, float]:
        """Each threshold's value, the overrides applied."""
        return {t.name: float(self.overrides.get(t.name, t.value)) for t in self.thresholds}

    def compile(self, outputs: Sequence[str], *, shape: bool = True) -> Program:
        """The steps as one program of a day: called, (carried, inputs) → (carried, outputs).

        `shape=False` compiles the rules for homes of which only daily energy is known. Steps that
        neither a carried value nor an output needs are left out.

        Raises ValueError where a rule uses a word outside the language or a name not yet defined.
        """
        constants = tuple(self.constants().items())
        return _compile(self.steps, self.carried, self.inputs, constants, tuple(outputs), shape)


@lru_cache(maxsize=64)  # a night compiles the same rules for each shard; a program never changes
def _compile(
    steps: tuple[Step, ...],
    carries: tuple[str, ...],
    inputs: tuple[str, ...],
    constants: tuple[tuple[str, float], ...],
    outputs: tuple[str, ...],
    shape: bool,
) -> Program:
    code = Code()
    given = {name: code.given(name) for name in (*inputs, *carries)}
    names: dict[str, Operand] = {**given}
    names |= {name: Constant(value) for name, value in constants}
    for step in steps:
        found = Rule(step.name, code, names).operand(step.expression(shape=shape))
        names[f"next_{step.name}" if step.carry else step.name] = found
    wanted = {f"next_{name}": name for name in carries}
    missing = {name for name in (*wanted, *outputs) if name not in names}
    if missing:
        raise ValueError(f"no step gives {', '.join(sorted(missing))}")
    carried = {name: names[after] for after, name in wanted.items()}
    return Program(code, given, carried, {name: names[name] for name in outputs})
