"""MSCONS is read segment by segment, by the codes of EDI@Energy, and never half."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.errors import LamplitError
from lamplit.meters.canonical import DAYS, INTERVALS, REGISTERS
from lamplit.meters.layouts import mscons_edifact, mscons_rows
from lamplit.meters.layouts.base import Options, Reject, Sample
from lamplit.meters.layouts.mscons import LAYOUT
from lamplit.meters.layouts.mscons_edifact import Interchange, split_released, unreleased

UTC = dt.UTC
RELATIONS = {"intervals": INTERVALS, "days": DAYS, "registers": REGISTERS}
Read = tuple[dict[str, list[dict[str, Any]]], list[Reject]]


def read(data: bytes, timezone: str = "Europe/Berlin", **options: Any) -> Read:
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in RELATIONS}
    rejects = []
    sample = Sample(name="a.txt", head=data[:65536])
    for given_out in LAYOUT.read(io.BytesIO(data), sample, Options(timezone=timezone, **options)):
        if isinstance(given_out, Reject):
            assert given_out.code in LAYOUT.reasons
            rejects.append(given_out)
            continue
        (name,) = [n for n, schema in RELATIONS.items() if given_out.schema == schema]
        rows[name] += given_out.to_pylist()
    return rows, rejects


def interchange(*body: str, una: str = "UNA:+.? '", function: str = "9", count: int = 0) -> bytes:
    """One message around the segments of `body`; separators as in `una`, decimal mark apart."""
    segments = [
        "UNH+1+MSCONS:D:04B:UN:2.4c", f"BGM+7+A-1+{function}", "DTM+137:202401021200?+00:303",
        "UNS+D", "NAD+DP", *body,
    ]  # fmt: skip
    segments.append(f"UNT+{count or len(segments) + 1}+1")
    head, tail = "UNB+UNOC:3+A:500+B:500+240102:1200+REF++TL", "UNZ+1+REF"
    return (una + "'\n".join([head, *segments, tail, ""])).encode("latin-1")


def series(*values: str, obis: str = "1-1?:1.29.0", meter: str = "DE0001") -> list[str]:
    return [f"LOC+172+{meter}", "LIN+1", f"PIA+5+{obis}:SRW", *values]


def quantity(
    start: str, end: str, value: str = "0.5", qualifier: str = "220", code="303"
) -> list[str]:
    zone = "?+00" if code == "303" else ""
    return [
        f"QTY+{qualifier}:{value}", f"DTM+163:{start}{zone}:{code}", f"DTM+164:{end}{zone}:{code}"
    ]  # fmt: skip


QUARTER = ("202401010000", "202401010015")


def test_a_load_profile_becomes_intervals_in_utc():
    data = interchange(*series(*quantity(*QUARTER), *quantity(QUARTER[1], "202401010030", "1,25")))
    rows, rejects = read(data)
    assert rejects == []
    first, second = rows["intervals"]
    assert first == {
        "meter_id": "DE0001", "start_utc": dt.datetime(2024, 1, 1), "minutes": 15,
        "direction": "import", "kwh": 0.5, "quality": 0, "raw_code": "220", "method": None,
        "seq": 1704196800, "line": 10,
    }  # fmt: skip
    assert second["kwh"] == 1.25, "a comma is a decimal mark whatever UNA says"


@pytest.mark.parametrize(
    ("qualifier", "quality"),
    [("220", 0), ("67", 2), ("201", 1), ("187", 1), ("Z18", 1), ("20", 3), ("Z30", 3)],
)
def test_qualifiers_say_how_a_value_came_to_be(qualifier, quality):
    (row,) = read(interchange(*series(*quantity(*QUARTER, "7", qualifier))))[0]["intervals"]
    assert (row["quality"], row["raw_code"]) == (quality, qualifier)
    assert row["kwh"] == (None if quality == 3 else 7.0), "an unusable number is no value"


def test_statuses_are_kept_as_the_method():
    data = interchange(*series(*quantity(*QUARTER, "1", "67"), "STS+Z32++Z88", "STS+Z34++Z84"))
    assert read(data)[0]["intervals"][0]["method"] == "Z32:Z88+Z34:Z84"


def test_export_stands_apart_and_a_locations_version_is_the_sequence():
    data = interchange(
        "LOC+172+DE0001", "DTM+293:20240105120000?+00:304", "LIN+1", "PIA+5+1-1?:2.29.0:SRW",
        *quantity(*QUARTER), "NAD+DP", *series(*quantity(*QUARTER), meter="DE0002"),
    )  # fmt: skip
    export, other = read(data)[0]["intervals"]
    assert (export["direction"], export["seq"]) == ("export", 1704456000)
    assert (other["direction"], other["seq"]) == ("import", 1704196800)


@pytest.mark.parametrize(("unit", "kwh"), [("KWH", 2.0), ("WHR", 0.002), ("MWH", 2000.0)])
def test_units_become_kwh(unit, kwh):
    (row,) = read(interchange(*series(*quantity(*QUARTER, f"2:{unit}"))))[0]["intervals"]
    assert row["kwh"] == kwh


def test_times_without_an_offset_follow_the_homes_clock_through_both_passes_of_an_hour():
    # 29 October 2023 in Berlin: 02:00 to 03:00 comes twice, so four quarters become eight.
    said = ["0145", "0200", "0215", "0230", "0245", "0200", "0215", "0230", "0245", "0300", "0315"]
    times = [f"20231029{t}" for t in said]
    pairs = itertools.pairwise(times)
    values = [segment for a, b in pairs for segment in quantity(a, b, "1", code="203")]
    rows, rejects = read(interchange(*series(*values)))
    assert rejects == []
    starts = [r["start_utc"] for r in rows["intervals"]]
    first = dt.datetime(2023, 10, 28, 23, 45)
    assert starts == [first + dt.timedelta(minutes=15 * i) for i in range(10)]


def test_the_energy_of_one_local_day_is_that_days_and_of_a_month_is_spread():
    day = quantity("202401012300", "202401022300", "4")
    month = quantity("202402292300", "202403312200", "62")
    rows, rejects = read(interchange(*series(*day, *month)))
    assert rejects == []
    one, *many = rows["days"]
    assert (one["day"], one["kwh"], one["quality"]) == (dt.date(2024, 1, 2), 4.0, 0)
    assert [r["day"] for r in many] == [dt.date(2024, 3, d) for d in range(1, 32)]
    assert {(r["kwh"], r["quality"], r["method"]) for r in many} == {(2.0, 2, "spread")}


def test_register_readings_become_registers_and_tariffs_add_up():
    at = "DTM+9:202312312300?+00:303"
    total = series("QTY+220:1000", at, obis="1-1?:1.8.0", meter="A")
    tariffs = series("QTY+220:600", at, obis="1-1?:1.8.1", meter="B")
    tariffs += ["LIN+2", "PIA+5+1-1?:1.8.2:SRW", "QTY+67:50", at]
    rows, rejects = read(interchange(*total, "NAD+DP", *tariffs))
    assert rejects == []
    got = [(r["meter_id"], r["at_day"], r["register_kwh"], r["quality"]) for r in rows["registers"]]
    assert got == [("A", dt.date(2024, 1, 1), 1000.0, 0), ("B", dt.date(2024, 1, 1), 650.0, 2)]


def test_which_day_a_dated_register_belongs_to_is_an_option():
    data = interchange(*series("QTY+220:1", "DTM+9:20231231:102", obis="1-1?:1.8.0"))
    (starts,) = read(data, midnight="starts")[0]["registers"]
    (ends,) = read(data, midnight="ends")[0]["registers"]
    assert (starts["at_day"], ends["at_day"]) == (dt.date(2023, 12, 31), dt.date(2024, 1, 1))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (series(*quantity(*QUARTER, "abc")), "mscons.value"),
        (series(*quantity(*QUARTER, "1e3")), "mscons.value"),
        (series(*quantity(*QUARTER, "-1")), "mscons.negative"),
        (series(*quantity(*QUARTER, "1:KWT")), "mscons.unit"),
        (series(*quantity(*QUARTER, "1", "79")), "mscons.kind"),
        (series(*quantity("202401010000", "202401010007")), "mscons.period"),
        (series(*quantity("202401010015", "202401010000")), "mscons.period"),
        (series(*quantity("2024x1010000", "202401010015")), "mscons.time"),
        (series("QTY+220:1", "DTM+163:202401010000?+00:303"), "mscons.time"),
        (series(*quantity(*QUARTER), obis="1-1?:1.29.1"), "mscons.tariff"),
        (series(*quantity(*QUARTER), *quantity(*QUARTER), obis="7-20?:3.0.0"), "mscons.medium"),
        (series(*quantity(*QUARTER), *quantity(*QUARTER), obis="AUA:Z08"), "mscons.product"),
        (["LIN+1", "PIA+5+1-1?:1.29.0:SRW", *quantity(*QUARTER)], "mscons.no-place"),
        (["LOC+172+DE1", "LIN+1", *quantity(*QUARTER)], "mscons.no-product"),
    ],
)
def test_a_value_that_cannot_be_used_goes_to_quarantine_with_its_reason(body, code):
    rows, rejects = read(interchange(*body))
    assert not any(rows.values())
    assert [r.code for r in rejects] == [code], "a series that can't be used is told once"


def test_an_interval_off_its_series_grid_is_refused():
    times = ["0000", "0015", "0030", "0045", "0100", "0110", "0115", "0130"]
    pairs = itertools.pairwise(times)
    values = [s for a, b in pairs for s in quantity(f"20240101{a}", f"20240101{b}")]
    rows, rejects = read(interchange(*series(*values)))
    assert len(rows["intervals"]) == 5
    assert [r.code for r in rejects] == ["mscons.uneven", "mscons.uneven"]


def test_a_cancellation_is_no_reading():
    _, rejects = read(interchange(*series(*quantity(*QUARTER)), function="1"))
    assert [r.code for r in rejects] == ["mscons.cancelled"]


def test_reactive_energy_beside_active_is_left_aside_in_peace_and_alone_is_an_error():
    reactive = ["LIN+2", "PIA+5+1-1?:8.29.0*255:SRW", *quantity(*QUARTER)]
    rows, rejects = read(interchange(*series(*quantity(*QUARTER)), *reactive))
    assert (len(rows["intervals"]), rejects) == (1, [])
    with pytest.raises(LamplitError) as refused:
        read(interchange("LOC+172+DE1", *reactive))
    assert refused.value.code == "layout.mscons.no-active-energy"
    assert "8.29.0" in str(refused.value)


WHOLE = interchange(*series(*quantity(*QUARTER)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-edifact"),
        (b"meter_id,time,kwh\n", "not-edifact"),
        (interchange(*series(*quantity(*QUARTER)), count=99), "segment-count"),
        (WHOLE.replace(b"UNZ+1", b"UNZ+2"), "message-count"),
        (WHOLE.replace(b"UNZ+1+REF", b"UNZ+1+OTHER"), "reference"),
        (WHOLE.replace(b"MSCONS:D", b"UTILMD:D"), "other-message"),
        (WHOLE.rstrip()[:-1], "truncated"),
        (WHOLE[: WHOLE.index(b"UNZ")], "truncated"),
        (b"UNA:+.? ~UNB+" + b"x" * 3_000_000, "runaway-segment"),
    ],
)
def test_an_interchange_that_is_not_whole_is_refused_as_a_whole(data, code):
    with pytest.raises(LamplitError) as refused:
        read(data)
    assert refused.value.code == f"layout.mscons.{code}"
    assert refused.value.remedy("zh")


def test_a_file_cut_anywhere_is_refused():
    for cut in range(1, len(WHOLE) - 2):
        with pytest.raises(LamplitError):
            read(WHOLE[:cut])


@pytest.mark.real_data
def test_every_value_of_the_real_files_is_read_or_refused(shared_data):
    """The values are those of pydifact, another tokenizer."""
    pydifact = pytest.importorskip("pydifact.segmentcollection")
    for name in ("MSCONS_TL_SAMPLE01.txt", "MSCONS_TL_SAMPLE02.txt"):
        data = (shared_data / "formats/mscons" / name).read_bytes()
        theirs = pydifact.RawSegmentCollection.from_str(data.decode("latin-1")).segments
        values = [s.elements[0] for s in theirs if s.tag == "QTY"]
        rows, rejects = read(data)
        ours = {r["line"]: r["kwh"] for r in rows["intervals"]}
        # 70 of 2,976 periods of this sample are slips: 20:00 to 20:16, 01:30 to 01:55.
        assert len(values) == len(ours) + len(rejects) == 2976
        assert {r.code for r in rejects} == {"mscons.period", "mscons.uneven"}
        numbered = [s for s in theirs if s.tag != "UNA"]
        for line, kwh in ours.items():
            assert numbered[line - 1].tag == "QTY"
            assert kwh == float(numbered[line - 1].elements[0][1].replace(",", "."))


@pytest.mark.real_data
def test_curtailed_energy_is_no_consumption(shared_data):
    # The file holds Ausfallarbeit (product AUA): what a plant would have fed in, had it been let.
    rows, rejects = read(
        (shared_data / "formats/mscons/MSCONS_TL_Multiple_LOC_SAMPLE.txt").read_bytes()
    )
    assert not any(rows.values())
    assert [r.code for r in rejects] == ["mscons.product", "mscons.product"]


@pytest.mark.real_data
def test_a_file_whose_trailer_miscounts_is_refused(shared_data):
    (path,) = (shared_data / "formats/mscons/e66").glob("*E66*.txt")
    with pytest.raises(LamplitError) as refused:
        read(path.read_bytes(), "Europe/Zurich")
    assert refused.value.code == "layout.mscons.segment-count"
    assert "109" in str(refused.value)
    # Were the count right, it would still hold reactive energy only (OBIS 8.29.0).
    with pytest.raises(LamplitError) as refused:
        read(path.read_bytes().replace(b"UNT+109+", b"UNT+302+"), "Europe/Zurich")
    assert refused.value.code == "layout.mscons.no-active-energy"


class Endless(io.RawIOBase):
    """A long interchange that is never whole in memory."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        given_out, self._left = self._left[:size], self._left[size:]
        return given_out


def test_memory_does_not_grow_with_the_file(monkeypatch):
    monkeypatch.setattr(mscons_rows, "BATCH_ROWS", 1 << 11)
    monkeypatch.setattr(mscons_edifact, "PIECE", 1 << 16)

    def pieces(places: int) -> Iterator[bytes]:
        head, tail = interchange("LOC+172+X").split(b"LOC+172+X'")
        yield head
        body = series(*[s for _ in range(300) for s in quantity(*QUARTER)])
        text = "'".join(["NAD+DP", *body, ""]).encode()
        for _ in range(places):
            yield text
        count = 5 + places * (1 + len(body)) + 1
        yield tail.replace(b"UNT+7", b"UNT+%d" % count)

    peaks = []
    for places in (1, 20, 80):  # the first fills what is kept for good
        tracemalloc.start()
        stream: Any = Endless(pieces(places))
        found = LAYOUT.read(stream, Sample("a", b""), Options(timezone="Europe/Berlin"))
        assert sum(b.num_rows for b in found if not isinstance(b, Reject)) == places * 300
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]


TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\t \x1a\xa0\x85"), min_size=1)


@given(parts=st.lists(TEXT, min_size=1, max_size=5))
def test_release_characters_protect_any_text(parts):
    def released(text: str) -> str:
        return "".join(f"?{c}" if c in "?+:'" else c for c in text)

    joined = "+".join(released(p) for p in parts)
    assert [unreleased(p, "?") for p in split_released(joined, "+", "?")] == parts
    data = f"UNB+UNOC:3'FTX+{joined}'".encode("latin-1")
    source = Interchange(io.BytesIO(data))
    segments = list(source.segments())
    assert source.elements(segments[1]) == [[p] for p in parts]


ENERGY = st.integers(0, 9_999_999).map(lambda thousandths: thousandths / 1000)


@settings(max_examples=40)
@given(
    minutes=st.sampled_from([5, 15, 30, 60]),
    offset=st.sampled_from([0, 1, 2, 10]),
    values=st.lists(st.tuples(ENERGY, st.sampled_from(["220", "67", "Z18", "20"])), min_size=1),
    mark=st.sampled_from([".", ","]),
    meter=st.text("ABC'+:?0123456789", min_size=1, max_size=33),
    una=st.sampled_from(["UNA:+,? '", "", "UNA:+.? '\r\n"]),
)
def test_what_is_written_is_read_back(minutes, offset, values, mark, meter, una):
    begin = dt.datetime(2024, 3, 30, 12)
    body, wanted = [], []
    name = "".join(f"?{c}" if c in "?+:'" else c for c in meter)
    for i, (kwh, qualifier) in enumerate(values):
        start = begin + dt.timedelta(minutes=minutes * i)
        said = [
            t + dt.timedelta(hours=offset) for t in (start, start + dt.timedelta(minutes=minutes))
        ]
        body.append(f"QTY+{qualifier}:{f'{kwh:.3f}'.replace('.', mark)}:KWH")
        body += [
            f"DTM+{q}:{t:%Y%m%d%H%M}?+{offset:02d}:303"
            for q, t in zip((163, 164), said, strict=True)
        ]
        wanted.append((start, None if qualifier == "20" else kwh, qualifier))
    rows, rejects = read(interchange(*series(*body, meter=name), una=una))
    assert rejects == []
    assert [(r["start_utc"], r["kwh"], r["raw_code"]) for r in rows["intervals"]] == wanted
    assert {r["meter_id"] for r in rows["intervals"]} == {meter}


def test_a_file_is_recognised_by_its_first_message(tmp_path: Path):
    match = LAYOUT.sniff(Sample("a", WHOLE))
    assert match is not None
    assert match.score == 1.0
    assert LAYOUT.sniff(Sample("a", b"meter_id,time,kwh")) is None
