"""Outlines come in from GeoJSON; the map shows what may be told of each place."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from film_world import in_town
from people_world import build
from sqlalchemy import select, update

from lamplit.domain.coordinates import metres_apart, to_gcj02
from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.replay.neighbourhood.settle import outlines_of
from lamplit.services.field.homes import maps
from lamplit.services.field.office import CLI
from lamplit.services.field.places.outlines import import_outlines
from lamplit.services.home import Home
from lamplit.store.schema import event, place
from lamplit.town.outlines import outlines, positions
from lamplit.town.places import make_places
from lamplit.web.middleware import policy
from small_town import small_town

SQUARE = [[114.30, 30.59], [114.31, 30.59], [114.31, 30.60], [114.30, 30.60], [114.30, 30.59]]


def feature(kind: str, code: str, geometry: dict) -> dict:
    return {"type": "Feature", "properties": {"kind": kind, "code": code}, "geometry": geometry}


def polygon(*rings: list) -> dict:
    return {"type": "Polygon", "coordinates": list(rings)}


def point(lon: float, lat: float) -> dict:
    return {"type": "Point", "coordinates": [lon, lat]}


def file(*features: dict) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.fixture
def world(office):
    return build(office)


def test_an_outline_shows_on_the_map_of_the_district(world):
    body = file(feature("community", "C1", polygon(SQUARE)))
    assert import_outlines(world.office, CLI, body).outlines == 1
    found = maps.map_of(world.office, world.actor("analyst"), world.places["d1"])
    (shown,) = found.features
    assert shown.geometry == polygon(SQUARE)
    assert (shown.properties.code, shown.properties.homes) == ("C1", 20)
    assert (shown.properties.counts, shown.properties.as_of) == (None, None)


def test_a_later_file_goes_before_an_earlier_one(world):
    import_outlines(world.office, CLI, file(feature("community", "C1", polygon(SQUARE))))
    smaller = [*SQUARE[:2], [114.31, 30.595], SQUARE[0]]
    import_outlines(world.office, CLI, file(feature("community", "C1", polygon(smaller))))
    found = maps.map_of(world.office, CLI, world.places["c1"])
    assert found.outline == polygon(smaller)


def test_buildings_are_points_and_a_community_stands_in_their_middle(world):
    points = [feature("building", "B1", point(114.30, 30.59)),
              feature("building", "B2", point(114.32, 30.61))]  # fmt: skip
    assert import_outlines(world.office, CLI, file(*points)).points == 2
    inside = maps.map_of(world.office, world.actor("leader"), world.places["c1"])
    assert [one.geometry["coordinates"] for one in inside.features] == [
        [114.30, 30.59], [114.32, 30.61],
    ]  # fmt: skip
    (community,) = maps.map_of(world.office, CLI, "district:D1").features
    assert community.geometry["coordinates"] == [114.31, 30.6]


def test_coordinates_of_chinese_maps_are_turned_into_those_of_the_world(world):
    there = to_gcj02((114.305, 30.593))
    body = file(feature("building", "B1", point(*there)))
    import_outlines(world.office, CLI, body, crs="gcj02")
    shown = maps.map_of(world.office, CLI, world.places["c1"]).features[0]
    assert metres_apart(tuple(shown.geometry["coordinates"]), (114.305, 30.593)) < 0.2


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b"not json", "import.not-geojson"),
        (b'{"type": "Feature"}', "import.not-geojson"),
        (file(feature("street", "S1", point(1, 1))), "import.bad-outline"),
        (file(feature("household", "HOME", point(1, 1))), "import.bad-outline"),
        (file(feature("community", "", point(1, 1))), "import.bad-outline"),
        (file(feature("community", "C1", polygon(SQUARE[:4]))), "import.bad-outline"),
        (file(feature("community", "C1", point(500, 30))), "import.bad-outline"),
        (file(feature("community", "C1", {"type": "LineString", "coordinates": SQUARE})),
         "import.bad-outline"),
        (file(feature("community", "C9", point(1, 1))), "store.not-found"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_whole(world, broken, code):
    with pytest.raises(LamplitError) as refused:
        import_outlines(world.office, CLI, broken)
    assert refused.value.code == code


def test_nothing_is_taken_where_one_feature_may_not_be(world):
    both = file(feature("community", "C1", polygon(SQUARE)),
                feature("community", "C2", polygon(SQUARE)))  # fmt: skip
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        import_outlines(world.office, world.actor("operator"), both)
    assert maps.map_of(world.office, CLI, world.places["c1"]).outline is None


def test_a_dry_run_draws_nothing(world):
    body = file(feature("community", "C1", polygon(SQUARE)))
    assert import_outlines(world.office, CLI, body, dry_run=True).outlines == 1
    assert maps.map_of(world.office, CLI, world.places["c1"]).outline is None


def test_the_demos_neighbourhood_draws_its_communities_around_their_buildings(world):
    points = [feature("building", f"B{n}", point(114.30 + n / 1000, 30.59)) for n in (1, 2)]
    import_outlines(world.office, CLI, file(*points))
    drawn = outlines_of(world.office).encode()
    assert import_outlines(world.office, CLI, drawn).outlines == 1
    ring = maps.map_of(world.office, CLI, world.places["c1"]).outline["coordinates"][0]
    assert min(lon for lon, _ in ring) < 114.301 < 114.302 < max(lon for lon, _ in ring)


@pytest.mark.parametrize("who", ["other_leader", "withdrawn", "outsider", "owner"])
def test_others_see_no_map(world, who):
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        maps.map_of(world.office, world.actor(who), world.places["c1"])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_town(tmp_path_factory.mktemp("map"))


def test_counts_are_those_that_may_be_told(office, town):
    with in_town(office, town) as world:
        area = maps.map_of(world.office, world.actor("leader"), world.places["c1"])
        told = [one.properties.counts for one in area.features if one.properties.homes]
        counts = [n for one in told for n in one.values()]
        assert counts
        assert all(n is None or n >= LEAST_HOMES for n in counts)
        whole = maps.map_of(world.office, world.actor("analyst"), world.places["d1"])
        (community,) = whole.features
        assert sum(community.properties.counts.values()) == 60
        with world.office.db.read() as conn:
            opened = conn.scalars(select(event.c.kind)).all()
        assert "facade.opened" not in opened
        maps.map_of(world.office, world.actor("analyst"), world.places["c1"])
        with world.office.db.read() as conn:
            assert "facade.opened" in conn.scalars(select(event.c.kind)).all()


def test_the_simulated_town_draws_itself(world):
    places = make_places(2000, 7)
    drawn = json.loads(outlines(places, 7))
    shapes = [f for f in drawn["features"] if f["geometry"]["type"] == "Polygon"]
    assert len(shapes) == len(places.community_start)
    assert len(drawn["features"]) - len(shapes) == len(places.building_start)
    at = positions(places, 7)
    apart = [metres_apart(a, b) for n, a in enumerate(at) for b in at[:n]]
    assert min(apart) > 20
    with world.office.db.begin() as conn:
        conn.execute(update(place).where(place.c.kind == "building").values(lat=None))
    body = json.dumps({"features": drawn["features"][:1]}).encode()
    assert import_outlines(world.office, CLI, body).outlines == 1


@pytest.mark.parametrize(
    ("tiles", "hosts"),
    [
        ("https://tiles.example:8443/{z}/{x}/{y}.png", "https://tiles.example:8443"),
        ("/tiles/{z}/{x}/{y}.png", ""),
        ("", ""),
    ],
)
def test_pages_may_ask_no_other_host_than_the_operator_s_tiles(tiles, hosts):
    said = policy(tiles)
    others = set(re.findall(r"https?://[^ ;]+", said))
    assert others == ({hosts} if hosts else set())
    if hosts:
        assert f"img-src 'self' {hosts} " in said
        assert f"connect-src 'self' {hosts};" in said


@pytest.mark.parametrize(
    "wrong",
    ["tiles.example/{z}/{x}/{y}", "https://a.example/{z}/{x}", "https://a.example/{z}/{x}/{y};x"],
)
def test_tiles_that_are_no_template_are_refused(tmp_path, wrong):
    home = Home.create(tmp_path / "h")
    toml = home.path / "lamplit.toml"
    text = toml.read_text("utf-8")
    toml.write_text(text.replace("[web]", f'[web]\nmap_tiles = "{wrong}"'))
    with pytest.raises(LamplitError, match=r"home\.bad-setting"):
        Home.open(home.path)


def test_the_map_names_the_operator_s_tiles(world):
    assert maps.map_of(world.office, CLI, world.places["d1"]).tiles is None
    web = {"map_tiles": "/tiles/{z}/{x}/{y}.png", "map_attribution": "River City"}
    tiled = replace(world.office.home.config, web=web)
    office = replace(world.office, home=replace(world.office.home, config=tiled))
    found = maps.map_of(office, CLI, world.places["d1"]).tiles
    assert found == maps.Tiles("/tiles/{z}/{x}/{y}.png", "River City")
