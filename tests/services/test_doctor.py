"""A home is looked over: each thing that can be wrong is found, and the rest stays quiet."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from night_worlds import LakeWriter, link, nights, reading, write_registry

from lamplit.domain.errors import LamplitError
from lamplit.services.doctor import machine
from lamplit.services.doctor.examine import examine
from lamplit.services.expire import expire
from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.services.metrics import write_metrics
from lamplit.services.night.snapshots import read_manifest
from lamplit.services.states import states_between
from lamplit.store import log

FIRST = date(2025, 3, 3)
DAYS = 40
NOW = datetime(2025, 4, 13, 6, tzinfo=UTC)
"""The day after the last."""


def on(day):
    return FIRST + timedelta(day)


def rows(days, homes=20):
    return {
        (f"M{i:02d}", on(d)): reading(4.0 + (i * d) % 7 / 3) for i in range(homes) for d in days
    }


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    """A home in good order, its nights up to the last day."""
    home = Home.create(tmp_path_factory.mktemp("well") / "home")
    home.path.chmod(0o750)
    write_registry(home, [link(f"M{i:02d}", f"H{i:02d}", community_id="C1") for i in range(20)])
    LakeWriter(home).put(rows(range(DAYS)))
    nights(home)
    return home


@pytest.fixture
def home(well, tmp_path):
    shutil.copytree(well.path, tmp_path / "home")
    return Home.open(tmp_path / "home")


def codes(home, now=NOW, **more):
    """Check → (codes of its problems, codes of its warnings), of those that found any."""
    return {
        check.name: ([e.code for e in check.problems], [e.code for e in check.warnings])
        for check in examine(home, now, **more)
        if check.level != "ok"
    }


def test_a_home_in_good_order_is_told_so(home):
    assert codes(home, deep=True) == {}
    facts = {check.name: check.facts for check in examine(home, NOW)}
    assert facts["days"]["last"] == on(DAYS - 1) and facts["days"]["meters_a_day"] == 20
    assert facts["nights"]["through"] == str(on(DAYS - 1))


def test_a_fresh_home_has_nothing_wrong(tmp_path):
    fresh = Home.create(tmp_path / "fresh")
    fresh.path.chmod(0o700)
    assert codes(fresh) == {}


def test_damage_in_the_lake_and_in_the_states_is_found_side_by_side(home):
    file = next((home.lake_dir / "days").glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-7])
    next(home.state_dir.glob("groups-*.parquet")).unlink()
    found = codes(home)
    assert found["lake"] == (["lake.file-damaged"], [])
    assert found["nights"][0] == ["night.state-damaged"]
    assert found["days"] == (["lake.file-damaged"], [])
    file.unlink()
    assert codes(home)["lake"] == (["lake.file-missing"], [])


def flipped(home):
    """A file of the lake whose middle was overwritten, its footer being whole."""
    file = max((home.lake_dir / "days").glob("*.parquet"), key=lambda f: f.stat().st_size)
    data = bytearray(file.read_bytes())
    data[4 : len(data) // 2] = bytes(len(data) // 2 - 4)
    file.write_bytes(data)
    return file


def test_a_corrupt_file_of_the_lake_is_named_by_the_night_and_the_states_stay(home):
    before = read_manifest(home.state_dir)
    file = flipped(home)
    with pytest.raises(LamplitError) as caught:
        nights(home, afresh=True)
    assert (caught.value.code, caught.value.where) == ("lake.file-damaged", str(file))
    assert read_manifest(home.state_dir) == before
    assert "lake" in codes(home, deep=True)


def test_a_clock_set_back_is_told_by_what_was_written_after_it(home):
    early = datetime(2025, 4, 12, 23, tzinfo=UTC)
    office = Office.open(home, lambda: NOW)
    with office.db.begin() as conn:
        log.append(conn, [log.Entry(NOW, None, "cli", "place.added", "place", "p1")])
    problems, warnings = codes(home, early)["clock"]
    assert set(problems) == {"doctor.clock-back"} and not warnings
    assert "clock" not in codes(home, datetime.now(UTC))


def test_days_that_are_old_missing_thin_or_still_to_come(tmp_path, home):
    assert codes(home, NOW + timedelta(5))["days"][1] == ["doctor.stale-days"]
    assert codes(home, NOW - timedelta(9))["days"][1] == ["doctor.days-ahead"]
    gaps = Home.create(tmp_path / "gaps")
    writer = LakeWriter(gaps)
    writer.put(rows([*range(10), *range(13, 20)]) | rows([20], homes=5))
    [days] = [c for c in examine(gaps, NOW) if c.name == "days"]
    told = {e.code: e.fields for e in days.warnings}
    assert told["doctor.missing-days"]["days"] == f"{on(10)}, {on(11)}, {on(12)}"
    assert told["doctor.thin-days"]["days"] == str(on(20))


def test_nights_that_are_behind_or_cut_off_or_of_other_rules(home):
    LakeWriter(home, {}).put(rows([DAYS]))
    assert codes(home)["nights"][1] == ["doctor.nights-behind"]
    ledger = home.state_dir / "working.json"
    ledger.write_text(json.dumps({"mark": "x", "shards": {"0": {}}}))
    file = home.path / "lamplit.toml"
    file.write_text(file.read_text("utf-8") + "low_kwh = 3\n", "utf-8")
    found = codes(Home.open(home.path))["nights"][1]
    assert found == ["doctor.night-cut-off", "doctor.nights-behind", "doctor.other-rules"]


def test_room_permissions_and_memory(home, monkeypatch):
    monkeypatch.setattr(machine, "ROOM_LEAST", 10**18)
    home.path.chmod(0o755)
    monkeypatch.setattr(machine, "_shut", lambda _: False)
    file = home.path / "lamplit.toml"
    text = file.read_text("utf-8").replace('memory_limit = ""', 'memory_limit = "900TB"')
    file.write_text(text, "utf-8")
    found = codes(Home.open(home.path))
    assert found["space"] == (["doctor.low-space"], [])
    assert found["permissions"] == ([], ["doctor.open-to-others"])
    assert found["settings"] == ([], ["doctor.memory-beyond"])


def test_a_folder_that_cannot_be_written_is_named(home, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    problems, _ = codes(home)["permissions"]
    assert set(problems) == {"doctor.not-writable"} and len(problems) > 5


def test_a_library_older_than_lamplit_needs_is_named(home, monkeypatch):
    monkeypatch.setattr(machine, "requires", lambda _: ["duckdb<3,>=99.1", "x>=1; extra == 'y'"])
    assert codes(home)["versions"] == (["doctor.library"], [])


# --- what is let go ---------------------------------------------------------------------------


def test_old_days_go_and_the_nights_go_on_as_before(home, tmp_path):
    shutil.copytree(home.path, tmp_path / "whole")
    whole = Home.open(tmp_path / "whole")
    plan = expire(home, date(2025, 4, 2), dry_run=True)
    assert (plan.last, plan.rows) == (date(2025, 3, 31), 29 * 20)
    assert codes(home) == {}
    assert expire(home, date(2025, 4, 2)) == plan
    assert expire(home, date(2025, 4, 2)).first is None
    late = {("M03", date(2025, 3, 20)): reading(0.0), ("M04", on(35)): reading(0.0)}
    for one, there in ((home, range(29, DAYS)), (whole, range(DAYS))):
        known = {key: row | {"batch": 1} for key, row in rows(there).items()}
        LakeWriter(one, known).put(late | rows([DAYS]))
        nights(one)
    [kept], [told] = (list(states_between(one, on(30), on(DAYS))) for one in (home, whole))
    same = [r for r in told.to_pylist() if r["household_id"] != "H03"]
    assert [r for r in kept.to_pylist() if r["household_id"] != "H03"] == same
    with pytest.raises(LamplitError) as caught:
        list(states_between(home, on(3), on(4)))
    assert caught.value.code == "night.before-first"


def test_what_no_kept_night_stands_behind_does_not_go(home):
    with pytest.raises(LamplitError) as caught:
        expire(home, on(5))
    assert caught.value.code == "lake.nothing-before"


# --- metrics ----------------------------------------------------------------------------------


def metrics(file):
    lines = file.read_text().splitlines()
    values = dict(line.split(" ") for line in lines if not line.startswith("#"))
    assert sum(line.startswith("# TYPE") for line in lines) == len(values)
    return {name: float(value) for name, value in values.items()}


def test_a_night_leaves_metrics_and_a_failed_one_keeps_the_last_success(home, tmp_path):
    file = tmp_path / "lamplit.prom"
    report = nights(home)
    write_metrics(home, file, report, 1.5, NOW)
    good = metrics(file)
    assert good["lamplit_night_success"] == 1 and good["lamplit_night_homes"] == 20
    assert good["lamplit_night_through_day_seconds"] == good["lamplit_lake_last_day_seconds"]
    write_metrics(home, file, None, 0.5, NOW + timedelta(days=1))
    bad = metrics(file)
    assert bad["lamplit_night_success"] == 0
    for name in ("last_success_timestamp_seconds", "through_day_seconds", "homes"):
        assert bad[f"lamplit_night_{name}"] == good[f"lamplit_night_{name}"]
    day = bad["lamplit_night_last_run_timestamp_seconds"] - good[
        "lamplit_night_last_success_timestamp_seconds"
    ]  # fmt: skip
    assert day == 86_400
