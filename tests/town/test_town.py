"""`lamplit town`: files in the documented layouts, the same by seed, and a truth that fits."""

import csv
import json
import tracemalloc
from datetime import date

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from lamplit.domain.errors import LamplitError
from lamplit.services.town import TownRequest, check_order, make_town
from lamplit.town.build import make_setting
from lamplit.town.classes import CLASSES
from lamplit.town.confounders import CONFOUNDERS, SHARE
from lamplit.town.presets import PRESETS
from lamplit.town.shard import live_shard, shard_size


def ask(query, *values):
    """The rows of a query over a town's files."""
    with duckdb.connect() as con:
        return con.execute(query, list(values)).fetchall()


def files_of(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_the_same_seed_gives_the_same_files_whatever_the_threads(tmp_path):
    request = TownRequest(150, 12, 4, preset="hard")
    make_town(request, tmp_path / "a", threads=1)
    make_town(request, tmp_path / "b", threads=3)
    make_town(TownRequest(150, 12, 5, preset="hard"), tmp_path / "c")
    a, b, c = (files_of(tmp_path / name) for name in "abc")
    assert a == b
    assert a["truth.parquet"] != c["truth.parquet"]


def test_a_home_is_the_same_in_every_layout():
    truths = []
    for layout in ("wide", "long", "daily"):
        setting = make_setting(check_order(TownRequest(60, 10, 2, layout=layout)))
        truths.append(live_shard(setting, 0, 60))
    assert all((t.meters.ticks == truths[0].meters.ticks).all() for t in truths)
    assert all((t.occupied == truths[0].occupied).all() for t in truths)


def test_it_can_make_another_town_over_itself_but_not_over_strangers(tmp_path):
    make_town(TownRequest(20, 3, 1), tmp_path / "t")
    make_town(TownRequest(20, 3, 2, layout="long", fmt="csv"), tmp_path / "t")
    assert {p.suffix for p in (tmp_path / "t/readings").iterdir()} == {".csv"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(LamplitError, match="folder-in-use"):
        make_town(TownRequest(20, 3, 1), tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").exists()


def test_a_town_cut_short_leaves_no_file_under_its_name_and_can_be_made_again(
    tmp_path, monkeypatch
):
    request = TownRequest(200, 20, 1)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_town(request, tmp_path / "t", report=stop)
    left = {p.name for p in (tmp_path / "t").rglob("*") if p.is_file()}
    assert left == {"town.json"}
    assert json.loads((tmp_path / "t/town.json").read_text())["complete"] is False
    (tmp_path / "t/.truth.parquet.part").write_text("left by a kill")
    make_town(request, tmp_path / "t")
    assert pq.read_table(tmp_path / "t/truth.parquet").num_rows == 4000
    assert not list((tmp_path / "t").rglob("*.part"))


def test_strangers_inside_a_town_are_not_deleted(tmp_path):
    make_town(TownRequest(20, 3, 1), tmp_path / "t")
    (tmp_path / "t/readings/notes.txt").write_text("mine")
    with pytest.raises(LamplitError, match="folder-in-use"):
        make_town(TownRequest(20, 3, 1), tmp_path / "t")
    assert (tmp_path / "t/readings/notes.txt").exists()
    assert (tmp_path / "t/truth.parquet").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"homes": 0}, "town.too-small"),
        ({"days": -3}, "town.too-small"),
        ({"homes": 10**9}, "town.too-large"),
        ({"days": 10**6}, "town.too-large"),
        ({"preset": "atlantis"}, "town.bad-choice"),
        ({"layout": "spiral"}, "town.bad-choice"),
        ({"fmt": "xls"}, "town.bad-choice"),
        ({"minutes": 7}, "town.bad-choice"),
        ({"seed": -1}, "town.bad-choice"),
        ({"start": "30/02/2024"}, "town.bad-start"),
        ({"start": "9999-12-30"}, "town.bad-start"),
        ({"until": "yesterday"}, "town.bad-start"),
        ({"start": "2024-01-01", "until": "2024-01-05"}, "town.bad-start"),
        ({"beyond": 5}, "town.bad-choice"),
        ({"timezone": "Mars/Olympus"}, "town.bad-zone"),
        ({"timezone": "../etc/passwd"}, "town.bad-zone"),
    ],
)
def test_an_order_that_will_not_do_is_refused_with_a_code_and_nothing_written(
    tmp_path, change, code
):
    request = TownRequest(**{"homes": 10, "days": 5, "seed": 1, **change})
    with pytest.raises(LamplitError) as caught:
        make_town(request, tmp_path / "t")
    assert caught.value.code == code
    assert caught.value.remedy("zh")
    assert not (tmp_path / "t").exists()


def test_the_smallest_town_is_one_home_on_one_day(tmp_path):
    for layout in ("wide", "long", "daily", "registers"):
        built = make_town(TownRequest(1, 1, 1, layout=layout, minutes=60), tmp_path / layout)
        assert built.rows["truth.parquet"] == 1
        assert (tmp_path / layout / "events.csv").exists()


def test_the_registry_places_every_home(town):
    made = town(homes=700, days=10)
    with (made.path / "registry.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({r["household_id"] for r in rows}) == 700
    places = {}
    for row in rows:
        key = (row["building_id"], row["unit"], row["door"])
        assert places.setdefault(key, row["household_id"]) == row["household_id"]
        assert int(row["door"]) // 100 == int(row["floor"])
    for name in ("community_id", "building_id", "collector_id"):
        assert all(r[name] for r in rows)
    homes_in = {}
    meters_on = {}
    for row in rows:
        homes_in.setdefault(row["community_id"], set()).add(row["household_id"])
        meters_on.setdefault(row["collector_id"], set()).add(row["meter_id"])
    assert all(len(h) >= 15 for h in homes_in.values())
    assert all(len(m) <= 61 for m in meters_on.values())
    names = {(r["community_name_zh"], r["community_name_en"]) for r in rows}
    assert len(names) == len(homes_in)
    assert all(zh.endswith("社区") and en.endswith("Community") for zh, en in names)


def test_a_replaced_meter_has_its_successor_in_the_registry_and_the_readings(town):
    made = town(homes=700, days=40, preset="hard", layout="long", minutes=60)
    swaps = ask(
        "with r as (select * from read_csv($1, all_varchar = true)) "
        "select a.meter_id, b.meter_id, a.valid_to::date from r a join r b using (household_id) "
        "where a.valid_to is not null and b.valid_from = a.valid_to and a.shared = 'false'",
        str(made.path / "registry.csv"),
    )
    assert len(swaps) >= 5
    spans = {
        meter: (first, last)
        for meter, first, last in ask(
            "select meter_id, min(time)::timestamp::date, max(time)::timestamp::date "
            "from read_parquet($1) where kwh is not null group by meter_id",
            str(made.path / "readings/*.parquet"),
        )
    }
    seen = [(spans[o], spans[n], d) for o, n, d in swaps if o in spans and n in spans]
    assert len(seen) >= 5
    for old, new, day in seen:
        assert old[1] <= day <= new[0]


def test_plain_duckdb_and_pyarrow_read_every_layout(town):
    for layout in ("wide", "long", "daily", "registers"):
        for fmt in ("parquet", "csv"):
            made = town(homes=40, days=5, layout=layout, fmt=fmt, minutes=30)
            reader = "read_parquet" if fmt == "parquet" else "read_csv"
            [(n, meters)] = ask(
                f"select count(*), count(distinct meter_id) from {reader}('{made.path}/readings/*')"
            )
            assert n > 40
            assert 35 <= meters <= 42
            assert ask(f"select count(*) from '{made.path}/truth.csv'") == [(200,)]


def test_wide_columns_follow_the_slot_length(town):
    for minutes, count in ((15, 96), (30, 48), (60, 24)):
        names = town(homes=30, days=3, minutes=minutes).readings().column_names
        assert names[:5] == ["meter_id", "day", "direction", "quality", "seq"]
        assert names[5:] == [f"P{i + 1}" for i in range(count)]


def test_long_and_wide_hold_the_same_energy(town):
    """But for cells that are null in one and absent in the other."""
    cells = " + ".join(f"coalesce(P{i + 1}, 0)" for i in range(24))
    wide = town(homes=60, days=6, minutes=60, preset="hard").path
    long = town(homes=60, days=6, minutes=60, preset="hard", layout="long").path
    both = f"""
        with a as (select meter_id, day, sum({cells}) kwh
                   from read_parquet('{wide}/readings/*') where direction = 'import'
                   group by all having sum({cells}) > 0),
             b as (select meter_id, (time::timestamp + interval 8 hour)::date as day, sum(kwh) kwh
                   from read_parquet('{long}/readings/*') group by all having sum(kwh) > 0)
        select count(*), count(*) filter (abs(coalesce(a.kwh, -1) - coalesce(b.kwh, -1)) > 1e-6)
        from a full join b using (meter_id, day)"""
    [(n, odd)] = ask(both)
    assert n > 250
    assert odd == 0


def test_registers_rise_and_their_differences_are_the_days(town):
    made = town(homes=80, days=10, layout="registers", preset="plain")
    table = made.readings().to_pandas().sort_values(["meter_id", "day"])
    assert (table.groupby("meter_id")["day"].count() <= 11).all()
    rise = table.groupby("meter_id")["register_kwh"].diff().dropna()
    assert (rise >= -1e-6).mean() > 0.99
    daily = town(homes=80, days=10, layout="daily", preset="plain").readings().to_pandas()
    assert rise.sum() == pytest.approx(daily["kwh"].sum(), rel=0.02)


def test_a_register_rolls_over_by_its_digits(town):
    made = town(homes=900, days=10, layout="registers", preset="hard", seed=2)
    truth = made.truth.to_pandas()
    turning = truth[truth.confounder.str.contains("register_rollover")].household_id.nunique()
    table = made.readings().to_pandas().sort_values(["meter_id", "day"])
    table["rise"] = table.groupby("meter_id")["register_kwh"].diff()
    rolled = table[table.rise < -900_000]
    assert turning >= 3
    assert 1 <= rolled.meter_id.nunique() <= turning
    assert (table.register_kwh.dropna() < 10**6).all()


def test_clock_changes_make_days_of_23_and_25_hours(town):
    spring = town(homes=30, days=4, minutes=60, start="2024-03-30", timezone="Europe/London",
                  layout="long", preset="plain")  # fmt: skip
    autumn = town(homes=30, days=4, minutes=60, start="2024-10-26", timezone="Europe/London",
                  layout="long", preset="plain")  # fmt: skip
    for made, day, hours in ((spring, "2024-03-31", 23), (autumn, "2024-10-27", 25)):
        counts = ask(
            "select n, count(*) c from (select meter_id, "
            "(time at time zone 'Europe/London')::date d, count(*) n "
            f"from read_parquet('{made.path}/readings/*') group by all) where d = '{day}' "
            "group by n order by c desc"
        )
        assert counts[0][0] == hours
        marked = made.truth.to_pandas().query("confounder_day.str.contains('dst_day')")
        assert {str(d) for d in marked.day} == {day}


def test_wide_rows_of_odd_days_fill_their_own_number_of_columns(town):
    for start, day, hours in (("2024-03-30", 31, 23), ("2024-10-26", 27, 25)):
        made = town(homes=30, days=3, minutes=60, start=start, timezone="Europe/London",
                    preset="plain")  # fmt: skip
        table = made.readings().to_pandas()
        cells = table[[c for c in table if c.startswith("P")]]
        filled = cells.notna().sum(axis=1)
        assert filled[[d.day == day for d in table.day]].mode()[0] == hours
        assert filled[[d.day != day for d in table.day]].mode()[0] == 24
        assert cells.shape[1] == max(24, hours)


def test_a_missing_day_has_no_reading_that_can_be_believed(town):
    made = town(homes=600, days=20, preset="hard", layout="daily")
    rows = ask(
        f"""with reg as (select household_id, min(meter_id) as meter_id, count(*) n
              from read_csv('{made.path}/registry.csv', all_varchar = true) group by all),
            seen as (select meter_id, day, kwh, quality, seq
              from read_parquet('{made.path}/readings/*') union all
              select meter_id, day, kwh, quality, seq
              from read_parquet('{made.path}/corrections/*')),
            last as (select meter_id, day, arg_max(kwh, seq) kwh, arg_max(quality, seq) quality
              from seen group by all)
            select t.missing, coalesce(l.quality, 'absent') quality, l.kwh is null as is_null,
              t.confounder_day
            from '{made.path}/truth.parquet' t join reg using (household_id)
            left join last l using (meter_id, day) where reg.n = 1"""
    )
    unread = [r for r in rows if r[1] in ("absent", "missing", "estimated", "substituted")]
    assert len(unread) > 150
    assert all(r[0] for r in unread)
    lying = [r for r in rows if r[0] and r[1] == "actual"]
    assert lying
    labels = ("zero_gap", "frozen_register", "stuck_meter", "silent_collector")
    assert all(any(label in r[3] for label in labels) for r in lying)
    clean = [r for r in rows if r[3] == ""]
    assert len(clean) > 5000
    assert not any(r[0] for r in clean)


def test_truth_follows_its_own_words(town):
    truth = town(homes=700, days=40, preset="hard", layout="long", minutes=60).truth.to_pandas()
    assert not (truth.occupied & truth.empty_spell).any()
    known = {c.code for c in CONFOUNDERS}
    words = {w for text in truth.confounder.unique() for w in text.split(";") if w}
    assert words <= known
    assert {"comms_gap", "zero_gap", "zero_gap_catchup", "estimated", "solar"} <= words
    for _, row in truth[truth.confounder_day != ""].sample(200, random_state=1).iterrows():
        today = set(row.confounder_day.split(";")) - {"dst_day"}
        assert today <= set(row.confounder.split(";"))
    assert truth.valid_share.between(0, 1).all()
    vacant = truth[truth.home_class == "vacant"]
    assert vacant.empty_spell.mean() > 0.9
    assert not truth[truth.home_class == "frugal_elder"].empty_spell.mean() > 0.3


def test_events_agree_with_the_spells(town):
    made = town(homes=700, days=40, preset="hard", layout="long", minutes=60)
    truth = made.truth.to_pandas()
    empty = {
        (h, d) for h, d in truth[truth.empty_spell][["household_id", "day"]].itertuples(index=False)
    }
    with (made.path / "events.csv").open(encoding="utf-8") as file:
        events = list(csv.DictReader(file))
    kinds = {e["event"] for e in events}
    assert {"went_dark", "returned", "frozen_high"} <= kinds
    for event in events:
        day = date.fromisoformat(event["day"])
        if event["event"] == "went_dark":
            assert (event["household_id"], day) in empty
        if event["event"] == "returned":
            assert (event["household_id"], day) not in empty
            assert int(event["days"]) >= 3


def test_shares_come_near_what_is_declared():
    setting = make_setting(check_order(TownRequest(6000, 30, 1, minutes=60)))
    size = shard_size(setting.calendar)
    cls, labels = [], []
    for first in range(0, 6000, size):
        lived = live_shard(setting, first, min(size, 6000 - first))
        cls.append(lived.homes.cls)
        labels.append(lived.meters.labels)
    every = np.concatenate(cls)
    for index, kind in enumerate(CLASSES):
        share = (every == index).mean()
        assert abs(share - kind.share) < 4 * np.sqrt(kind.share / 6000) + 0.002
    masks = np.concatenate(labels)
    place = {c.code: i for i, c in enumerate(CONFOUNDERS)}
    for code in ("comms_gap", "zero_gap", "zero_gap_catchup", "estimated", "meter_swap"):
        declared = SHARE[code] * 30 / 60
        share = ((masks >> np.uint64(place[code])) & np.uint64(1)).mean()
        assert 0.6 * declared < share < 1.4 * declared


def test_a_festival_empties_half_of_the_town_within_days():
    order = check_order(TownRequest(1500, 45, 1, preset="festival", minutes=60))
    setting = make_setting(order)
    size = shard_size(setting.calendar)
    occupied = np.concatenate(
        [live_shard(setting, f, min(size, 1500 - f)).occupied for f in range(0, 1500, size)]
    )
    share = occupied.mean(axis=0)
    before, after = share[10:20].mean(), share[32:36].mean()
    assert before > 0.75
    assert after < before - 0.3


def test_every_preset_makes_a_town(tmp_path):
    for name in PRESETS:
        built = make_town(TownRequest(25, 4, 1, preset=name, minutes=60), tmp_path / name)
        entry = json.loads((tmp_path / name / "town.json").read_text())
        assert entry["preset"] == name
        assert built.rows["truth.parquet"] == 100
        assert "模拟城镇" in (tmp_path / name / "README.md").read_text(encoding="utf-8")


def test_memory_does_not_grow_with_the_number_of_homes(tmp_path, monkeypatch):
    """Four times the homes take the same memory, once a row group is smaller than the town."""
    monkeypatch.setattr("lamplit.town.files.GROUP_CELLS", 300_000)
    peaks = []
    for homes in (800, 3200):
        tracemalloc.start()
        make_town(TownRequest(homes, 20, 1), tmp_path / str(homes), threads=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_corrections_bear_a_higher_sequence_and_touch_only_what_was_delivered(town):
    made = town(homes=700, days=40, preset="hard")
    late = pq.read_table(made.path / "corrections/corrections.parquet").to_pandas()
    first = made.readings().to_pandas()
    assert (late.seq > first.seq.max()).all()
    assert set(late.meter_id) <= set(first.meter_id)
    keys = ["meter_id", "day", "direction"]
    both = late.merge(first, on=keys, suffixes=("", "_first"))
    cells = [c for c in late.columns if c.startswith("P")]
    same = (both[cells].to_numpy() == both[[f"{c}_first" for c in cells]].to_numpy()).all(axis=1)
    assert 0.05 < same.mean() < 0.6


def test_until_names_the_last_day_read_and_beyond_it_only_the_truth_goes_on(town):
    for layout in ("wide", "daily", "registers"):
        made = town(homes=30, days=9, minutes=60, until="2026-11-24", beyond=2, layout=layout)
        read, true = made.readings()["day"].to_pylist(), made.truth["day"].to_pylist()
        # A register stands for the day before it.
        last = date(2026, 11, 25 if layout == "registers" else 24)
        assert (min(read), max(read)) == (date(2026, 11, 18), last)
        assert (min(true), max(true)) == (date(2026, 11, 18), date(2026, 11, 26))


def test_days_beyond_change_nothing_of_those_that_are_read(town):
    plain = town(homes=30, days=9, minutes=60, start="2026-11-18")
    cut = town(homes=30, days=9, minutes=60, start="2026-11-18", beyond=2)
    days = plain.readings()["day"].to_pylist()
    kept = [number for number, day in enumerate(days) if day <= date(2026, 11, 24)]
    assert plain.readings().take(kept).equals(cut.readings())
    assert plain.truth.equals(cut.truth)
