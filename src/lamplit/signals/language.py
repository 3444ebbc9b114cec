"""The rules' language: one rule taken apart into instructions."""

from __future__ import annotations

import ast
import threading
from functools import cache

from lamplit.signals.code import Code, Constant, Operand, Value

FUNCTIONS = {
    "log": "log", "exp": "exp", "sqrt": "sqrt", "abs": "absolute",
    "least": "minimum", "greatest": "maximum",
}  # fmt: skip
"""The language's functions and NumPy's; `known(x)` is `x == x`, `clip` is bounds."""
ARITHMETIC: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
}  # fmt: skip
COMPARISON: dict[type[ast.AST], str] = {
    ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal",
    ast.Eq: "equal", ast.NotEq: "not_equal",
}  # fmt: skip

_READING = threading.Lock()


@cache
def parsed(rule: str) -> ast.expr:
    """A rule's text as a tree, which nobody may change. Raises SyntaxError.

    One thread at a time: two that parse at once may get a SystemError, "AST constructor recursion
    depth mismatch" (python/cpython#106905; seen with Python 3.11).
    """
    with _READING:
        return ast.parse(rule, mode="eval").body


class Rule:
    """Takes one rule apart. `names`: what it may name, and what each name stands for."""

    def __init__(self, step: str, code: Code, names: dict[str, Operand]) -> None:
        self.step, self.code, self.names = step, code, names

    def operand(self, node: ast.AST) -> Operand:
        """The value of an expression; raises ValueError where it leaves the rules' language."""
        match node:
            case ast.Constant(value=int() | float() as value):
                return Constant(float(value))
            case ast.Name(id=name):
                if name not in self.names:
                    raise self.fault(f"{name} is not defined before it is used")
                return self.names[name]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                both = self.number(left), self.number(right)
                return self.code.calculate(ARITHMETIC[type(op)], *both)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISON:
                return self._compare(COMPARISON[type(op)], left, right)
        return self._composed(node)

    def _composed(self, node: ast.AST) -> Operand:
        match node:
            case ast.BoolOp(op=op, values=values):
                return self._joined("and" if isinstance(op, ast.And) else "or", values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.code.do("logical_not", self.truth(operand), kind="truth")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.code.calculate("negative", self.number(operand))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._choose(test, body, orelse)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, [self.number(a) for a in args])
        raise self.fault(f"{ast.dump(node)} is not in the rules' language")

    def number(self, node: ast.AST) -> Operand:
        """The value of an expression that is to be a number."""
        found = self.operand(node)
        if isinstance(found, Value) and found.kind != "number":
            raise self.fault(f"{ast.unparse(node)} is a truth, where a number is needed")
        return found

    def truth(self, node: ast.AST) -> Value:
        """The value of an expression that is to be true or false."""
        found = self.operand(node)
        if not isinstance(found, Value) or found.kind != "truth":
            raise self.fault(f"{ast.unparse(node)} is not true or false")
        return found

    def fault(self, why: str) -> ValueError:
        """What to raise where the rule leaves the language."""
        return ValueError(f"step {self.step}: {why}")

    def _compare(self, ufunc: str, left: ast.AST, right: ast.AST) -> Operand:
        one, two = self.operand(left), self.operand(right)
        if isinstance(one, Constant) and isinstance(two, Constant):
            raise self.fault("compares one constant with another")
        kinds = {o.kind if isinstance(o, Value) else "number" for o in (one, two)}
        if len(kinds) > 1:
            raise self.fault("compares a truth with a number")
        return self.code.do(ufunc, one, two, kind="truth")

    def _joined(self, word: str, nodes: list[ast.expr]) -> Operand:
        found = self.truth(nodes[0])
        for node in nodes[1:]:
            found = self.code.do(f"logical_{word}", found, self.truth(node), kind="truth")
        return found

    def _choose(self, test: ast.AST, body: ast.AST, orelse: ast.AST) -> Operand:
        yes, no = self.operand(body), self.operand(orelse)
        kinds = {o.kind if isinstance(o, Value) else "number" for o in (yes, no)}
        if len(kinds) > 1:
            raise self.fault("gives now a truth, now a number")
        return self.code.choose(self.truth(test), yes, no)

    def _call(self, name: str, args: list[Operand]) -> Operand:
        wanted = {"known": 1, "clip": 3, "least": 2, "greatest": 2}.get(name, 1)
        if name not in FUNCTIONS and name not in ("known", "clip"):
            raise self.fault(f"{name} is not a function of the rules' language")
        if len(args) != wanted:
            raise self.fault(f"{name} takes {wanted} values, not {len(args)}")
        if name == "known":
            return self.code.do("equal", args[0], args[0], kind="truth")
        if name == "clip":
            return self.code.calculate(
                "minimum", self.code.calculate("maximum", *args[:2]), args[2]
            )
        return self.code.calculate(FUNCTIONS[name], *args)
