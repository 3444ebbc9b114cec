"""However a text is cut, each of its lines is in one cut, whole, and has its own number."""

from __future__ import annotations

import codecs
import io
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lamplit.meters import lines as cutting
from lamplit.meters.lines import count_lines, decoded, is_line_wise, read_lines

ends = st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\r", b"\r\r\n"])
pieces = st.one_of(ends, st.binary(max_size=5), st.sampled_from([b"a", b"\xef\xbb\xbf"]))
texts = st.lists(pieces, min_size=1, max_size=30).map(b"".join).filter(bool)


def whole(text: bytes) -> list[bytes]:
    """The lines of a text by a rule of its own: each run up to an end, or to the end of all."""
    found = re.findall(rb"([^\r\n]*)(?:\r\n|\r|\n)|([^\r\n]+)\Z", text)
    lines = [a or b for a, b in found]
    return [lines[0].removeprefix(codecs.BOM_UTF8), *lines[1:]]


def cut(text: bytes, places: list[int]) -> list[tuple[int, bytes]]:
    """The lines with their numbers, as the cuts give them."""
    bounds = sorted({0, len(text), *(p % len(text) for p in places)})
    found, before = [], 0
    for first, end in pairwise(bounds):
        lines = read_lines(io.BytesIO(text), first, end)
        count = count_lines(io.BytesIO(text), first, end)
        assert count == len(lines)
        found += list(enumerate(lines, start=before + 1))
        before += count
    return found


@given(texts, st.lists(st.integers(0, 10_000), max_size=8))
@example(b"a\r\nb\r\n", [2])
@example(b"a\r\nb", [1, 2, 3])
@example(b"\xef\xbb\xbfa\nb", [1, 2, 3])
@example(b"\r\r\n\n\r", [1, 2, 3, 4])
def test_cut_anywhere_a_text_has_the_lines_that_it_has_whole(text: bytes, places: list[int]):
    assert cut(text, places) == list(enumerate(whole(text), start=1))


@given(texts)
def test_cut_at_every_byte_a_text_has_the_lines_that_it_has_whole(text: bytes):
    assert cut(text, list(range(len(text)))) == list(enumerate(whole(text), start=1))


@given(texts, st.integers(1, 3), st.lists(st.integers(0, 10_000), max_size=3))
def test_it_is_the_same_from_a_stream_that_gives_little_at_a_time(
    text: bytes, size: int, places: list[int]
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "PIECE", size)
        patch.setattr(cutting, "REST", size)
        assert cut(text, places) == list(enumerate(whole(text), start=1))


def test_a_line_without_an_end_is_cut_off_rather_than_held_whole(tmp_path: Path):
    file = tmp_path / "long.csv"
    file.write_bytes(b"a\n" + b"x" * (3 * cutting.LONGEST))
    with file.open("rb") as stream:
        _, line = read_lines(stream, 0, 10)
        assert cutting.LONGEST <= len(line) < 2 * cutting.LONGEST
        assert read_lines(stream, 10, 3 * cutting.LONGEST) == []


@given(st.sampled_from(sorted(cutting.LINE_WISE)), st.lists(st.binary(max_size=6), max_size=8))
@example("gb18030", [b"\x81\x30", b"\xb0", b"1"])
def test_whatever_the_bytes_are_lines_decode_each_to_one_as_in_the_whole_text(
    encoding: str, lines: list[bytes]
):
    lines = [line.replace(b"\r", b"").replace(b"\n", b"") for line in lines]
    found = decoded(lines, encoding)
    assert len(found) == len(lines)
    if lines:
        assert "\n".join(found) == b"\n".join(lines).decode(encoding, "replace")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "hz", "iso2022_jp", "utf-7"])
def test_an_encoding_that_can_not_be_cut_between_lines_is_known(encoding: str):
    assert not is_line_wise(encoding)


@pytest.mark.parametrize("name", ["GBK", "gb2312", "UTF8", "latin1", "GB18030", "cp936"])
def test_an_encoding_goes_by_any_of_its_names(name: str):
    assert is_line_wise(name)
