"""Chinese maps' coordinates and back; rings around points."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lamplit.domain.coordinates import around, from_gcj02, hull, metres_apart, to_gcj02

IN_CHINA = st.tuples(st.floats(74, 134), st.floats(4, 53))


@given(IN_CHINA)
def test_there_and_back_is_within_a_millimetre(at):
    assert metres_apart(from_gcj02(to_gcj02(at)), at) < 0.001


@given(IN_CHINA)
def test_the_shift_is_some_hundred_metres(at):
    assert 10 < metres_apart(to_gcj02(at), at) < 1_500


def test_a_known_point_moves_as_the_published_formulas_have_it():
    """eviltransform's own example: (31.1774276, 121.5272106) is (31.17530398, 121.531541859)."""
    lon, lat = to_gcj02((121.5272106, 31.1774276))
    assert (lat, lon) == pytest.approx((31.17530398364597, 121.531541859215), abs=1e-9)


def test_abroad_nothing_moves():
    assert to_gcj02((151.2, -33.87)) == (151.2, -33.87) == from_gcj02((151.2, -33.87))


@example([(114.0, 30.0), (114.0, 30.000000000000004)])  # whose corners round to the same
@given(st.lists(st.tuples(st.floats(114, 114.1), st.floats(30, 30.1)), min_size=1, max_size=30))
def test_a_ring_is_closed_and_lies_around_every_point(points):
    ring = around(points, 20.0)
    assert ring[0] == ring[-1]
    assert len(ring) >= 5
    for x, y in points:
        for (ax, ay), (bx, by) in itertools.pairwise(ring):
            assert (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0


def test_the_hull_of_a_square_with_points_inside_is_the_square():
    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    assert hull([*square, (0.5, 0.5), (0.2, 0.9)]) == square
