"""What the rules compile to gives what the rules say, read plainly."""

from __future__ import annotations

import ast
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.signals.fold import Fold, Step
from lamplit.signals.home_state.rules import home_state_fold
from lamplit.signals.language import ARITHMETIC, COMPARISON, FUNCTIONS, parsed
from lamplit.signals.panel import start_carried

F = np.float32


def read_plainly(node: ast.AST, names: dict[str, Any]) -> Any:
    """The value of a rule, one NumPy call for each word of it."""
    match node:
        case ast.Constant(value=value):
            return F(value)
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            both = read_plainly(left, names), read_plainly(right, names)
            return getattr(np, ARITHMETIC[type(op)])(*both)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            both = read_plainly(left, names), read_plainly(right, names)
            return getattr(np, COMPARISON[type(op)])(*both)
        case ast.BoolOp(op=op, values=values):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return join.reduce([read_plainly(v, names) for v in values])
        case ast.UnaryOp(op=op, operand=operand):
            value = read_plainly(operand, names)
            return ~value if isinstance(op, ast.Not) else -value
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return np.where(*(read_plainly(n, names) for n in (test, body, orelse)))
        case ast.Call(func=ast.Name(id=name), args=args):
            values = [read_plainly(a, names) for a in args]
            if name == "known":
                return values[0] == values[0]
            if name == "clip":
                return np.minimum(np.maximum(values[0], values[1]), values[2])
            return getattr(np, FUNCTIONS[name])(*values)
    raise AssertionError(ast.dump(node))


def run_plainly(fold: Fold, carried: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """All names after a day, each rule read as it stands."""
    names = {**inputs, **carried, **{n: F(v) for n, v in fold.constants().items()}}
    for step in fold.steps:
        target = f"next_{step.name}" if step.carry else step.name
        names[target] = read_plainly(ast.parse(step.rule, mode="eval").body, names)
    return names


def some_day(fold: Fold, homes: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Carried values and inputs of every kind: unread, zero, flagged, tiny, large."""
    rng = np.random.default_rng(seed)

    def values() -> Any:
        kinds = [np.nan, 0.0, 1.0, 0.02, 3.0, 40.0]
        mixed = np.where(rng.random(homes) < 0.5, rng.choice(kinds, homes), rng.gamma(2, 3, homes))
        return mixed.astype(F)

    carried = {
        name: np.where(rng.random(homes) < 0.5, values(), start)
        for name, start in start_carried(fold, homes).items()
    }
    return carried, {name: values() for name in fold.inputs}


@settings(max_examples=25)
@given(homes=st.integers(1, 70), seed=st.integers(0, 2**32 - 1))
def test_every_step_of_every_home_comes_out_as_it_is_written(homes: int, seed: int):
    fold = home_state_fold()
    outputs = [f"next_{s.name}" if s.carry else s.name for s in fold.steps]
    carried, inputs = some_day(fold, homes, seed)
    with np.errstate(all="ignore"):
        after, seen = fold.compile(outputs)(carried, inputs)
        few, _ = fold.compile(())(carried, inputs)
        plain = run_plainly(fold, carried, inputs)
    for name in outputs:
        np.testing.assert_array_equal(seen[name], plain[name], err_msg=name)
    for name in fold.carried:
        np.testing.assert_array_equal(after[name], plain[f"next_{name}"], err_msg=name)
        np.testing.assert_array_equal(few[name], after[name], err_msg=name)


def small_fold(*steps: Step, **starts: float) -> Fold:
    """A fold over one input, `kwh`."""
    return Fold(steps, starts, ("kwh",), ())


def test_two_carried_values_may_change_places():
    fold = small_fold(Step("a", "b", carry=True), Step("b", "a", carry=True), a=1.0, b=2.0)
    after, seen = fold.compile(("a", "next_a"))(start_carried(fold, 3), {"kwh": np.zeros(3, F)})
    assert list(after["a"]) == [2, 2, 2] and list(after["b"]) == [1, 1, 1]
    assert list(seen["a"]) == [1, 1, 1] and list(seen["next_a"]) == [2, 2, 2]


def test_constants_are_worked_out_once_and_chosen_between():
    fold = small_fold(
        Step("seven", "1 + 2 * 3"), Step("pick", "seven if kwh > 1 else -0.5"),
        Step("none", "0.0 if kwh > 1 else kwh"), Step("both", "kwh > 1 if kwh > 0 else kwh == 0"),
    )  # fmt: skip
    _, seen = fold.compile(("seven", "pick", "none", "both"))({}, {"kwh": np.array([0, 1, 2], F)})
    assert list(seen["seven"]) == [7, 7, 7]
    assert list(seen["pick"]) == [-0.5, -0.5, 7]
    assert list(seen["none"]) == [0, 1, 0]
    assert list(seen["both"]) == [True, False, True]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("(kwh > 1) + 1", "truth"),
        ("kwh and kwh > 1", "not true or false"),
        ("1 < 2", "constant"),
        ("(kwh > 1) == kwh", "compares a truth with a number"),
        ("1.0 if kwh > 1 else kwh > 2", "now a truth"),
        ("least(kwh)", "takes 2"),
        ("kwh ** 2", "language"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(rule: str, why: str):
    with pytest.raises(ValueError, match=why):
        small_fold(Step("bad", rule)).compile(("bad",))


@pytest.fixture
def restless() -> Iterator[None]:
    """Garbage is collected often, and other threads run meanwhile, as a finaliser may let them."""
    before = gc.get_threshold()

    def give_way(phase: str, _: dict[str, int]) -> None:
        time.sleep(0)

    gc.callbacks.append(give_way)
    gc.set_threshold(20)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("restless")
def test_rules_may_be_read_in_many_threads_at_once():
    rules = [step.rule for step in home_state_fold().steps]
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(parsed.__wrapped__, rules))
    assert [ast.unparse(tree) for tree in trees] == [ast.unparse(parsed(rule)) for rule in rules]
