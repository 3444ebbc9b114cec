"""XML that is meant to hurt, or that broke on the way: one clear message, little memory, no tears.

Each case goes through both readers. "Refused" means a LamplitError before the reader ends, so that
whoever collects its batches keeps none of them.
"""

from __future__ import annotations

import io
import resource
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import layouts_xml
from lamplit.meters import xml
from lamplit.meters.layouts import greenbutton, iec61968
from lamplit.meters.layouts.base import Options, ReaderLayout, Reject, Sample


def peak() -> float:
    """The most that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.fixture(scope="module", autouse=True)
def before_the_bombs() -> float:
    """What other files of tests had made of it."""
    return peak()


LAYOUTS = [greenbutton.LAYOUT, iec61968.LAYOUT]
DELTA = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"
GREEN = (
    '<feed xmlns="http://www.w3.org/2005/Atom">'
    '<entry><link rel="self" href="/UsagePoint/HOME01"/><content>'
    '<UsagePoint xmlns="http://naesb.org/espi"/></content></entry>'
    '<entry><link rel="self" href="/UsagePoint/HOME01/MeterReading/1"/>'
    '<link rel="related" href="/ReadingType/1"/><content>'
    '<MeterReading xmlns="http://naesb.org/espi"/></content></entry>'
    '<entry><link rel="self" href="/ReadingType/1"/><content>'
    '<ReadingType xmlns="http://naesb.org/espi"><accumulationBehaviour>4</accumulationBehaviour>'
    "<intervalLength>900</intervalLength><uom>72</uom></ReadingType></content></entry>"
    '<entry><link rel="self" href="/UsagePoint/HOME01/MeterReading/1/IntervalBlock/1"/><content>'
    '<IntervalBlock xmlns="http://naesb.org/espi">{}</IntervalBlock></content></entry></feed>'
)
GREEN_READING = (
    "<IntervalReading><timePeriod><duration>900</duration><start>1330578000</start></timePeriod>"
    "<value>{}</value></IntervalReading>\n"
)
CIM = (
    '<MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#"><MeterReading><IntervalBlocks>'
    '{}<ReadingType ref="' + DELTA + '"/></IntervalBlocks><Meter><mRID>M1</mRID></Meter>'
    "</MeterReading></MeterReadings>"
)
CIM_READING = (
    "<IntervalReadings><timeStamp>2026-02-01T00:15:00Z</timeStamp><value>{}</value>"
    "</IntervalReadings>\n"
)
KINDS = [(greenbutton.LAYOUT, GREEN, GREEN_READING), (iec61968.LAYOUT, CIM, CIM_READING)]
both = pytest.mark.parametrize(
    ("layout", "whole", "reading"), KINDS, ids=["greenbutton", "iec61968"]
)


class Stream(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        out, self._rest = self._rest[:size], self._rest[size:]
        return out


def run(layout: ReaderLayout, data: bytes | io.RawIOBase) -> tuple[int, list[Reject]]:
    """Number of rows, and rejects."""
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    head = data[:65536] if isinstance(data, bytes) else b""
    count, rejects = 0, []
    for item in layout.read(stream, Sample("bad.xml", head), Options()):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            count += item.num_rows
    return count, rejects


def refused(layout: ReaderLayout, data: bytes | io.RawIOBase) -> LamplitError:
    with pytest.raises(LamplitError) as caught:
        run(layout, data)
    assert caught.value.where.startswith("bad.xml")
    return caught.value


def laughs(depth: int = 9) -> str:
    names = [f"l{i}" for i in range(depth)]
    lines = ['<!ENTITY l0 "lol">']
    lines += [f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names)]
    return f"<!DOCTYPE lolz [{''.join(lines)}]>"


@both
def test_the_plain_file_is_read(layout: ReaderLayout, whole: str, reading: str) -> None:
    assert run(layout, whole.format(reading.format(5)).encode()) == (1, [])


DOCTYPES = {
    "billion laughs": laughs(),
    "quadratic blow-up": f'<!DOCTYPE l [<!ENTITY l8 "{"x" * 50000}">]>',
    "external entity": '<!DOCTYPE l [<!ENTITY l8 SYSTEM "file:///etc/passwd">]>',
    "entity from the network": '<!DOCTYPE l [<!ENTITY l8 SYSTEM "http://127.0.0.1:1/x">]>',
    "external DTD": '<!DOCTYPE feed SYSTEM "http://127.0.0.1:1/x.dtd">',
    "public DTD": '<!DOCTYPE feed PUBLIC "-//W3C//DTD" "http://127.0.0.1:1/x.dtd">',
    "parameter entities": (
        '<!DOCTYPE l [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x">%a;<!ENTITY l8 "x">]>'
    ),
    "no entity at all": "<!DOCTYPE feed>",
    "lower case": "<!doctype feed [<!entity l8 'x'>]>",
}


@both
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_document_type_is_refused_unread(
    layout: ReaderLayout, whole: str, reading: str, doctype: str
) -> None:
    body = whole.format(reading.format("&l8;" if "l8" in doctype else 5))
    prolog = '<?xml version="1.0"?>\n<!-- a comment -->\n'
    error = refused(layout, (prolog + doctype + body).encode())
    assert error.problem is layouts_xml.DOCUMENT_TYPE
    assert error.where == "bad.xml, line 3"


@both
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "gb18030"])
def test_no_encoding_hides_a_document_type(
    layout: ReaderLayout, whole: str, reading: str, encoding: str
) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>{laughs()}'
    text += whole.format(reading.format("&l8;"))
    assert refused(layout, text.encode(encoding)).problem is layouts_xml.DOCUMENT_TYPE


@both
def test_a_document_type_behind_a_very_long_prolog(
    layout: ReaderLayout, whole: str, reading: str
) -> None:
    """Past the first guard's view libxml2's own limit, or the second guard, still refuses."""
    comment = f"<!--{'x' * 300_000}-->"
    body = whole.format(reading.format("&l8;"))
    error = refused(layout, (comment + laughs() + body).encode())
    assert error.problem in (layouts_xml.DOCUMENT_TYPE, layouts_xml.BROKEN)
    harmless = whole.format(reading.format(5))
    error = refused(layout, (comment + "<!DOCTYPE x [<!ENTITY a 'b'>]>" + harmless).encode())
    assert error.problem is layouts_xml.DOCUMENT_TYPE


@both
def test_nothing_is_fetched(
    layout: ReaderLayout, whole: str, reading: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        start = f'<!DOCTYPE feed SYSTEM "{url}/x.dtd" [<!ENTITY a SYSTEM "{url}/a">]>'
        # The first guard off: what is left must not reach out either.
        monkeypatch.setattr(xml.XmlStream, "_check_prolog", lambda *_: None)
        error = refused(layout, (start + whole.format(reading.format("&a;"))).encode())
        assert error.problem in (layouts_xml.DOCUMENT_TYPE, layouts_xml.BROKEN)
        with pytest.raises(TimeoutError):
            server.accept()


@both
def test_an_entity_that_is_declared_nowhere_is_malformed(
    layout: ReaderLayout, whole: str, reading: str
) -> None:
    error = refused(layout, whole.format(reading.format("&x;")).encode())
    assert error.problem is layouts_xml.BROKEN


@both
def test_a_file_cut_in_the_middle_is_refused_whole_with_its_line(
    layout: ReaderLayout, whole: str, reading: str
) -> None:
    data = whole.format("".join(reading.format(i) for i in range(50))).encode()
    cut = data[: data.index(b"<value>30</value>") + 10]
    error = refused(layout, cut)
    assert error.problem is layouts_xml.BROKEN
    assert error.where == "bad.xml, line 31"
    assert "[layout.xml.broken]" in error.describe("en") and "语法" in error.describe("zh")


@both
@settings(max_examples=60)
@given(share=st.floats(0, 0.999))
def test_wherever_it_is_cut_it_is_refused(
    layout: ReaderLayout, whole: str, reading: str, share: float
) -> None:
    data = whole.format("".join(reading.format(i) for i in range(20))).encode()
    with pytest.raises(LamplitError) as caught:
        run(layout, data[: int(len(data) * share)])
    assert caught.value.code.startswith("layout.xml.")


@both
@settings(max_examples=80)
@given(data=st.data())
def test_damaged_bytes_are_an_error_of_ours_or_quarantine_but_never_a_crash(
    layout: ReaderLayout, whole: str, reading: str, data: st.DataObject
) -> None:
    raw = bytearray(whole.format("".join(reading.format(i) for i in range(5))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        count, rejects = run(layout, bytes(raw))
    except LamplitError:
        return
    assert count + len(rejects) >= 1


@both
@pytest.mark.parametrize("content", [b"", b"   \n", b"hello,csv\n1,2\n", b"\x00\x01\x02", b"<"])
def test_what_is_no_xml_is_refused(
    layout: ReaderLayout, whole: str, reading: str, content: bytes
) -> None:
    assert refused(layout, content).problem in (layouts_xml.BROKEN, layouts_xml.WRONG_ROOT)


@both
@pytest.mark.parametrize("root", ["html", "svg", "Invoice"])
def test_another_kind_of_xml_is_named(
    layout: ReaderLayout, whole: str, reading: str, root: str
) -> None:
    error = refused(layout, f"<{root}><a>1</a></{root}>".encode())
    assert error.problem is layouts_xml.WRONG_ROOT
    assert f"<{root}>" in error.says("en")


@both
def test_very_deep_nesting_is_refused(layout: ReaderLayout, whole: str, reading: str) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    error = refused(layout, whole.format(deep + reading.format(5)).encode())
    assert error.problem is layouts_xml.BROKEN
    assert "depth" in error.says("en").lower()


@both
def test_a_million_attributes_are_refused(layout: ReaderLayout, whole: str, reading: str) -> None:
    attributes = " ".join(f'a{i}="1"' for i in range(1_000_000))
    error = refused(layout, whole.format(f"<x {attributes}/>" + reading.format(5)).encode())
    assert error.problem is layouts_xml.TOO_LARGE


@both
def test_one_enormous_text_is_refused(layout: ReaderLayout, whole: str, reading: str) -> None:
    error = refused(layout, whole.format(reading.format("9" * 20_000_000)).encode())
    assert error.problem in (layouts_xml.TOO_LARGE, layouts_xml.BROKEN)


JUNK = b"<junk><more>1</more></junk>" * 2000


def around(whole: str, reading: str, before: bytes, after: bytes, times: int) -> Stream:
    """A file whose block begins with a great deal of `JUNK`, between `before` and `after`."""
    start, end = whole.split("{}")

    def pieces() -> Iterator[bytes]:
        yield start.encode() + before
        for _ in range(times):
            yield JUNK
        yield after + (reading.format(5) + end).encode()

    return Stream(pieces())


@both
def test_elements_that_are_no_readings_are_passed_over(
    layout: ReaderLayout, whole: str, reading: str
) -> None:
    assert run(layout, around(whole, reading, b"", b"", 20)) == (1, [])


@both
def test_an_element_without_an_end_to_it_is_refused(
    layout: ReaderLayout, whole: str, reading: str
) -> None:
    endless = around(whole, reading, b"<wrap>", b"</wrap>", 1000)
    error = refused(layout, endless)
    assert error.problem is layouts_xml.TOO_LARGE
    assert "16 MB" in error.says("en")


SCRIPT = """
import resource, sys, pyarrow, numpy
from tests.meters.test_xml_bombs import KINDS, Stream, run
layout, whole, reading = KINDS[int(sys.argv[1])]
start, end = whole.split("{}")
piece = "".join(reading.format(i) for i in range(500)).encode()
def pieces(n):
    yield start.encode()
    for _ in range(n):
        yield piece
    yield end.encode()
peaks = []
for n in (40, 600):
    count, rejects = run(layout, Stream(pieces(n)))
    assert (count, rejects) == (n * 500, []), (count, rejects[:1])
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
print(peaks[1] - peaks[0])
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1], ids=["greenbutton", "iec61968"])
def test_memory_does_not_grow_with_the_tree(number: int) -> None:
    """300,000 readings of one block: about 45 MB of XML, whose tree would take over 400 MB."""
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(number)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(out.stdout) < 120


def test_this_process_stayed_small(before_the_bombs: float) -> None:
    """All the bombs above together; 16 MB of tiny elements are about 600 MB of tree."""
    assert peak() - before_the_bombs < 900
