"""Readings per second of the XML layouts, on files made here: `python bench/xml_layouts.py`.

Each file is written to a temporary folder first, so that only reading is timed; the count and the
sum of kWh are checked against what was written. Green Button's bar is lxml's iterparse, untuned
(0.072 M readings/s on two EPYC cores; it is run here too), and greenbutton-objects 2024.7 (0.026).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from _measure import peak_mb
from lamplit.meters.layouts import greenbutton, iec61968
from lamplit.meters.layouts.base import Options, ReaderLayout, Reject, Sample

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:uuid:1</id>
<entry><link rel="self" href="/resource/RetailCustomer/1/UsagePoint/{meter}"/>
 <link rel="related" href="/resource/RetailCustomer/1/UsagePoint/{meter}/MeterReading"/>
 <content><UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind>
 </ServiceCategory></UsagePoint></content></entry>
<entry><link rel="self" href="/resource/RetailCustomer/1/UsagePoint/{meter}/MeterReading/1"/>
 <link rel="up" href="/resource/RetailCustomer/1/UsagePoint/{meter}/MeterReading"/>
 <link rel="related" href="/resource/ReadingType/7"/>
 <content><MeterReading xmlns="http://naesb.org/espi"/></content></entry>
<entry><link rel="self" href="/resource/ReadingType/7"/>
 <content><ReadingType xmlns="http://naesb.org/espi">
 <accumulationBehaviour>4</accumulationBehaviour><commodity>1</commodity>
 <flowDirection>1</flowDirection><intervalLength>900</intervalLength><kind>12</kind>
 <powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom></ReadingType></content></entry>
"""
BLOCK = """<entry>
\t<link rel="self" href="{reading}/IntervalBlock/{i}"/>
\t<link rel="up" href="{reading}/IntervalBlock"/>
\t<content>
\t\t<IntervalBlock xmlns="http://naesb.org/espi">
\t\t\t<interval><duration>86400</duration><start>{start}</start></interval>
"""
READING = """\t\t\t<IntervalReading>
\t\t\t\t<cost>974</cost>{quality}
\t\t\t\t<timePeriod>
\t\t\t\t\t<duration>900</duration>
\t\t\t\t\t<start>{start}</start>
\t\t\t\t</timePeriod>
\t\t\t\t<value>{value}</value>
\t\t\t</IntervalReading>
"""
CIM_READING = """<IntervalReadings>
<timeStamp>{stamp}</timeStamp>
<value>{value}</value>
<ReadingQualities><ReadingQualityType ref="1.0.0"/></ReadingQualities>
</IntervalReadings>
"""
FIRST = 1_330_578_000


def green_button(days: int, *, with_quality: bool) -> Iterator[str]:
    """A feed of one meter at 15 minutes, laid out as the OpenESPI fixtures are."""
    reading = "/resource/RetailCustomer/1/UsagePoint/5446AF3F/MeterReading/1"
    quality = ""
    if with_quality:
        quality = "<ReadingQuality><quality>17</quality></ReadingQuality>"
    yield FEED.format(meter="5446AF3F")
    for day in range(days):
        start = FIRST + day * 86400
        yield BLOCK.format(reading=reading, i=day, start=start)
        yield "".join(
            READING.format(start=start + 900 * i, value=(day + i) % 500, quality=quality)
            for i in range(96)
        )
        yield "\t\t</IntervalBlock>\n\t</content>\n</entry>\n"
    yield "</feed>"


def iec(days: int) -> Iterator[str]:
    """A message of MeterReadings, a meter a day, at 15 minutes."""
    yield (
        '<EventMessage xmlns="http://iec.ch/TC57/2011/schema/message"><Header>'
        "<Timestamp>2026-02-01T00:00:00Z</Timestamp></Header><Payload>"
        '<MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#">'
    )
    first = datetime.fromtimestamp(FIRST, UTC)
    for day in range(days):
        yield f"<MeterReading><Meter><mRID>M{day}</mRID></Meter><IntervalBlocks>"
        yield "".join(
            CIM_READING.format(
                stamp=(first + timedelta(minutes=15 * (i + 1))).isoformat(), value=(day + i) % 500
            )
            for i in range(96)
        )
        yield (
            '<ReadingType ref="0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0"/>'
            "</IntervalBlocks></MeterReading>\n"
        )
    yield "</MeterReadings></Payload></EventMessage>"


def measure(title: str, layout: ReaderLayout, pieces: Iterator[str], days: int) -> None:
    """Write, read, check, print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.xml"
        with path.open("w", encoding="utf-8") as out:
            out.writelines(pieces)
        sample = Sample("bench.xml", path.open("rb").read(65536))
        began, cpu_began = time.perf_counter(), time.process_time()
        with path.open("rb") as stream:
            count, kwh = consume(layout.read(stream, sample, Options()))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
        size = path.stat().st_size
    wanted = sum((day + i) % 500 for day in range(days) for i in range(96)) / 1000
    if count != days * 96 or abs(kwh - wanted) > 1e-6 * wanted:
        raise SystemExit(f"{title}: read {count} readings and {kwh} kWh, wrote {wanted} kWh")
    peak = peak_mb()
    print(
        f"{title:42} {count:>9,} readings {size / 1e6:>7.1f} MB {seconds:>6.2f} s "
        f"({cpu:.2f} s of CPU) {count / seconds / 1e6:>6.3f} M/s ({count / cpu / 1e6:.3f} by CPU), "
        f"peak {peak:.0f} MB"
    )


def consume(items: Iterator[pa.RecordBatch | Reject]) -> tuple[int, float]:
    """Readings and their kWh."""
    count, kwh = 0, 0.0
    for item in items:
        if isinstance(item, Reject):
            raise SystemExit(f"refused: {item}")
        count += item.num_rows
        kwh += pc.sum(item.column("kwh")).as_py()
    return count, kwh


def plain_iterparse(days: int) -> None:
    """What one would write without thinking twice: an event and four findtext a reading."""
    space = "{http://naesb.org/espi}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.xml"
        with path.open("w", encoding="utf-8") as out:
            out.writelines(green_button(days, with_quality=False))
        began, rows = time.process_time(), []
        for _, e in etree.iterparse(str(path), tag=f"{space}IntervalReading"):
            texts = [e.findtext(f"{space}timePeriod/{space}{n}") for n in ("start", "duration")]
            quality = e.findtext(f"{space}ReadingQuality/{space}quality")
            rows.append((*map(int, texts), float(e.findtext(f"{space}value")), quality))
            e.clear()
            while e.getprevious() is not None:
                del e.getparent()[0]
        cpu = time.process_time() - began
    title = "Green Button, untuned lxml iterparse"
    print(
        f"{title:42} {len(rows):>9,} readings {'':>10} {cpu:.2f} s of CPU, "
        f"{len(rows) / cpu / 1e6:.3f} M/s by CPU"
    )


def main() -> None:
    """Run all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=4000, help="meter-days of 96 readings")
    days = parser.parse_args().days
    warm_up = green_button(5, with_quality=False)  # pyarrow loads parts of itself on first use
    measure("(warm-up)", greenbutton.LAYOUT, warm_up, 5)
    plain_iterparse(days // 4)
    plain = green_button(days, with_quality=False)
    measure("Green Button, no quality", greenbutton.LAYOUT, plain, days)
    coded = green_button(days, with_quality=True)
    measure("Green Button, a quality in each reading", greenbutton.LAYOUT, coded, days)
    measure("IEC 61968-9 IntervalBlocks", iec61968.LAYOUT, iec(days), days)


if __name__ == "__main__":
    main()
