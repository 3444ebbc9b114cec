"""IEC 61968-9 MeterReadings. No file of a live system was at hand: every file here is hand-made.

The shapes follow the standard's 2011 schema; the message with the register every quarter of an
hour follows one that a head-end's integration code quotes (values and ids are ours).
"""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import Quality
from lamplit.meters.canonical import DAYS, INTERVALS, REGISTERS
from lamplit.meters.layouts.base import Options, ReaderLayout, Reject, Sample
from lamplit.meters.layouts.cim_types import iec_quality, iec_worst, of_dotted
from lamplit.meters.layouts.iec61968 import LAYOUT

NS = "http://iec.ch/TC57/2011/MeterReadings#"
DELTA = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"  # 15 min, delta, forward, kWh
REGISTER = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0"  # bulk quantity, forward, kWh
RUNNING = "0.0.2.9.1.2.12.0.0.0.0.0.0.0.0.3.72.0"  # summation every 15 min, kWh
REACTIVE = "0.0.2.9.15.2.164.0.0.0.0.0.0.0.0.3.73.0"
SHANGHAI = Options()


def read(
    content: str | bytes, options: Options = SHANGHAI
) -> tuple[dict[str, list[dict]], list[Reject]]:
    """Rows by relation, and rejects."""
    data = content.encode() if isinstance(content, str) else content
    names = {"intervals": INTERVALS, "days": DAYS, "registers": REGISTERS}
    rows: dict[str, list[dict]] = {name: [] for name in names}
    rejects = []
    for item in LAYOUT.read(io.BytesIO(data), Sample("m.xml", data[:65536]), options):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            relation = next(n for n, schema in names.items() if item.schema == schema)
            rows[relation].extend(item.to_pylist())
    return rows, rejects


def quality(*codes: str) -> str:
    return "".join(
        "<ReadingQualities><timeStamp>2026-02-01T09:09:09Z</timeStamp>"
        f'<ReadingQualityType ref="{code}"/></ReadingQualities>'
        for code in codes
    )


def interval(stamp: str, value: object, *codes: str, more: str = "") -> str:
    shown = "" if value is None else f"<value>{value}</value>"
    return (
        f"<IntervalReadings>{more}<timeStamp>{stamp}</timeStamp>{shown}{quality(*codes)}"
        "</IntervalReadings>\n"
    )


def block(readings: str, ref: str = DELTA) -> str:
    """ReadingType follows the readings that it explains, as the schema has it."""
    return f'<IntervalBlocks>{readings}<ReadingType ref="{ref}"/></IntervalBlocks>'


def register(stamp: str, value: object, ref: str = REGISTER, *codes: str, more: str = "") -> str:
    return (
        f"<Readings>{more}<timeStamp>{stamp}</timeStamp><value>{value}</value>{quality(*codes)}"
        f'<ReadingType ref="{ref}"/></Readings>\n'
    )


def meter(*parts: str, ident: str = "<mRID>M1</mRID>") -> str:
    """Meter comes last, as the schema has it."""
    return f"<MeterReading>{''.join(parts)}<Meter>{ident}</Meter></MeterReading>"


def readings(*meters: str, ns: str = NS) -> str:
    space = f' xmlns="{ns}"' if ns else ""
    return f"<MeterReadings{space}>{''.join(meters)}</MeterReadings>"


def message(payload: str, sent: str = "2026-02-02T01:00:00Z") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<EventMessage xmlns="http://iec.ch/TC57/2011/schema/message"><Header>'
        f"<Verb>created</Verb><Noun>MeterReadings</Noun><Timestamp>{sent}</Timestamp>"
        f"</Header><Payload>{payload}</Payload></EventMessage>"
    )


def test_intervals_are_stamped_with_their_end_and_scaled_by_their_code() -> None:
    text = readings(
        meter(
            block(
                interval("2026-02-01T00:15:00+08:00", 0.25, "1.0.0")
                + interval("2026-02-01T00:30:00+08:00", "0.5", "2.8.0")
            )
        )
    )
    rows, rejects = read(text)
    assert rejects == []
    first, second = rows["intervals"]
    assert first["meter_id"] == "M1"
    assert first["start_utc"] == datetime(2026, 1, 31, 16, 0)
    assert (first["minutes"], first["kwh"], first["direction"]) == (15, 0.25, "import")
    assert (first["quality"], first["raw_code"], first["line"]) == (Quality.ACTUAL, "1.0.0", 1)
    assert (second["quality"], second["raw_code"], second["line"]) == (1, "2.8.0", 2)


def test_stamps_of_the_start_are_an_option() -> None:
    text = readings(meter(block(interval("2026-02-01T00:15:00+08:00", 0.25))))
    rows, _ = read(text, Options(stamp="start"))
    assert rows["intervals"][0]["start_utc"] == datetime(2026, 1, 31, 16, 15)


def test_watt_hours_and_export() -> None:
    ref = DELTA.replace(".3.72.", ".0.72.").replace(".4.1.1.", ".4.19.1.")
    rows, _ = read(readings(meter(block(interval("2026-02-01T00:15:00Z", 250), ref))))
    assert (rows["intervals"][0]["kwh"], rows["intervals"][0]["direction"]) == (0.25, "export")


def test_the_messages_timestamp_is_the_sequence() -> None:
    text = message(readings(meter(block(interval("2026-02-01T00:15:00Z", 1)))))
    sent = int(datetime(2026, 2, 2, 1, tzinfo=UTC).timestamp())
    assert read(text)[0]["intervals"][0]["seq"] == sent


def test_without_a_header_the_latest_reported_time_is_the_sequence() -> None:
    reported = "<reportedDateTime>2026-02-01T0{}:00:00Z</reportedDateTime>"
    text = readings(
        meter(
            block(
                interval("2026-02-01T00:15:00Z", 1, more=reported.format(5))
                + interval("2026-02-01T00:30:00Z", 1, more=reported.format(3))
            )
        )
    )
    wanted = int(datetime(2026, 2, 1, 5, tzinfo=UTC).timestamp())
    assert {r["seq"] for r in read(text)[0]["intervals"]} == {wanted}
    plain = readings(meter(block(interval("2026-02-01T00:15:00Z", 1))))
    assert read(plain)[0]["intervals"][0]["seq"] is None


@pytest.mark.parametrize(
    "ns", [NS, "http://iec.ch/TC57/2009/MeterReadings#", "http://iec.ch/TC57/CIM-c4e#", ""]
)
def test_any_namespace_will_do(ns: str) -> None:
    text = readings(meter(block(interval("2026-02-01T00:15:00Z", 1))), ns=ns)
    assert read(text)[0]["intervals"][0]["kwh"] == 1.0
    assert LAYOUT.sniff(Sample("m.xml", text.encode())).score == 1.0


def test_prefixed_names_and_a_soap_envelope() -> None:
    inner = readings(meter(block(interval("2026-02-01T00:15:00Z", 1))), ns="")
    text = (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="{NS}">'
        f"<s:Header/><s:Body>{_with_prefix(inner)}</s:Body></s:Envelope>"
    )
    assert read(text)[0]["intervals"][0]["meter_id"] == "M1"


def _with_prefix(xml: str) -> str:
    return re.sub(r"<(/?)(\w)", r"<\1m:\2", xml)


def test_registers_at_midnight() -> None:
    text = message(
        readings(
            meter(
                register("2026-02-01T00:00:00+08:00", "012345.67", REGISTER, "1.0.0"),
                register("2026-02-02T00:00:00+08:00", "012350.00"),
                register("2026-02-02T11:00:00+08:00", "012352.00"),
                register("2026-02-02T00:00:00+08:00", "77", REACTIVE),
            )
        )
    )
    rows, rejects = read(text, Options(digits=6, multiplier=20.0))
    assert [(r["at_day"], r["register_kwh"], r["digits"]) for r in rows["registers"]] == [
        (date(2026, 2, 1), 12345.67, 6),
        (date(2026, 2, 2), 12350.0, 6),
    ]
    assert {r["multiplier"] for r in rows["registers"]} == {20.0}
    assert sorted((r.line, r.code) for r in rejects) == [
        (3, "xml.not-midnight"),
        (4, "xml.not-energy"),
    ]


def test_a_register_every_quarter_hour_in_parts_becomes_intervals() -> None:
    """One MeterReading an instant, with reactive energy beside it and two qualities each."""
    codes = ("1.0.0", "5.4.260")
    text = message(
        readings(
            *(
                meter(
                    block(interval(f"2026-02-01T{t}:00.000+08:00", value, *codes), RUNNING),
                    block(interval(f"2026-02-01T{t}:00.000+08:00", 0.8, *codes), REACTIVE),
                    ident="<mRID>M1</mRID><Names><name>M1</name></Names>",
                )
                for t, value in (("06:45", 6519.0955), ("07:00", 6519.1396), ("07:15", 6519.2))
            )
        )
    )
    rows, rejects = read(text)
    assert [r["kwh"] for r in rows["intervals"]] == pytest.approx([0.0441, 0.0604])
    assert rows["intervals"][0]["start_utc"] == datetime(2026, 1, 31, 22, 45)
    assert {r["quality"] for r in rows["intervals"]} == {Quality.ACTUAL}
    assert [r.code for r in rejects].count("xml.not-energy") == 3
    assert [(r.line, r.code) for r in rejects if r.code != "xml.not-energy"] == [
        (1, "xml.first-of-series")
    ]


def test_energy_with_a_period_of_its_own_is_a_day_or_an_interval() -> None:
    daily = "11.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"
    day = "<timePeriod><end>2026-02-02T00:00:00+08:00</end><start>2026-02-01T00:00:00+08:00</start>"
    hour = day.replace("02-02T00", "02-01T01")
    text = readings(
        meter(
            register("2026-02-02T00:00:00+08:00", 7.5, daily, more=f"{day}</timePeriod>"),
            register("2026-02-01T01:00:00+08:00", 0.5, daily, more=f"{hour}</timePeriod>"),
        )
    )
    rows, rejects = read(text)
    assert [(r["day"], r["kwh"], r["minutes"]) for r in rows["days"]] == [
        (date(2026, 2, 1), 7.5, 0)
    ]
    assert [(r["start_utc"], r["minutes"]) for r in rows["intervals"]] == [
        (datetime(2026, 1, 31, 16), 60)
    ]
    assert rejects == []


def test_a_reading_type_that_the_file_defines_below() -> None:
    defined = f"<ReadingType><mRID>kwh-15</mRID><Names><name>{DELTA}</name></Names></ReadingType>"
    text = readings(meter(block(interval("2026-02-01T00:15:00Z", 1), "kwh-15")), defined)
    assert read(text)[0]["intervals"][0]["kwh"] == 1.0
    without = readings(meter(block(interval("2026-02-01T00:15:00Z", 1), "kwh-15")))
    assert [r.code for r in read(without)[1]] == ["xml.no-type"]


def test_spacing_tells_the_length_where_the_code_does_not() -> None:
    ref = "0.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"
    text = "".join(interval(f"2026-02-01T{h:02}:00:00Z", 1) for h in range(1, 5))
    rows, _ = read(readings(meter(block(text, ref))))
    assert {r["minutes"] for r in rows["intervals"]} == {60}
    alone = readings(meter(block(interval("2026-02-01T01:00:00Z", 1), ref)))
    assert [r.code for r in read(alone)[1]] == ["xml.no-period"]
    assert read(alone, Options(minutes=30))[0]["intervals"][0]["minutes"] == 30


@pytest.mark.parametrize(
    ("ident", "meter_id"),
    [
        ("<mRID>M7</mRID><Names><name>other</name></Names>", "M7"),
        ("<mRID>0f8fad5b-d9cb-469f-a165-70867728950e</mRID><Names><name>M8</name></Names>", "M8"),
        ("<mRID>0f8fad5b-d9cb-469f-a165-70867728950e</mRID>", None),
        ("<Names><name>M9</name><NameType><name>MeterUniqueID</name></NameType></Names>", "M9"),
    ],
)
def test_the_name_a_meter_goes_by(ident: str, meter_id: str | None) -> None:
    text = readings(meter(block(interval("2026-02-01T00:15:00Z", 1)), ident=ident))
    wanted = meter_id or "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert read(text)[0]["intervals"][0]["meter_id"] == wanted


def test_the_usage_point_names_a_reading_without_a_meter() -> None:
    text = readings(
        f"<MeterReading>{block(interval('2026-02-01T00:15:00Z', 1))}"
        "<UsagePoint><mRID>UP4</mRID></UsagePoint></MeterReading>"
    )
    assert read(text)[0]["intervals"][0]["meter_id"] == "UP4"
    nameless = text.replace("<UsagePoint><mRID>UP4</mRID></UsagePoint>", "")
    assert [r.code for r in read(nameless)[1]] == ["xml.no-meter"]
    assert read(nameless, Options(meter_id="GIVEN"))[0]["intervals"][0]["meter_id"] == "GIVEN"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("0.0.0", Quality.ACTUAL),
        ("1.0.0", Quality.ACTUAL),
        ("3.0.1", Quality.ACTUAL),
        ("1.4.131", Quality.ACTUAL),
        ("3.6.1", Quality.ACTUAL),
        ("3.11.0", Quality.ACTUAL),
        ("3.8.0", Quality.ESTIMATED),
        ("3.10.0", Quality.ESTIMATED),
        ("3.12.0", Quality.ESTIMATED),
        ("3.11.1", Quality.ESTIMATED),
        ("1.4.2", Quality.ESTIMATED),
        ("3.5.258", Quality.ESTIMATED),
        ("1.2.32", Quality.ESTIMATED),
        ("nonsense", Quality.ESTIMATED),
        ("3.7.0", Quality.SUBSTITUTED),
        ("2.7.1", Quality.SUBSTITUTED),
        ("2.5.259", Quality.MISSING),
        ("1.4.4", Quality.MISSING),
        ("1.4.7", Quality.MISSING),
    ],
)
def test_what_each_quality_code_stands_for(code: str, wanted: Quality) -> None:
    assert iec_quality(code) == wanted


def test_the_worst_code_counts_but_zero_usage_alone_is_no_doubt() -> None:
    assert iec_worst(("1.0.0", "3.8.0")) == (Quality.ESTIMATED, "3.8.0")
    assert iec_worst(("3.5.258", "3.6.1")) == (Quality.ACTUAL, "3.6.1")
    assert iec_worst(("3.5.258", "3.6.3")) == (Quality.ESTIMATED, "3.5.258")
    assert iec_worst(()) == (Quality.ACTUAL, None)


def test_a_figure_beside_known_missing_is_no_reading() -> None:
    text = readings(meter(block(interval("2026-02-01T00:15:00Z", 0, "2.5.259"))))
    row = read(text)[0]["intervals"][0]
    assert (row["kwh"], row["quality"]) == (None, Quality.MISSING)


def test_no_value_is_missing() -> None:
    text = readings(
        meter(block(interval("2026-02-01T00:15:00Z", None) + interval("2026-02-01T00:30:00Z", "")))
    )
    assert [(r["kwh"], r["quality"]) for r in read(text)[0]["intervals"]] == [(None, 3), (None, 3)]


@pytest.mark.parametrize("value", ["abc", "1,5", "NaN", "1_0"])
def test_text_where_a_number_should_be_goes_to_quarantine_with_its_line(value: str) -> None:
    text = readings(
        meter(
            block(
                interval("2026-02-01T00:15:00Z", 1)
                + interval("2026-02-01T00:30:00Z", value)
                + interval("yesterday", 1)
            )
        )
    )
    rows, rejects = read(text)
    assert [r["line"] for r in rows["intervals"]] == [1]
    assert [(r.line, r.code) for r in rejects] == [(2, "xml.bad-value"), (3, "xml.bad-time")]
    assert rejects[0].raw.startswith("XML line 2: ") and value in rejects[0].raw


def test_a_conversion_still_pending_is_not_guessed() -> None:
    inner = block(interval("2026-02-01T00:15:00Z", 1)).replace(
        "<ReadingType", "<Pending><multiplyBeforeAdd>true</multiplyBeforeAdd></Pending><ReadingType"
    )
    assert [r.code for r in read(readings(meter(inner)))[1]] == ["xml.pending-conversion"]


def test_local_times_through_the_night_on_which_an_hour_comes_twice() -> None:
    """New York, 1 November 2026: 01:15 to 02:00 come twice; period ends without an offset."""
    texts = [
        "00:45",
        "01:00",
        "01:15",
        "01:30",
        "01:45",
        "01:00",
        "01:15",
        "01:30",
        "01:45",
        "02:00",
    ]
    stamps = "".join(interval(f"2026-11-01T{t}:00", 1) for t in texts)
    options = Options(timezone="America/New_York")
    for more in ("", "<reportedDateTime>2026-11-02T00:00:00Z</reportedDateTime>"):
        text = stamps.replace("<IntervalReadings>", f"<IntervalReadings>{more}")
        rows, _ = read(readings(meter(block(text))), options)
        starts = [r["start_utc"] for r in rows["intervals"]]
        assert starts[0] == datetime(2026, 11, 1, 4, 30)
        assert {b - a for a, b in pairwise(starts)} == {timedelta(minutes=15)}


def test_dotted_codes_that_are_none() -> None:
    assert of_dotted("1.2.3") is None
    assert of_dotted("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.x.72.0") is None
    assert of_dotted("0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.999.72.0") is None
    assert of_dotted(DELTA).seconds == 900


def test_a_message_without_readings_and_another_kind_of_xml_say_so() -> None:
    with pytest.raises(LamplitError, match="no-readings"):
        read(message(readings(meter())))
    with pytest.raises(LamplitError, match=r"wrong-root.*<html>"):
        read("<html><body/></html>")


def test_the_layout_is_recognised_in_a_message() -> None:
    assert isinstance(LAYOUT, ReaderLayout)
    assert LAYOUT.sniff(Sample("m.xml", message(readings(meter())).encode())).score == 0.9
    feed = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>MeterReadings</title></feed>'
    assert LAYOUT.sniff(Sample("f.xml", feed)) is None
    assert LAYOUT.sniff(Sample("f.csv", b"MeterReadings,1\n")) is None


def test_a_block_far_longer_than_a_piece_is_read_piece_by_piece() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    n = 5000
    text = "".join(
        interval((first + timedelta(minutes=15 * (i + 1))).isoformat(), i % 7, "1.0.0")
        for i in range(n)
    )
    rows, rejects = read(message(readings(meter(block(text)))))
    assert rejects == []
    assert [r["kwh"] for r in rows["intervals"]] == [float(i % 7) for i in range(n)]
    assert [r["line"] for r in rows["intervals"]] == list(range(1, n + 1))
    many = "".join(
        register((first + timedelta(days=i)).isoformat(), i, REGISTER, "1.0.0") for i in range(3000)
    )
    rows, _ = read(message(readings(meter(many))), Options(timezone="UTC"))
    assert [r["register_kwh"] for r in rows["registers"]] == [float(i) for i in range(3000)]


values = st.one_of(st.none(), st.decimals(0, 999, places=3, allow_nan=False))
codes = st.sampled_from([(), ("1.0.0",), ("3.8.0",), ("3.7.1", "1.0.0"), ("1.0.0", "3.6.1")])


@settings(max_examples=60)
@given(
    given_values=st.lists(st.tuples(values, codes), min_size=1, max_size=100),
    start=st.datetimes(datetime(2000, 1, 1), datetime(2039, 1, 1)),
    offset=st.integers(-11, 12),
    in_message=st.booleans(),
)
def test_what_is_written_is_read_back(
    given_values: list, start: datetime, offset: int, in_message: bool
) -> None:
    first = start.replace(minute=0, second=0, microsecond=0)
    sign = "-" if offset < 0 else "+"
    text = "".join(
        interval(
            f"{(first + timedelta(hours=offset, minutes=15 * (i + 1))).isoformat()}"
            f"{sign}{abs(offset):02}:00",
            value,
            *marks,
        )
        for i, (value, marks) in enumerate(given_values)
    )
    whole = readings(meter(block(text)))
    rows, rejects = read(message(whole) if in_message else whole)
    assert rejects == []
    assert len(rows["intervals"]) == len(given_values)
    for i, (row, (value, marks)) in enumerate(zip(rows["intervals"], given_values, strict=True)):
        assert row["start_utc"] == first + timedelta(minutes=15 * i)
        assert row["kwh"] == (None if value is None else float(value))
        expected, code = iec_worst(tuple(marks))
        assert row["quality"] == (Quality.MISSING if value is None else expected)
        assert row["raw_code"] == code
