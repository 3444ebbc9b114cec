"""Green Button (ESPI): what a feed says must come out, whatever order it says it in."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import Quality
from lamplit.meters.canonical import DAYS, INTERVALS, REGISTERS
from lamplit.meters.layouts.base import Options, ReaderLayout, Reject, Sample
from lamplit.meters.layouts.cim_rows import RAW, Waiting
from lamplit.meters.layouts.cim_types import REASONS
from lamplit.meters.layouts.greenbutton import LAYOUT

NEW_YORK = Options(timezone="America/New_York")
MIDNIGHT = 1330578000  # 2012-03-01 00:00 in New York
ROOT = "/espi/1_1/resource"
FILES = ("01", "02", "03", "05", "06", "07", "1", "11")


def read(
    content: str | bytes, options: Options = NEW_YORK, name: str = "feed.xml"
) -> tuple[dict[str, list[dict]], list[Reject]]:
    """Rows by relation, and rejects."""
    data = content.encode() if isinstance(content, str) else content
    rows: dict[str, list[dict]] = {"intervals": [], "days": [], "registers": []}
    names = {"intervals": INTERVALS, "days": DAYS, "registers": REGISTERS}
    rejects = []
    for item in LAYOUT.read(io.BytesIO(data), Sample(name, data[:65536]), options):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            relation = next(n for n, schema in names.items() if item.schema == schema)
            rows[relation].extend(item.to_pylist())
    return rows, rejects


def entry(body: str, own: str, up: str = "", related: Iterable[str] = (), rest: str = "") -> str:
    links = [f'<link rel="self" href="{own}"/>']
    links += [f'<link rel="up" href="{up}"/>'] if up else []
    links += [f'<link rel="related" href="{r}"/>' for r in related]
    return f"<entry>{''.join(links)}{rest}<content>{body}</content></entry>"


def espi(name: str, inside: str) -> str:
    return f'<{name} xmlns="http://naesb.org/espi">{inside}</{name}>'


def point(meter: str, kind: int = 0, title: str = "Home") -> str:
    own = f"{ROOT}/RetailCustomer/9B6C7066/UsagePoint/{meter}"
    body = espi("UsagePoint", f"<ServiceCategory><kind>{kind}</kind></ServiceCategory>")
    return entry(body, own, related=[f"{own}/MeterReading"], rest=f"<title>{title}</title>")


def reading(meter: str, number: str, kind: str) -> str:
    up = f"{ROOT}/RetailCustomer/9B6C7066/UsagePoint/{meter}/MeterReading"
    related = [f"{up}/{number}/IntervalBlock", f"{ROOT}/ReadingType/{kind}"]
    return entry(espi("MeterReading", ""), f"{up}/{number}", up, related)


def kind(number: str, **fields: int) -> str:
    values = {"accumulationBehaviour": 4, "commodity": 1, "flowDirection": 1, "kind": 12}
    values |= {"intervalLength": 900, "powerOfTenMultiplier": 0, "uom": 72, **fields}
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return entry(espi("ReadingType", inside), f"{ROOT}/ReadingType/{number}")


def interval(start: int | None, value: object, seconds: int | None = 900, quality: str = "") -> str:
    period = f"<duration>{seconds}</duration>" if seconds is not None else ""
    period += f"<start>{start}</start>" if start is not None else ""
    period = f"<timePeriod>{period}</timePeriod>" if period else ""
    marks = "".join(
        f"<ReadingQuality><quality>{q}</quality></ReadingQuality>" for q in quality.split()
    )
    shown = "" if value is None else f"<value>{value}</value>"
    return f"<IntervalReading>{marks}{period}{shown}</IntervalReading>\n"


def block(meter: str, number: str, readings: str, *, start: int = MIDNIGHT, rest: str = "") -> str:
    up = f"{ROOT}/RetailCustomer/9B6C7066/UsagePoint/{meter}/MeterReading/{number}/IntervalBlock"
    inside = f"<interval><start>{start}</start><duration>86400</duration></interval>{readings}"
    return entry(espi("IntervalBlock", inside), f"{up}/1", up, rest=rest)


def feed(*entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'


def simple(readings: str, **fields: int) -> str:
    return feed(
        point("5446AF3F"),
        reading("5446AF3F", "01", "07"),
        kind("07", **fields),
        block("5446AF3F", "01", readings),
    )


@pytest.mark.real_data
@pytest.mark.parametrize("number", FILES)
def test_each_published_file_is_read_whole(shared_data: Path, number: str) -> None:
    path = shared_data / "formats" / "greenbutton" / f"test_usage_data_{number}.xml"
    tree = etree.parse(str(path))
    space = {"e": "http://naesb.org/espi"}
    wanted = [int(v) for v in tree.xpath("//e:IntervalReading/e:value/text()", namespaces=space)]
    starts = [int(v) for v in tree.xpath("//e:timePeriod/e:start/text()", namespaces=space)]
    coded = tree.xpath("//e:IntervalReading/e:ReadingQuality/e:quality/text()", namespaces=space)

    rows, rejects = read(path.read_bytes())

    got = rows["intervals"]
    assert rejects == []
    assert [r["kwh"] for r in got] == [v / 1000 for v in wanted]
    assert sum(r["kwh"] for r in got) == pytest.approx(sum(wanted) / 1000)
    assert [int(r["start_utc"].replace(tzinfo=UTC).timestamp()) for r in got] == starts
    assert {(r["meter_id"], r["minutes"], r["direction"]) for r in got} == {
        ("5446AF3F", 15, "import")
    }
    assert sorted(r["raw_code"] for r in got if r["raw_code"]) == sorted(coded)
    updated = int(datetime(2012, 10, 24, tzinfo=UTC).timestamp())
    assert {r["seq"] for r in got} == {updated}
    assert [r["line"] for r in got] == list(range(1, len(wanted) + 1))


@pytest.mark.real_data
def test_the_day_of_23_hours_has_92_readings(shared_data: Path) -> None:
    path = shared_data / "formats" / "greenbutton" / "test_usage_data_11.xml"
    rows, _ = read(path.read_bytes())
    assert len(rows["intervals"]) == 92
    assert rows["intervals"][0]["start_utc"] == datetime(2012, 3, 11, 5)
    assert rows["intervals"][-1]["start_utc"] == datetime(2012, 3, 12, 3, 45)
    assert round(sum(r["kwh"] for r in rows["intervals"]), 6) == 109.403


def test_published_qualities_8_and_7_are_estimated_and_substituted() -> None:
    rows, _ = read(simple(interval(MIDNIGHT, 282, quality="8") + interval(MIDNIGHT + 900, 1)))
    assert [(r["quality"], r["raw_code"]) for r in rows["intervals"]] == [
        (Quality.ESTIMATED, "8"),
        (Quality.ACTUAL, None),
    ]


@pytest.mark.parametrize(
    ("code", "quality"),
    [
        *((code, Quality.ACTUAL) for code in ("0", "14", "17", "18", "19")),
        *((code, Quality.SUBSTITUTED) for code in ("7", "15", "7 8", "8 7")),
        *((code, Quality.ESTIMATED) for code in ("8", "9", "10", "11", "12", "13", "16")),
        *((code, Quality.ESTIMATED) for code in ("99", "odd", "0 8", "8 0")),
    ],
)
def test_each_quality_code_has_a_meaning(code: str, quality: Quality) -> None:
    rows, _ = read(simple(interval(MIDNIGHT, 5, quality=code)))
    assert rows["intervals"][0]["quality"] == quality


def test_default_quality_of_the_reading_type_counts_where_a_reading_has_none() -> None:
    text = simple(interval(MIDNIGHT, 5) + interval(MIDNIGHT + 900, 6, quality="17"))
    rows, _ = read(text.replace("<uom>", "<defaultQuality>8</defaultQuality><uom>"))
    assert [r["quality"] for r in rows["intervals"]] == [Quality.ESTIMATED, Quality.ACTUAL]


def test_the_multiplier_is_a_power_of_ten() -> None:
    for power, kwh in ((-3, 0.0005), (0, 0.5), (3, 500.0)):
        rows, _ = read(simple(interval(MIDNIGHT, 500), powerOfTenMultiplier=power))
        assert rows["intervals"][0]["kwh"] == pytest.approx(kwh)


def test_flow_19_is_export_and_net_flow_is_parted() -> None:
    rows, _ = read(simple(interval(MIDNIGHT, 500), flowDirection=19))
    assert [(r["direction"], r["kwh"]) for r in rows["intervals"]] == [("export", 0.5)]
    net = interval(MIDNIGHT, 500) + interval(MIDNIGHT + 900, -200)
    rows, _ = read(simple(net, flowDirection=4))
    assert [(r["line"], r["direction"], r["kwh"]) for r in rows["intervals"]] == [
        (1, "import", 0.5),
        (2, "import", 0.0),
        (1, "export", 0.0),
        (2, "export", 0.2),
    ]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"uom": 38}, "xml.not-energy"),
        ({"uom": 72, "kind": 8}, "xml.not-energy"),
        ({"commodity": 7}, "xml.not-electricity"),
        ({"dataQualifier": 8}, "xml.aggregate"),
        ({"tou": 2}, "xml.tariff-register"),
        ({"phase": 128}, "xml.single-phase-share"),
        ({"flowDirection": 15}, "xml.unknown-direction"),
        ({"accumulationBehaviour": 12}, "xml.unknown-accumulation"),
    ],
)
def test_what_is_not_a_homes_energy_is_set_aside_with_its_reason(
    fields: dict[str, int], code: str
) -> None:
    rows, rejects = read(simple(interval(MIDNIGHT, 5), **fields))
    assert not any(rows.values())
    assert [(r.line, r.code) for r in rejects] == [(1, code)]
    assert "2012-03-01T05:00:00Z" in rejects[0].raw


def test_gas_is_set_aside() -> None:
    text = feed(
        point("5446AF3F", kind=1),
        reading("5446AF3F", "01", "07"),
        kind("07"),
        block("5446AF3F", "01", interval(MIDNIGHT, 5)),
    )
    assert [r.code for r in read(text)[1]] == ["xml.not-electricity"]


def test_entries_may_come_in_any_order_and_mix_full_and_bare_links() -> None:
    entries = [
        point("5446AF3F"),
        point("77777777"),
        reading("5446AF3F", "01", "07"),
        reading("77777777", "01", "08"),
        kind("07"),
        kind("08", powerOfTenMultiplier=3, flowDirection=19),
        block("5446AF3F", "01", interval(MIDNIGHT, 5)),
        block("77777777", "01", interval(MIDNIGHT, 7)).replace(
            f'"{ROOT}', f'"https://utility.example{ROOT}'
        ),
    ]
    wanted = {("5446AF3F", "import", 0.005), ("77777777", "export", 7.0)}
    for order in (entries, entries[::-1], entries[4:] + entries[:4]):
        rows, rejects = read(feed(*order))
        assert {(r["meter_id"], r["direction"], r["kwh"]) for r in rows["intervals"]} == wanted
        assert rejects == []


def test_an_unlinked_block_belongs_to_the_only_meter_and_type() -> None:
    loose = entry(espi("IntervalBlock", interval(MIDNIGHT, 5)), "/x/1", "/x")
    rows, _ = read(feed(loose, kind("07"), point("5446AF3F")))
    assert [(r["meter_id"], r["kwh"]) for r in rows["intervals"]] == [("5446AF3F", 0.005)]


def test_an_unlinked_block_among_several_types_is_set_aside() -> None:
    loose = entry(espi("IntervalBlock", interval(MIDNIGHT, 5)), "/x/1", "/x")
    rejects = read(feed(loose, kind("07"), kind("08", uom=38), point("5446AF3F")))[1]
    assert [r.code for r in rejects] == ["xml.no-type"]


def test_short_ids_have_their_customers_id_before_them() -> None:
    text = simple(interval(MIDNIGHT, 5)).replace("5446AF3F", "01")
    assert read(text)[0]["intervals"][0]["meter_id"] == "9B6C7066-01"


def test_a_given_meter_id_holds_for_one_meter_only() -> None:
    options = Options(timezone="America/New_York", meter_id="M1")
    rows, _ = read(simple(interval(MIDNIGHT, 5)), options)
    assert rows["intervals"][0]["meter_id"] == "M1"
    two = feed(
        *(p for m in ("AAAAAA", "BBBBBB") for p in (point(m), reading(m, "01", "07"))),
        kind("07"),
        block("AAAAAA", "01", interval(MIDNIGHT, 5)),
        block("BBBBBB", "01", interval(MIDNIGHT, 5)),
    )
    with pytest.raises(LamplitError, match=r"several-meters.*AAAAAA, BBBBBB"):
        read(two, options)


def test_a_reading_without_its_own_time_follows_the_one_before() -> None:
    readings = interval(None, 1) + interval(None, 2, None) + interval(MIDNIGHT + 1800, 3)
    rows, rejects = read(simple(readings))
    assert [r["start_utc"].minute for r in rows["intervals"]][:1] == [0]
    assert [r.code for r in rejects] == []
    assert [r["kwh"] for r in rows["intervals"]] == [0.001, 0.002, 0.003]


def test_no_value_is_missing_and_never_zero() -> None:
    rows, _ = read(simple(interval(MIDNIGHT, None) + interval(MIDNIGHT + 900, 0)))
    assert [(r["kwh"], r["quality"]) for r in rows["intervals"]] == [
        (None, Quality.MISSING),
        (0.0, Quality.ACTUAL),
    ]


@pytest.mark.parametrize("value", ["abc", "12,5", "nan", "INF", "1_000", "0x10"])
def test_text_where_a_number_should_be_goes_to_quarantine_with_its_line(value: str) -> None:
    readings = interval(MIDNIGHT, 1) + interval(MIDNIGHT + 900, value) + interval(MIDNIGHT, 3)
    rows, rejects = read(simple(readings))
    assert [r["kwh"] for r in rows["intervals"]] == [0.001, 0.003]
    assert [(r.line, r.code, r.column) for r in rejects] == [(2, "xml.bad-value", "value")]
    assert rejects[0].raw.startswith("XML line 2: ") and value in rejects[0].raw


@pytest.mark.parametrize("start", ["noon", "-5", "99999999999", "1330578000.5"])
def test_a_time_that_is_none_goes_to_quarantine(start: str) -> None:
    readings = interval(MIDNIGHT, 1).replace(f"<start>{MIDNIGHT}", f"<start>{start}")
    assert [r.code for r in read(simple(readings))[1]] == ["xml.bad-time"]


def test_misplaced_elements_cannot_shift_values_to_their_neighbours() -> None:
    two_values = interval(MIDNIGHT, 1).replace("</value>", "</value><value>9</value>")
    rows, _ = read(simple(two_values + interval(MIDNIGHT + 900, None)))
    assert [r["kwh"] for r in rows["intervals"]] == [0.001, None]


def test_daily_energy_becomes_days_where_it_is_a_local_day() -> None:
    spring = 1331442000  # 2012-03-11 00:00 in New York: a day of 23 hours
    readings = interval(MIDNIGHT, 12000, 86400) + interval(spring, 9000, 82800)
    rows, rejects = read(simple(readings))
    assert [(r["day"], r["minutes"], r["kwh"]) for r in rows["days"]] == [
        (date(2012, 3, 1), 0, 12.0),
        (date(2012, 3, 11), 0, 9.0),
    ]
    assert rejects == []
    _, rejects = read(simple(readings), Options(timezone="Asia/Shanghai"))
    assert [r.code for r in rejects] == ["xml.not-a-local-day"] * 2


def test_a_billing_month_and_an_odd_length_are_set_aside() -> None:
    readings = interval(MIDNIGHT, 1, 2592000) + interval(MIDNIGHT, 1, 1000)
    rejects = read(simple(readings + interval(MIDNIGHT, 1, 0)))[1]
    assert [r.code for r in rejects] == ["xml.long-period", "xml.odd-period", "xml.no-period"]


def test_a_daily_cumulative_type_becomes_registers_at_local_midnight() -> None:
    readings = interval(MIDNIGHT, 1234500, None) + interval(MIDNIGHT + 86400, 1240000, None)
    text = simple(readings + interval(MIDNIGHT + 40000, 7, None), accumulationBehaviour=3)
    rows, rejects = read(text.replace("<intervalLength>900", "<intervalLength>0"))
    assert [(r["at_day"], r["register_kwh"]) for r in rows["registers"]] == [
        (date(2012, 3, 1), 1234.5),
        (date(2012, 3, 2), 1240.0),
    ]
    assert [(r.line, r.code) for r in rejects] == [(3, "xml.not-midnight")]


def test_a_cumulative_type_read_each_quarter_hour_becomes_intervals() -> None:
    values = [100, 110, 125, 90, 95]
    times = [0, 900, 1800, 2700, 4500]
    pairs = zip(times, values, strict=True)
    text = simple(
        "".join(interval(MIDNIGHT + t, v, None) for t, v in pairs), accumulationBehaviour=1
    )
    rows, rejects = read(text)
    assert [(r["line"], r["kwh"]) for r in rows["intervals"]] == [(2, 0.01), (3, 0.015)]
    assert rows["intervals"][0]["start_utc"] == datetime(2012, 3, 1, 5)
    assert [(r.line, r.code) for r in rejects] == [
        (1, "xml.first-of-series"),
        (4, "xml.register-went-back"),
        (5, "xml.gap-in-series"),
    ]


def test_the_sequence_is_the_entrys_update_time() -> None:
    text = simple(interval(MIDNIGHT, 5)).replace(
        "<content><IntervalBlock", "<updated>2026-01-02T03:04:05Z</updated><content><IntervalBlock"
    )
    assert read(text)[0]["intervals"][0]["seq"] == int(
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    )


def test_a_feed_without_readings_says_so() -> None:
    with pytest.raises(LamplitError, match="no-readings"):
        read(feed(point("5446AF3F"), kind("07")))


def test_one_entry_far_longer_than_a_piece_is_read_piece_by_piece() -> None:
    n = 6000
    readings = "".join(interval(MIDNIGHT + 900 * i, i % 700, quality="17") for i in range(n))
    rows, rejects = read(simple(readings))
    assert rejects == []
    assert [r["kwh"] for r in rows["intervals"]] == [(i % 700) / 1000 for i in range(n)]
    assert [r["line"] for r in rows["intervals"]] == list(range(1, n + 1))


def test_what_waits_beyond_the_limit_waits_on_disk_and_comes_back_in_order() -> None:
    waiting = Waiting(limit=3)
    for i in range(5):
        batch = pa.RecordBatch.from_pylist([{"at": i, "record": i}, {"at": i}], schema=RAW)
        waiting.add(f"key {i}", batch)
    assert [(key, b.column("at").to_pylist()) for key, b in waiting.drain()] == [
        (f"key {i}", [i, i]) for i in range(5)
    ]
    assert list(waiting.drain()) == []


def test_the_layout_is_recognised_in_any_encoding() -> None:
    text = simple(interval(MIDNIGHT, 5))
    assert isinstance(LAYOUT, ReaderLayout)
    for data in (text.encode(), b"\xef\xbb\xbf" + text.encode()):
        assert LAYOUT.sniff(Sample("f.xml", data)).score == 1.0
    wide = f'<?xml version="1.0" encoding="utf-16"?>{text}'.encode("utf-16")
    assert LAYOUT.sniff(Sample("f.xml", wide)).score == 1.0
    assert read(wide)[0]["intervals"][0]["kwh"] == 0.005
    assert LAYOUT.sniff(Sample("f.csv", b"meter_id,time,kwh\n")) is None


def test_every_reason_says_itself_in_both_languages() -> None:
    assert all(text.en and text.zh for text in REASONS.values())


readings_of = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 10**9)),
        st.sampled_from(["", "0", "7", "8", "17", "19"]),
    ),
    min_size=1,
    max_size=120,
)


@settings(max_examples=60)
@given(readings=readings_of, power=st.integers(-6, 3), order=st.permutations(range(4)))
def test_what_is_written_is_read_back(
    readings: list[tuple[int | None, str]], power: int, order: list[int]
) -> None:
    inside = "".join(
        interval(MIDNIGHT + 900 * i, value, quality=code)
        for i, (value, code) in enumerate(readings)
    )
    entries = [
        point("5446AF3F"),
        reading("5446AF3F", "01", "07"),
        kind("07", powerOfTenMultiplier=power),
        block("5446AF3F", "01", inside),
    ]
    rows, rejects = read(feed(*(entries[i] for i in order)))
    assert rejects == []
    assert [r["raw_code"] or "" for r in rows["intervals"]] == [code for _, code in readings]
    for row, (value, _) in zip(rows["intervals"], readings, strict=True):
        if value is None:
            assert row["kwh"] is None and row["quality"] == Quality.MISSING
        else:
            assert row["kwh"] == pytest.approx(value * 10.0**power / 1000)
