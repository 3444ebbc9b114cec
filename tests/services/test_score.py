"""`lamplit score`: how far to trust the list (issue 2, item 9)."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.errors import LamplitError
from lamplit.services.baselines import baselines, days_unread, fixed_threshold, own_median
from lamplit.services.score import score
from lamplit.services.score_input import read_table

START = date(2026, 1, 1)
WORDS = {"D": "dark", "m": "micro", "l": "low", "L": "lived_in", "?": "unknown"}


def days(n):
    return [START + timedelta(days=i) for i in range(n)]


def states_of(homes, probability=None, coverage=None):
    """{'h1': 'LLDDD?'} -> a states table; a space is a day without a row."""
    rows = []
    for home, line in homes.items():
        for i, letter in enumerate(line):
            if letter == " ":
                continue
            row = {"household_id": home, "meter_id": f"m-{home}", "day": START + timedelta(days=i)}
            row["state"] = WORDS[letter]
            if probability is not None:
                row["probability"] = probability[home][i]
            if coverage is not None:
                row["coverage"] = coverage[home][i]
            rows.append(row)
    return pa.Table.from_pylist(rows)


def truth_of(homes, **columns):
    """{'h1': '..EEE.'} -> truth; E empty spell, a out for a day or two, . at home."""
    rows = []
    for home, line in homes.items():
        for i, letter in enumerate(line):
            row = {
                "household_id": home,
                "day": START + timedelta(days=i),
                "empty_spell": letter == "E",
                "occupied": letter == ".",
            }
            row |= {name: values[home] for name, values in columns.items()}
            rows.append(row)
    return pa.Table.from_pylist(rows)


def test_a_day_is_flagged_when_dark_or_micro_and_unread_days_cost_recall():
    got = score(states_of({"a": "LLDmD?", "b": "LlLLLL"}), truth_of({"a": "..EEEE", "b": "......"}))
    counts = got.by_state.confusion
    assert (counts.tp, counts.fp, counts.fn, counts.tn) == (3, 0, 1, 8)
    assert got.by_state.precision.value == 1.0
    assert got.by_state.recall.value == 0.75
    assert got.by_state.recall_known.value == 1.0
    assert got.unknown.value == pytest.approx(1 / 12)


def test_a_day_out_is_not_an_empty_spell():
    got = score(states_of({"a": "LDDLLL"}), truth_of({"a": ".aa..."}))
    assert got.by_state.confusion.fp == 2
    assert got.by_state.precision.value == 0.0


def test_days_of_the_truth_without_a_state_are_unknown_and_counted():
    got = score(states_of({"a": "LL  DD"}), truth_of({"a": "..EEEE"}))
    assert got.scope.truth_days_without_state == 2
    assert got.by_state.confusion.fn == 2
    assert got.unknown.value == pytest.approx(2 / 6)


def test_a_false_alarm_is_the_start_of_a_flagged_run_without_any_empty_day():
    got = score(
        states_of({"a": "LDDLDLLLDDDDDL", "b": "LLLLLLLLLLLLLL"}),
        truth_of({"a": ".........EEE..", "b": ".............."}),
    )
    # Two runs lie wholly on lived-in days; the third overhangs a true spell on both sides.
    assert got.by_state.false_alarms == 2
    assert got.by_state.lived_in_days == 25
    assert got.by_state.false_alarms_per_home_month.value == pytest.approx(2 * 30 / 25)


def test_the_delay_runs_from_the_first_empty_day_to_the_first_flagged_one():
    got = score(
        states_of({"a": "LLLLDDLL", "b": "LDDDDLLL", "c": "LLLLLLLL", "d": "LDDDLLLL"}),
        truth_of({"a": "..EEEE..", "b": ".EEEE...", "c": ".EEEE...", "d": "EEEE...."}),
    )
    delay = got.by_state.delay
    assert (delay.spells, delay.found, delay.open_at_start) == (4, 3, 1)
    assert delay.median.value == 0  # of 0 (b) and 2 (a); d had begun before the truth does
    assert delay.p90.value == 2
    assert delay.median_of_all == 2  # 0, 2, never
    assert delay.never_found.value == 0.25


def test_precision_at_k_ranks_the_last_day_and_shares_out_ties():
    homes = [f"h{i:02}" for i in range(40)]
    empty = set(homes[:10])
    chance = {h: [0.9 if h in empty else 0.9 if i < 20 else 0.1] for i, h in enumerate(homes)}
    got = score(
        states_of({h: "D" if chance[h][0] > 0.5 else "L" for h in homes}, probability=chance),
        truth_of({h: "E" if h in empty else "." for h in homes}),
    )
    (at,) = [step for step in got.at_k if step.k == 20]
    assert (at.hits, at.precision.value, at.attainable) == (10, 0.5, 0.5)
    assert at.knocks_per_find.value == 2.0
    assert got.list_tonight.k == 20
    assert got.list_tonight.precision.interval.method == "wilson"


def test_state_and_probability_are_both_scored_and_their_difference_told():
    got = score(
        states_of({"a": "DDLL"}, probability={"a": [0.9, 0.4, 0.6, 0.1]}),
        truth_of({"a": "EEE."}),
    )
    assert got.differing_days == 2
    assert got.by_state.recall.value == pytest.approx(2 / 3)
    assert got.by_probability.recall.value == pytest.approx(2 / 3)
    assert got.by_probability.confusion.tp == 2


def test_without_probabilities_there_is_no_reliability_and_no_second_score():
    got = score(states_of({"a": "DDLL"}), truth_of({"a": "EEE."}))
    assert got.by_probability is None
    assert got.reliability == ()


def test_reliability_of_tenths_worked_by_hand():
    chance = {"a": [0.05, 0.05, 0.95, 0.95]}
    got = score(states_of({"a": "LLDD"}, probability=chance), truth_of({"a": "..EE"}))
    by = {r.target: r for r in got.reliability}
    assert set(by) == {"nobody_home", "empty_spell"}
    assert by["empty_spell"].ece.value == pytest.approx(0.05, abs=1e-6)
    assert by["empty_spell"].brier.value == pytest.approx(0.0025, abs=1e-6)
    filled = [b for b in by["empty_spell"].bins if b.days]
    assert [(b.low, b.days, b.share_true) for b in filled] == [(0.0, 2, 0.0), (0.9, 2, 1.0)]


def test_a_probability_of_one_falls_in_the_last_tenth():
    got = score(states_of({"a": "D"}, probability={"a": [1.0]}), truth_of({"a": "E"}))
    assert got.reliability[0].bins[-1].days == 1


@pytest.mark.parametrize("source", ["truth", "listed", "coverage"])
def test_missing_days_called_dark_are_counted_from_each_source(source):
    line, missing = "LDDDL", [False, True, False, False, False]
    truth = truth_of({"a": ".EEE."})
    coverage = None
    listed = None
    if source == "truth":
        truth = truth.append_column("missing", pa.array(missing))
    elif source == "listed":
        listed = pa.table({"household_id": ["a"], "day": [START + timedelta(days=1)]})
    else:
        coverage = {"a": [1.0, 0.0, 0.6, 0.8, 1.0]}
    got = score(states_of({"a": line}, coverage=coverage), truth, missing=listed)
    check = got.missing_as_dark
    assert (check.count, check.of, check.passed) == (1, 1, False)
    assert source in check.judged_by or source == "listed"


def test_without_a_source_the_missing_check_says_it_cannot_tell():
    got = score(states_of({"a": "LDD"}), truth_of({"a": ".EE"}))
    assert got.missing_as_dark.passed is None


def test_frugal_elders_called_empty_are_counted_and_their_true_spells_are_not():
    got = score(
        states_of({"a": "LmmLDDD", "b": "LLLLLLL"}),
        truth_of(
            {"a": "....EEE", "b": "......."},
            home_class={"a": "frugal_elder", "b": "family"},
        ),
    )
    assert (got.frugal_called_empty.count, got.frugal_called_empty.homes) == (2, 1)
    assert got.frugal_called_empty.passed is False


def test_groups_split_by_class_and_by_each_confounder_of_a_home():
    got = score(
        states_of({"a": "DDD", "b": "LLL", "c": "DDD"}),
        truth_of(
            {"a": "EEE", "b": "...", "c": "..."},
            home_class={"a": "family", "b": "family", "c": "elder"},
            confounder={"a": "", "b": "solar; outage", "c": "outage"},
        ),
    )
    by = {(g.dimension, g.label): g for g in got.groups}
    assert set(by) == {
        ("home_class", "family"),
        ("home_class", "elder"),
        ("confounder", "none"),
        ("confounder", "solar"),
        ("confounder", "outage"),
    }
    assert by["confounder", "outage"].homes == 2
    assert by["confounder", "outage"].score.false_alarms == 1
    assert by["home_class", "family"].score.precision.value == 1.0


def test_spells_are_derived_when_the_truth_knows_occupancy_alone():
    truth = truth_of({"a": ".aa.aaa."}).drop_columns(["empty_spell"])
    got = score(states_of({"a": "LDDLDDDL"}), truth)
    assert got.scope.spells_derived
    assert got.scope.empty_days == 3
    assert (got.by_state.confusion.tp, got.by_state.confusion.fp) == (3, 2)


def test_a_home_of_two_meters_is_as_empty_as_its_liveliest():
    both = pa.concat_tables([states_of({"a": "DDDD"}), states_of({"a": "DDLL"})])
    got = score(both, truth_of({"a": "EEEE"}))
    assert got.by_state.confusion.tp == 2
    assert got.scope.state_rows_joined == 4


def test_the_score_is_json_without_nan_and_says_what_passed():
    got = score(states_of({"a": "LLL"}), truth_of({"a": "..."}))
    back = json.loads(got.as_json())
    assert back["by_state"]["precision"]["value"] is None
    assert back["frugal_called_empty"]["passed"] is None
    assert back["scope"]["homes"] == 1


# ---- the same figures by a slow and simple road -----------------------------------------


def slow(states, truth):
    """Counts, false alarms and delays by loops over the letters."""
    tp = fp = fn = tn = alarms = 0
    delays, lost = [], 0
    for home, line in truth.items():
        said = [letter in "Dm" for letter in states[home]]
        empty = [letter == "E" for letter in line]
        for f, e in zip(said, empty, strict=True):
            tp, fp, fn = tp + (f and e), fp + (f and not e), fn + (e and not f)
            tn += not f and not e
        for begin, end in runs(said):
            alarms += not any(empty[begin:end])
        for begin, end in runs(empty):
            hits = [i for i in range(begin, end) if said[i]]
            lost += not hits
            if hits and begin > 0:
                delays.append(hits[0] - begin)
    return (tp, fp, fn, tn), alarms, sorted(delays), lost


def runs(flags):
    begin = None
    for i, flag in enumerate([*flags, False]):
        if flag and begin is None:
            begin = i
        if not flag and begin is not None:
            yield begin, i
            begin = None


lines = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.tuples(st.text("DmlL?", min_size=n, max_size=n), st.text("E.a", min_size=n, max_size=n)),
        min_size=1,
        max_size=5,
    )
)


@settings(max_examples=60)
@given(lines)
def test_vectorised_figures_agree_with_a_loop_over_days(pairs):
    states = {f"h{i}": pair[0] for i, pair in enumerate(pairs)}
    truth = {f"h{i}": pair[1] for i, pair in enumerate(pairs)}
    got = score(states_of(states), truth_of(truth)).by_state
    counts, alarms, delays, lost = slow(states, truth)
    c = got.confusion
    assert (c.tp, c.fp, c.fn, c.tn) == counts
    assert got.false_alarms == alarms
    assert got.delay.median.of == len(delays)
    if delays:
        assert got.delay.median.value == delays[(len(delays) - 1) // 2]
    assert got.delay.spells - got.delay.found == lost


def test_the_bootstrap_by_home_is_wider_than_wilson_when_a_homes_days_go_together():
    rng = np.random.default_rng(3)
    right = {f"h{i}": bool(rng.random() < 0.8) for i in range(60)}
    got = score(
        states_of({h: "D" * 20 if ok else "L" * 20 for h, ok in right.items()}),
        truth_of(dict.fromkeys(right, "E" * 20)),
    ).by_state.recall
    by_days = got.interval.high - got.interval.low
    by_home = got.by_home.high - got.by_home.low
    assert by_home > 2 * by_days
    assert got.value in got.by_home


def test_five_thousand_homes_over_ninety_days_take_about_a_second():
    rng = np.random.default_rng(1)
    homes, n = 5_000, 90
    ids = pa.array([f"H{i:05}" for i in range(homes)]).take(np.repeat(np.arange(homes), n))
    day = pa.array(np.tile(np.array(days(n), dtype="datetime64[D]"), homes))
    empty = rng.random(homes * n) < 0.1
    states = pa.table(
        {
            "household_id": ids,
            "day": day,
            "state": pa.array(np.where(empty, "dark", "lived_in")),
            "probability": rng.random(homes * n),
        }
    )
    classes = pa.array([f"class {i % 6}" for i in range(homes)]).take(
        np.repeat(np.arange(homes), n)
    )
    truth = pa.table({"household_id": ids, "day": day, "empty_spell": empty, "home_class": classes})
    began = time.perf_counter()
    got = score(states, truth)
    assert got.by_state.f1.value == 1.0
    assert time.perf_counter() - began < 10  # about 1 s alone; the machine may be shared


# ---- files and what can be wrong with them ---------------------------------------------


def test_csv_and_parquet_give_the_same_score_and_keep_leading_zeros(tmp_path):
    states, truth = states_of({"007": "LDDD"}), truth_of({"007": ".EEE"})
    (tmp_path / "s.csv").write_text(
        "household_id,day,state\n"
        + "".join(f"007,{r['day']},{r['state']}\n" for r in states.to_pylist())
    )
    (tmp_path / "t.csv").write_text(
        "household_id,day,empty_spell,occupied\n"
        + "".join(
            f"007,{r['day']},{int(r['empty_spell'])},{r['occupied']}\n" for r in truth.to_pylist()
        )
    )
    pq.write_table(states, tmp_path / "s.parquet")
    pq.write_table(truth, tmp_path / "t.parquet")
    from_csv = score(read_table(tmp_path / "s.csv"), read_table(tmp_path / "t.csv"))
    assert from_csv == score(read_table(tmp_path / "s.parquet"), read_table(tmp_path / "t.parquet"))
    assert from_csv.by_state.confusion.tp == 3


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("gone.csv", None, "score.file-missing"),
        ("x.txt", "a", "score.file-kind"),
        ("x.parquet", "not parquet", "score.file-unreadable"),
        ("empty.csv", "", "score.file-unreadable"),
    ],
)
def test_files_that_cannot_be_read_are_named_with_a_code(tmp_path, name, content, code):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(LamplitError) as caught:
        read_table(path)
    assert caught.value.code == code
    assert name in caught.value.where


def test_tables_that_cannot_be_scored_are_refused_with_the_place():
    good = truth_of({"a": ".E"})
    with pytest.raises(LamplitError) as caught:
        score(states_of({"z": "LD"}), good)
    assert caught.value.code == "score.no-overlap"
    with pytest.raises(LamplitError) as caught:
        score(states_of({"a": "LD"}), pa.concat_tables([good, good]))
    assert caught.value.code == "score.day-twice"
    with pytest.raises(LamplitError) as caught:
        score(states_of({"a": "LD"}).drop_columns(["state"]), good)
    assert caught.value.code == "score.column-missing"
    with pytest.raises(LamplitError) as caught:
        score(pa.table({"household_id": ["a"], "day": ["yesterday"], "state": ["dark"]}), good)
    assert caught.value.code == "score.value-unreadable"
    with pytest.raises(LamplitError) as caught:
        score(pa.table({"household_id": ["a"], "day": [START], "state": ["asleep"]}), good)
    assert caught.value.code == "score.value-unreadable"
    assert "row 1" in caught.value.where


# ---- the two plain baselines ------------------------------------------------------------


def daily(homes):
    rows = [
        {"household_id": h, "day": START + timedelta(days=i), "kwh": v}
        for h, values in homes.items()
        for i, v in enumerate(values)
    ]
    schema = pa.schema([("household_id", pa.string()), ("day", pa.date32()), ("kwh", pa.float64())])
    return pa.Table.from_pylist(rows, schema=schema)


def test_the_fixed_threshold_believes_zeros_and_leaves_gaps_unknown():
    got = fixed_threshold(daily({"a": [5.0, 0.0, 0.69, 0.7, None]}))
    assert got.column("state").to_pylist() == ["lived_in", "dark", "micro", "lived_in", "unknown"]
    assert got.column("probability").to_pylist() == [0.0, 1.0, 1.0, 0.0, None]


def test_the_own_median_rule_looks_only_at_days_before():
    got = own_median(daily({"a": [10.0] * 7 + [1.9, 2.1, None, 1.0]}))
    words = got.column("state").to_pylist()
    assert words[:7] == ["lived_in"] * 7
    assert words[7:] == ["micro", "lived_in", "unknown", "micro"]


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.floats(0, 30)), min_size=9, max_size=9),
        min_size=1,
        max_size=4,
    )
)
def test_the_running_median_agrees_with_sorting_afresh(series):
    homes = {f"h{i}": values for i, values in enumerate(series)}
    if all(v is None for values in series for v in values):
        return
    got = own_median(daily(homes), least_history=1).column("state").to_pylist()
    expected = []
    for values in series:
        for i, value in enumerate(values):
            before = [v for v in values[:i] if v is not None]
            flagged = value is not None and before and value < 0.2 * np.median(before)
            word = ("dark" if value <= 0.05 else "micro") if flagged else "lived_in"
            expected.append("unknown" if value is None else word)
    assert got == expected


def test_both_baselines_can_be_scored_and_unread_days_listed():
    table = daily({"a": [5.0] * 8 + [0.1] * 4 + [None], "b": [6.0] * 13})
    truth = truth_of({"a": "........EEEE.", "b": "............."})
    for _, states in baselines(table):
        assert score(states, truth, missing=days_unread(table)).by_state.f1.value == 1.0
    assert days_unread(table).to_pylist() == [{"household_id": "a", "day": date(2026, 1, 13)}]
