"""Instructions on arrays of one value per home, each worked out once.

Numbers are float32: seven digits are more than a meter has. `a if c else b` is done on the bits of
the numbers, which costs a third of `np.where` and gives the very same values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]

NUMBER = np.float32

KINDS = {"number": "f", "truth": "b", "mask": "m"}
"""Kind of value → the letter of its buffers: float32, bool, and int32 of all bits or none."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that is the same for every home."""

    value: float

    @property
    def bits(self) -> int:
        """The bits of the float32, as int32."""
        return int(NUMBER(self.value).view(np.int32))


@dataclass(frozen=True, slots=True)
class Value:
    """An array of one value per home: the result of an instruction, or a name given to the day."""

    number: int
    kind: str
    given: str = ""


Operand = Constant | Value


@dataclass(frozen=True, slots=True)
class Instruction:
    """`into = ufunc(*operands)`; `bits`: on the bits of numbers, not on their values."""

    ufunc: str
    operands: tuple[Operand, ...]
    into: Value
    bits: bool = False


class Code:
    """Instructions in order, each different from the others."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self._known: dict[tuple[object, ...], Value] = {}
        self._count = 0

    def given(self, name: str) -> Value:
        """A value that comes from outside under a name."""
        self._count += 1
        return Value(self._count, "number", name)

    def do(self, ufunc: str, *operands: Operand, kind: str = "number", bits: bool = False) -> Value:
        """The value of an operation, worked out once."""
        key = (ufunc, operands, kind, bits)
        if key not in self._known:
            self._count += 1
            into = Value(self._count, kind)
            self.instructions.append(Instruction(ufunc, operands, into, bits))
            self._known[key] = into
        return self._known[key]

    def calculate(self, ufunc: str, *operands: Operand) -> Operand:
        """An operation on numbers, done here and now where all of them are constants."""
        given = [o.value for o in operands if isinstance(o, Constant)]
        if len(given) == len(operands):
            return Constant(float(getattr(np, ufunc)(*given)))
        return self.do(ufunc, *operands)

    def choose(self, test: Value, yes: Operand, no: Operand) -> Operand:
        """`yes if test else no`, bit by bit."""
        if yes == no:
            return yes
        if isinstance(yes, Value) and yes.kind == "truth":
            inside = self.do("logical_and", test, yes, kind="truth")
            other = self.do("logical_not", test, kind="truth")
            outside = self.do("logical_and", other, no, kind="truth")
            return self.do("logical_or", inside, outside, kind="truth")
        mask = self.do("negative", test, kind="mask")
        if isinstance(no, Constant) and no.bits == 0:
            return self.do("bitwise_and", mask, yes, bits=True)
        if isinstance(yes, Constant) and yes.bits == 0:
            return self.do("bitwise_and", self.do("invert", mask, kind="mask"), no, bits=True)
        apart: Operand
        if isinstance(yes, Constant) and isinstance(no, Constant):
            apart = Apart(yes.value, no.value)
        else:
            apart = self.do("bitwise_xor", yes, no, bits=True)
        return self.do("bitwise_xor", self.do("bitwise_and", mask, apart, bits=True), no, bits=True)

    def needed(self, wanted: Sequence[Value]) -> list[Instruction]:
        """The instructions that lead to what is wanted, in order."""
        wants = {value.number for value in wanted}
        keep: list[Instruction] = []
        for step in reversed(self.instructions):
            if step.into.number in wants:
                keep.append(step)
                wants |= {o.number for o in step.operands if isinstance(o, Value)}
        return keep[::-1]


@dataclass(frozen=True, slots=True)
class Apart(Constant):
    """The bits in which two constants differ."""

    other: float = 0.0

    @property
    def bits(self) -> int:
        """The bits of one that are not those of the other."""
        return Constant(self.value).bits ^ Constant(self.other).bits
