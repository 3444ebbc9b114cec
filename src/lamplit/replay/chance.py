"""Chances that depend on what they are about, not on the order in which they are drawn.

A robot that knocks a minute later, or a server that answers in another order, must not change what
happens behind another door: each draw is a hash of the seed and of its own subject.
"""

from __future__ import annotations

from hashlib import blake2b
from random import Random


def chance(seed: int, *about: object) -> float:
    """A number in [0, 1), always the same for the same seed and subject."""
    told = repr((seed, *about)).encode()
    return int.from_bytes(blake2b(told, digest_size=7).digest(), "big") / float(1 << 56)


def dice(seed: int, *about: object) -> Random:
    """A generator of its own for one subject."""
    told = repr((seed, *about)).encode()
    return Random(int.from_bytes(blake2b(told, digest_size=8).digest(), "big"))
