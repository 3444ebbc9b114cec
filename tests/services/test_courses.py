"""The courses of those who agreed, carried from night to night, are those that the lake gives."""

from __future__ import annotations

import os
import resource
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from night_worlds import LakeWriter, Row, link, nights, write_registry
from sweep_worlds import DAYS, FIRST, LAST, a_town, hourly, in_use, standing, then

from lamplit.domain.errors import LamplitError
from lamplit.engine.duckdb import Duck
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night import advance, course_files, courses, rework, shards, snapshots
from lamplit.services.night.advance import detector
from lamplit.services.night.course_files import Index, Stored
from lamplit.services.night.courses import COURSE_DAYS, carried_courses
from lamplit.services.night.replay import Replay
from lamplit.services.night.snapshots import commit, read_manifest
from lamplit.services.registry import apply_import, plan_import
from lamplit.services.routine import RoutineLook, looks_on
from lamplit.signals.routine.course import Course

EXAMPLES = int(os.environ.get("LAMPLIT_EXAMPLES", "3"))
"""Towns to live through; a long hunt sets more of them."""


def on(number: int) -> date:
    """A day of the town."""
    return FIRST + timedelta(number)


def looked(home: Home, *, lake: bool = False) -> list[RoutineLook]:
    """The looks of the last two days; `lake`: as if no course had been carried."""
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        if lake:
            replay = replace(replay, manifest=replace(replay.manifest, course={}))
        days = tuple(d for d in (replay.through - timedelta(1), replay.through)
                     if d >= replay.first)  # fmt: skip
        return looks_on(replay, days)


def stored(home: Home) -> Stored | None:
    return carried_courses(home.state_shelf, read_manifest(home.state_dir))


def households(home: Home) -> list[str]:
    """Who has a course."""
    found = stored(home)
    return found.index.table["household_id"].to_pylist() if found else []


def whole(found: Stored) -> Course:
    return found.read(np.arange(found.index.count), list(found.days))


def assert_same_courses(mine: Home, theirs: Home) -> None:
    """The same homes, and each day of each of them the same to the bit."""
    a, b = stored(mine), stored(theirs)
    assert (a is None) == (b is None)
    if a is None or b is None:
        return
    assert a.index.table.to_pylist() == b.index.table.to_pylist()
    assert list(a.days) == list(b.days)
    one, other = whole(a), whole(b)
    for name in ("kwh", "slots", "valid", "away"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def unread_from_lake(monkeypatch: pytest.MonkeyPatch) -> list[tuple[date, date, int]]:
    """Notes which days are read from the lake for how many homes, from now on."""
    asked: list[tuple[date, date, int]] = []
    real = courses.of_lake

    def noted(work: Any, rows: Any, first: date, last: date) -> Any:
        asked.append((first, last, len(rows)))
        return real(work, rows, first, last)

    monkeypatch.setattr(courses, "of_lake", noted)
    monkeypatch.setattr("lamplit.services.routine.of_lake", noted)
    return asked


# --- a town lived through -----------------------------------------------------------------------


def links_of(rng: np.random.Generator, homes: int) -> list[Row]:
    """Homes, most of whose people agreed; some with two meters, or one after another."""
    links: list[Row] = []
    for home in range(homes):
        about = {
            "community_id": f"C{home % 2}", "collector_id": f"K{home % 3}",
            "lives_alone": bool(rng.random() < 0.6), "solar": bool(rng.random() < 0.1),
            "shared": bool(rng.random() < 0.05),
        }  # fmt: skip
        meter, household = f"M{home:02d}", f"H{home:02d}"
        kind = rng.random()
        if kind < 0.15:
            links += [link(meter + part, household, **about) for part in "ab"]
        elif kind < 0.3:
            middle = on(int(rng.integers(5, 45)))
            links += [
                link(meter, household, **about, valid_to=middle),
                link(meter + "n", household, **about, valid_from=middle),
            ]
        else:
            links.append(link(meter, household, **about))
    return links


def readings_of(rng: np.random.Generator, links: list[Row], days: int) -> dict[Any, Row]:
    """Hourly days, some of them missing, partial or estimated; some homes empty for a while."""
    truth: dict[Any, Row] = {}
    for meter in sorted({row["meter_id"] for row in links} | {"S00"}):
        away = int(rng.integers(0, days * 2))
        for number in range(int(rng.integers(0, days)) if rng.random() < 0.1 else 0, days):
            if rng.random() < 0.06:
                continue
            story = standing if away <= number < away + 6 or rng.random() < 0.03 else in_use
            row = hourly(story(number, rng))
            if rng.random() < 0.04:
                row |= {"quality": 1} if rng.random() < 0.5 else {"slots_read": 23}
            if rng.random() < 0.03:  # a day on which the clock changes
                row |= {"slots": 23, "slots_read": 23, "intervals": row["intervals"][:23]}
            truth[meter, on(number)] = row
    return truth


def changed(rng: np.random.Generator, links: list[Row]) -> list[Row]:
    """Consent given or withdrawn, a home that moves under another collector, one that is new."""
    links = [dict(row) for row in links]
    for _ in range(int(rng.integers(1, 4))):
        household = str(rng.choice(sorted({row["household_id"] for row in links})))
        name = str(rng.choice(["lives_alone", "lives_alone", "solar", "shared", "collector_id"]))
        for row in links:
            if row["household_id"] == household:
                row[name] = f"K{rng.integers(0, 3)}" if name == "collector_id" else not row[name]
    if rng.random() < 0.3 and all(row["meter_id"] != "S00" for row in links):
        links.append(link("S00", "H99", community_id="C0", collector_id="K0", lives_alone=True))
    return links


class CutError(Exception):
    """The machine stops."""


def cut_somewhere(rng: np.random.Generator, patch: pytest.MonkeyPatch) -> None:
    """Stop at one of the moments at which a night writes, before or after it has."""
    place = str(rng.choice(["commit", "rework commit", "days", "index", "part"]))
    room, name = {
        "commit": (advance, "commit"), "rework commit": (rework, "commit"),
        "days": (courses, "write_days"), "index": (courses, "write_index"),
        "part": (advance, "write_part"),
    }[place]  # fmt: skip
    real, after = getattr(room, name), bool(rng.random() < 0.5)

    def cut(*given: Any, **more: Any) -> Any:
        if after:
            real(*given, **more)
        raise CutError

    patch.setattr(room, name, cut)


def live(folder: Path, rng: np.random.Generator, truth: dict[Any, Row], links: list[Row],
         days: int) -> tuple[Home, list[Row]]:  # fmt: skip
    """Readings late and wrong and corrected, consent as it comes and goes, nights cut off."""
    home = Home.create(folder)
    writer = LakeWriter(home)
    write_registry(home, links)
    pending, wrong, day = set(truth), set(), -1
    while day < days - 1:
        day = min(days - 1, day + int(rng.choice([1, 1, 2, 6, 13])))
        due = {k for k in sorted(pending) if k[1] <= on(day) and rng.random() < 0.93}
        batch = {}
        for key in sorted(due):
            batch[key] = truth[key]
            if rng.random() < 0.04:
                batch[key] = hourly(standing(0, rng))
                wrong.add(key)
        mended = {k for k in sorted(wrong - due) if rng.random() < 0.2}
        batch |= {k: truth[k] for k in mended}
        pending, wrong = pending - due, wrong - mended
        if batch:
            writer.put(batch)
        if rng.random() < 0.25:
            links = changed(rng, links)
            write_registry(home, links)
        if writer.rows and on(day) >= min(k[1] for k in writer.rows):
            with pytest.MonkeyPatch.context() as patch:
                if rng.random() < 0.2:
                    cut_somewhere(rng, patch)
                try:
                    nights(home, on(day))
                except CutError:
                    assert looked(home) == looked(home, lake=True) if manifest_of(home) else True
    writer.put({k: truth[k] for k in pending | wrong})
    nights(home, on(days - 1))
    return home, links


def manifest_of(home: Home) -> str:
    return read_manifest(home.state_dir).through


@given(st.integers(0, 10**6))
@settings(
    max_examples=EXAMPLES, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_carried_night_by_night_they_are_those_of_a_full_recompute(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("town")
    rng = np.random.default_rng(seed)
    days = int(rng.integers(18, 45))
    links = links_of(rng, int(rng.integers(4, 14)))
    truth = readings_of(rng, links, days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course_files, "HOMES_AT_ONCE", int(rng.integers(1, 6)))
        if rng.random() < 0.5:
            patch.setattr(shards, "SHARD_HOMES", int(rng.integers(2, 8)))
        if rng.random() < 0.5:
            patch.setattr(snapshots, "KEEP_NIGHTS", 2)
        lived, links = live(folder / "lived", rng, truth, links, days)
        told = Home.create(folder / "told")
        write_registry(told, links)
        LakeWriter(told).put(truth)
        nights(told, on(days - 1))
        assert_same_courses(lived, told)
        assert sorted(households(lived)) == agreed(links)
    for home in (lived, told):
        carried = looked(home) if home is told else None
        assert looked(home, lake=True) == (carried if carried is not None else looked(told))


def agreed(links: list[Row]) -> list[str]:
    """Households whose people agreed, under a meter of their own and no solar roof."""
    mine: dict[str, list[Row]] = {}
    for row in links:
        mine.setdefault(row["household_id"], []).append(row)
    return sorted(
        name for name, rows in mine.items()
        if any(r["lives_alone"] for r in rows) and not any(r["shared"] or r["solar"] for r in rows)
    )  # fmt: skip


# --- what a night reads -------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path):
    """Two homes, of whom the first agreed, and the town's writer; the last night is still due."""
    stories = {"still": then((DAYS - 1, in_use), (DAYS, standing)), "usual": in_use}
    return a_town(tmp_path / "h", stories, {"still": {"lives_alone": True}},
                  through=LAST - timedelta(1))  # fmt: skip


def test_a_night_reads_its_own_day_alone_and_the_list_none(pair, monkeypatch):
    asked = unread_from_lake(monkeypatch)
    nights(pair, LAST)
    assert asked == [(LAST, LAST, 1)]
    asked.clear()
    found = looked(pair)
    assert asked == [] and [look.broken for look in found] == [False, True]
    assert found == looked(pair, lake=True)


def test_a_late_day_is_read_again_from_that_day_on_and_for_its_home_alone(pair, monkeypatch):
    nights(pair, LAST)
    asked = unread_from_lake(monkeypatch)
    late = hourly(in_use(0, np.random.default_rng(8)))
    LakeWriter(pair, {("M-still", LAST - timedelta(3)): {}}).put(
        {("M-still", LAST - timedelta(3)): late}
    )
    nights(pair, LAST)
    assert asked == [(LAST - timedelta(3), LAST, 1)]
    assert looked(pair) == looked(pair, lake=True)


def test_a_late_day_of_somebody_else_reads_nothing_of_it(pair, monkeypatch):
    nights(pair, LAST)
    kept = read_manifest(pair.state_dir).course
    asked = unread_from_lake(monkeypatch)
    late = hourly(in_use(0, np.random.default_rng(8)))
    LakeWriter(pair, {("M-usual", LAST - timedelta(3)): {}}).put(
        {("M-usual", LAST - timedelta(3)): late}
    )
    nights(pair, LAST)
    assert asked == [] and read_manifest(pair.state_dir).course == kept


def test_days_older_than_the_rule_needs_are_let_go(pair):
    nights(pair, LAST)
    manifest = read_manifest(pair.state_dir)
    assert len(manifest.course) == COURSE_DAYS
    assert sorted(manifest.course)[-1] == LAST.isoformat()
    there = {f.name for f in pair.state_dir.glob("course-2*.parquet")}
    assert there >= set(manifest.course.values())
    nights(pair, LAST)  # the next run sweeps
    there = {f.name for f in pair.state_dir.glob("course-2*.parquet")}
    assert there == set(manifest.course.values())


def test_a_home_worked_by_an_earlier_version_gets_its_courses_with_the_next_run(pair):
    nights(pair, LAST)
    before = looked(pair)
    manifest = read_manifest(pair.state_dir)
    commit(pair, replace(manifest, course={}, course_homes=""))
    assert looked(pair) == before
    nights(pair, LAST)
    assert households(pair) == ["still"] and looked(pair) == before


def test_a_course_file_that_is_gone_is_read_from_the_lake(pair):
    nights(pair, LAST)
    before = looked(pair)
    next(pair.state_dir.glob(f"course-{LAST}-*.parquet")).unlink()
    assert looked(pair) == before


def test_a_disk_that_fills_while_courses_are_written_loses_nothing(pair, monkeypatch):
    real = courses.write_days
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def without_room(*given: Any) -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            return real(*given)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    was = read_manifest(pair.state_dir)
    with monkeypatch.context() as patch, pytest.raises(LamplitError, match=r"home\.disk-full"):
        patch.setattr(courses, "write_days", without_room)
        nights(pair, LAST)
    assert read_manifest(pair.state_dir) == was
    assert looked(pair) == looked(pair, lake=True)
    nights(pair, LAST)
    assert [look.broken for look in looked(pair)] == [False, True]


# --- consent ------------------------------------------------------------------------------------


def bytes_of(home: Home) -> bytes:
    """All that lies under the state's folder as courses."""
    return b"".join(f.read_bytes() for f in sorted(home.state_dir.glob("course-*")))


def registry(home: Home, *names: str) -> None:
    """The registry of the pair, with these people's consent."""
    about = {"community_id": "C1", "building_id": "B1", "unit": "1", "floor": 2}
    write_registry(home, [link(f"M-{name}", name, **about, door=f"{i:03d}",
                               lives_alone=name in names)
                          for i, name in enumerate(("still", "usual"))])  # fmt: skip


def test_nobody_who_did_not_agree_has_a_course(pair):
    nights(pair, LAST)
    assert households(pair) == ["still"]
    with Duck() as con:
        for file in pair.state_dir.glob("course-2*.parquet"):
            assert con.value(f"SELECT count(*) FROM '{file}'") == 1


def test_where_nobody_agreed_there_are_no_courses(tmp_path):
    home = a_town(tmp_path / "h", {"usual": in_use, "other": in_use})
    assert stored(home) is None and not list(home.state_dir.glob("course-*"))


def test_who_withdraws_loses_the_course_with_the_next_night_and_is_not_looked_at_before(pair):
    nights(pair, LAST)
    registry(pair)
    assert looked(pair) == []
    nights(pair, LAST)
    assert households(pair) == [] and not read_manifest(pair.state_dir).course
    assert not list(pair.state_dir.glob("course-*"))


def test_who_agrees_is_looked_at_with_the_weeks_behind_them(pair, tmp_path):
    nights(pair, LAST)
    registry(pair, "still", "usual")
    before = looked(pair)
    assert {look.household_id for look in before} == {"still", "usual"}
    nights(pair, LAST)
    assert households(pair) == ["still", "usual"]
    assert looked(pair) == before == looked(pair, lake=True)


def test_importing_a_withdrawal_removes_the_course_at_once(pair, tmp_path):
    registry(pair, "still", "usual")
    nights(pair, LAST)
    assert households(pair) == ["still", "usual"]
    sheet = tmp_path / "registry.csv"
    sheet.write_text("meter_id,household_id,lives_alone\nM-still,still,false\n", "utf-8")
    apply_import(pair, plan_import(pair, sheet))
    assert households(pair) == ["usual"]
    assert len(list(pair.state_dir.glob("course-2*.parquet"))) == COURSE_DAYS
    before = looked(pair)
    assert [look.household_id for look in before] == ["usual", "usual"]
    nights(pair, LAST)
    assert looked(pair) == before == looked(pair, lake=True)


def test_readings_that_expire_go_from_the_courses_too(pair):
    from lamplit.services.expire import expire

    nights(pair, LAST)
    expire(pair, LAST - timedelta(2))
    manifest = read_manifest(pair.state_dir)
    assert all(day > manifest.expired for day in manifest.course)
    assert {f.name for f in pair.state_dir.glob("course-2*.parquet")} == set(
        manifest.course.values()
    )
    assert looked(pair) == looked(pair, lake=True)


def test_a_mark_tells_meters_places_and_collectors_apart():
    def mark(**about: Any) -> str:
        import pyarrow as pa

        from lamplit.services.night.universe import HOMES_SCHEMA, METERS_SCHEMA, Universe

        home = {"household_id": "H", "meter_id": "M", "community_id": None, "silence_id": None,
                "solar": False, "shared": False, "lives_alone": True,
                "stranger": False}  # fmt: skip
        meter = {"meter_id": "M", "home": 0, "from_day": 0, "to_day": 9, "alone": False}
        home |= {k: v for k, v in about.items() if k in home}
        meter |= {k: v for k, v in about.items() if k in meter}
        tables = (pa.Table.from_pylist([home], HOMES_SCHEMA),
                  pa.Table.from_pylist([meter], METERS_SCHEMA))  # fmt: skip
        with Duck() as con:
            return str(Index.of(con, Universe(*tables), np.array([0])).table["mark"][0])

    marks = [mark(), mark(community_id="X"), mark(silence_id="X"), mark(meter_id="N"),
             mark(from_day=1), mark(to_day=8)]  # fmt: skip
    assert len(set(marks)) == 6 and mark() == marks[0]
