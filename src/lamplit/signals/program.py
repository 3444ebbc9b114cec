"""Instructions as a program that runs fast in NumPy.

What nothing needs is left out, and a value's buffer is used again after its last use, so that a
block of homes stays in a core's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lamplit.signals.code import (
    KINDS,
    NUMBER,
    Array,
    Arrays,
    Code,
    Constant,
    Instruction,
    Operand,
    Value,
)

Day = Callable[[Arrays, Arrays], Arrays]
"""(carried, inputs) → outputs, in buffers that the next call overwrites; `carried` is advanced in
place. All arrays of float32 and of the size that the day was bound to."""


class Program:
    """What a fold compiles to. `carried`, `outputs`: name → value after the day."""

    def __init__(
        self,
        code: Code,
        given: dict[str, Value],
        carried: dict[str, Operand],
        outputs: dict[str, Operand],
    ) -> None:
        before = {name: given[name] for name in carried}
        replaced = set(before.values())

        def kept(value: Operand) -> Value:
            # Yesterday's value under another name must be read before it is replaced.
            if isinstance(value, Constant) or value in replaced:
                return code.do("positive", value)
            return value

        self.carried = {n: kept(v) for n, v in carried.items() if v != before[n]}
        self.outputs = {n: kept(v) for n, v in outputs.items()}
        self.steps = code.needed([*self.carried.values(), *self.outputs.values()])
        self.given = {value.number: name for name, value in given.items()}
        self.names = tuple(before)
        self.bind = _assembled(self)

    def __call__(self, carried: Arrays, inputs: Arrays) -> tuple[Arrays, Arrays]:
        """One day by itself: (carried after it, outputs), in arrays of their own."""
        given = {name: np.array(values, dtype=NUMBER) for name, values in inputs.items()}
        state = {name: np.array(carried[name], dtype=NUMBER) for name in self.names}
        size = max((len(values) for values in [*given.values(), *state.values()]), default=0)
        return state, self.bind(size)(state, given)


class _Buffers:
    """Which buffer each value lies in; a buffer is free again after its value's last use."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.free: dict[str, list[str]] = {letter: [] for letter in KINDS.values()}
        self.made: dict[str, int] = dict.fromkeys(KINDS.values(), 0)
        self.place: dict[int, str] = {n: f"given_{name}" for n, name in program.given.items()}
        self.bits_of: set[str] = set()

    def take(self, value: Value) -> str:
        """A buffer for a new value."""
        letter = KINDS[value.kind]
        if not self.free[letter]:
            self.free[letter].append(f"{letter}{self.made[letter]}")
            self.made[letter] += 1
        self.place[value.number] = self.free[letter].pop()
        return self.place[value.number]

    def leave(self, value: Value) -> None:
        """Give a value's buffer back; what came from outside keeps its own."""
        place = self.place[value.number]
        if not place.startswith("given_"):
            self.free[place[0]].append(place)


def _assembled(program: Program) -> Callable[[int], Day]:
    """The instructions as a function that makes the buffers and gives the day that uses them."""
    buffers, constants = _Buffers(program), dict[str, Array]()
    lines = _lines(program, buffers, constants)
    make = []
    for letter, kind in (("f", "float32"), ("b", "bool_"), ("m", "int32")):
        make += [f"{letter}{i} = np.empty(size, np.{kind})" for i in range(buffers.made[letter])]
    make += [f"f{i}_bits = f{i}.view(np.int32)" for i in range(buffers.made["f"])]
    make += [f"b{i}_bits = b{i}.view(np.int8)" for i in range(buffers.made["b"])]
    used = {o.number for step in program.steps for o in step.operands if isinstance(o, Value)}
    used |= {value.number for value in program.outputs.values()}
    body = []
    for number, name in program.given.items():
        source = "carried" if name in program.names else "inputs"
        if number in used or name in program.carried:
            body.append(f"given_{name} = {source}[{name!r}]")
        if f"given_{name}" in buffers.bits_of:
            body.append(f"given_{name}_bits = given_{name}.view(np.int32)")
    body += lines
    place = buffers.place
    shown = ", ".join(f"{n!r}: {place[v.number]}" for n, v in program.outputs.items())
    body += [f"positive({place[v.number]}, out=given_{n})" for n, v in program.carried.items()]
    source = "def bind(size):\n    " + "\n    ".join(make or ["pass"])
    source += "\n    def day(carried, inputs):\n        " + "\n        ".join(body or ["pass"])
    source += f"\n        return {{{shown}}}\n    return day\n"
    ufuncs = {step.ufunc: getattr(np, step.ufunc) for step in program.steps}
    space: dict[str, Any] = {"np": np, "positive": np.positive, **ufuncs, **constants}
    exec(compile(source, "<rules>", "exec"), space)  # assembled from the instructions alone
    bind: Callable[[int], Day] = space["bind"]
    return bind


def _lines(program: Program, buffers: _Buffers, constants: dict[str, Array]) -> list[str]:
    last = {o.number: i for i, s in enumerate(program.steps) for o in s.operands
            if isinstance(o, Value)}  # fmt: skip
    stays = {v.number for v in (*program.carried.values(), *program.outputs.values())}
    lines = []
    for i, step in enumerate(program.steps):
        operands = [_operand(o, step, buffers, constants) for o in step.operands]
        gone = {o for o in step.operands if isinstance(o, Value) and last[o.number] == i}
        for value in sorted(gone, key=lambda v: v.number):
            if value.number not in stays:
                buffers.leave(value)
        into = buffers.take(step.into) + ("_bits" if step.bits else "")
        cast = ", dtype=np.int32, casting='unsafe'" if step.ufunc == "negative" and (
            step.into.kind == "mask") else ""  # fmt: skip
        lines.append(f"{step.ufunc}({', '.join(operands)}, out={into}{cast})")
    return lines


def _operand(
    operand: Operand, step: Instruction, buffers: _Buffers, constants: dict[str, Array]
) -> str:
    if isinstance(operand, Constant):
        number = operand.bits if step.bits else operand.value
        name = f"{'bits' if step.bits else 'number'}_{len(constants)}"
        constants[name] = np.array(number, np.int32 if step.bits else NUMBER)
        return name
    place = buffers.place[operand.number]
    if operand.kind == "mask" or (operand.kind == "truth" and step.into.kind != "mask"):
        return place
    if step.bits or operand.kind == "truth":
        buffers.bits_of.add(place)
        return f"{place}_bits"
    return place
