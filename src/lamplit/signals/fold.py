"""Rules as data: named steps that compile to one function over arrays.

A *fold* carries each home's state from one day to the next. Its steps are written in a small closed
language (arithmetic, comparison, `and`/`or`/`not`, `a if c else b`, and the functions of
`FUNCTIONS`), each beside its label in both languages, so that the screen which explains a verdict
shows the very rule that gave it. The steps compile to plain NumPy over blocks of homes; the same
function runs one night, a year from nothing, and a rework, so the three cannot disagree.

Missing values are NaN; a comparison with NaN is false, as in SQL's WHERE.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lamplit.domain.language import Text

Arrays = dict[str, np.ndarray[Any, Any]]

FUNCTIONS = {
    "log": "np.log",
    "exp": "np.exp",
    "sqrt": "np.sqrt",
    "abs": "np.abs",
    "least": "np.minimum",
    "greatest": "np.maximum",
}
"""The language's functions and what they compile to; `known(x)` is `x == x`, `clip` is bounds."""

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


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

    def compile(self, outputs: Sequence[str], *, shape: bool = True) -> DayFunction:
        """The steps as one function of a day: (carried, inputs) → (carried, outputs).

        `shape=False` compiles the rules for homes of which only daily energy is known. Steps that
        neither a carried value nor an output needs are left out.

        Raises ValueError where a rule uses a word outside the language or a name not yet defined.
        """
        return _compile(self, tuple(outputs), shape)


DayFunction = Callable[[Arrays, Arrays], tuple[Arrays, Arrays]]


def _compile(fold: Fold, outputs: tuple[str, ...], shape: bool) -> DayFunction:
    constants = fold.constants()
    defined = set(fold.inputs) | set(fold.starts)
    lines: list[tuple[str, str, set[str]]] = []
    for step in fold.steps:
        rule = step.rule if shape or step.daily is None else step.daily
        target = f"next_{step.name}" if step.carry else step.name
        names = _Names(constants, defined, step.name)
        lines.append((target, names.render(ast.parse(rule, mode="eval").body), names.used))
        defined.add(target)
    wanted = {f"next_{name}" for name in fold.starts} | set(outputs)
    missing = wanted - defined
    if missing:
        raise ValueError(f"no step gives {', '.join(sorted(missing))}")
    return _assemble(fold, outputs, _needed(lines, wanted))


def _needed(lines: list[tuple[str, str, set[str]]], wanted: set[str]) -> list[tuple[str, str]]:
    """The lines that lead to what is wanted, in order."""
    keep: list[tuple[str, str]] = []
    for target, source, used in reversed(lines):
        if target in wanted:
            keep.append((target, source))
            wanted |= used
    return keep[::-1]


def _assemble(fold: Fold, outputs: tuple[str, ...], lines: list[tuple[str, str]]) -> DayFunction:
    body = [f"{name} = carried[{name!r}]" for name in fold.starts]
    body += [f"{name} = inputs[{name!r}]" for name in fold.inputs]
    body += [f"{target} = {source}" for target, source in lines]
    kept = ", ".join(f"{name!r}: next_{name}" for name in fold.starts)
    shown = ", ".join(f"{name!r}: {name}" for name in outputs)
    source = "def day(carried, inputs):\n    " + "\n    ".join(body)
    source += f"\n    return {{{kept}}}, {{{shown}}}\n"
    space: dict[str, Any] = {"np": np}
    exec(compile(source, "<fold>", "exec"), space)  # the text is rendered from a closed language
    function: DayFunction = space["day"]
    return function


class _Names:
    """Renders one rule as NumPy source and notes the names that it reads."""

    def __init__(self, constants: Mapping[str, float], defined: set[str], step: str) -> None:
        self.constants = constants
        self.defined = defined
        self.step = step
        self.used: set[str] = set()

    def render(self, node: ast.AST) -> str:  # noqa: PLR0911 one return a kind of node
        match node:
            case ast.Constant(value=int() | float() as value):
                return repr(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return f"({self.render(left)} {OPERATORS[type(op)]} {self.render(right)})"
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
                return f"({self.render(left)} {OPERATORS[type(op)]} {self.render(right)})"
            case ast.BoolOp(op=op, values=values):
                joint = " & " if isinstance(op, ast.And) else " | "
                return "(" + joint.join(self.render(v) for v in values) + ")"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(~{self.render(operand)})"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{self.render(operand)})"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                parts = (self.render(test), self.render(body), self.render(orelse))
                return f"np.where({', '.join(parts)})"
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, [self.render(a) for a in args])
        raise ValueError(f"step {self.step}: {ast.dump(node)} is not in the rules' language")

    def _name(self, name: str) -> str:
        if name in self.constants:
            return repr(self.constants[name])
        if name not in self.defined:
            raise ValueError(f"step {self.step}: {name} is not defined before it is used")
        self.used.add(name)
        return name

    def _call(self, name: str, args: list[str]) -> str:
        if name == "known":
            return f"({args[0]} == {args[0]})"
        if name == "clip":
            return f"np.minimum(np.maximum({args[0]}, {args[1]}), {args[2]})"
        if name not in FUNCTIONS:
            raise ValueError(f"step {self.step}: {name} is not a function of the rules' language")
        return f"{FUNCTIONS[name]}({', '.join(args)})"
