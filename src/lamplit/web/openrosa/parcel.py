"""A submission off the wire: multipart, its files put on the disk as they come.

Nothing is parsed but the envelope. A photo of 50 MB passes through memory a megabyte at a time, and
lies beside the store (not in /tmp, which may itself be memory) until it is kept for good.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import openrosa as problems

FORM_PART = "xml_submission_file"
IN_MEMORY = 1 << 20
MOST_PARTS = 300
MOST_HEADER = 8_192


@dataclass(slots=True)
class Part:
    """One part: its field's name, the file's name (None for a plain field), its bytes."""

    name: str
    file_name: str | None
    media_type: str
    content: BinaryIO

    @property
    def is_xml(self) -> bool:
        """Whether it may be the form itself."""
        named = (self.file_name or "").lower().endswith(".xml")
        return self.name == FORM_PART or named or self.media_type in ("text/xml", "application/xml")


@dataclass(slots=True)
class Parcel:
    """What one POST held: the form's bytes as they came, and its files."""

    form: bytes
    files: list[Part] = field(default_factory=list)


async def unpack(
    chunks: AsyncIterator[bytes], content_type: str, folder: Path, stack: ExitStack
) -> Parcel:
    """Read a POST's body; files in hand are closed, and gone, with `stack`.

    A body that is XML itself is taken as the form. Raises LamplitError `openrosa.no-submission`
    where there is no form in it, and OSError where the disk is full.
    """
    kind, options = parse_options_header(content_type)
    if kind in (b"text/xml", b"application/xml"):
        return Parcel(await _whole(chunks, folder, stack))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise _nothing("it is no multipart/form-data", "不是 multipart/form-data")
    collector = _Collector(folder, stack)
    parser = MultipartParser(boundary, collector.callbacks())
    try:
        async for chunk in chunks:
            await run_in_threadpool(parser.write, chunk)
        parser.finalize()
    except FormParserError as fault:
        raise _nothing("its parts can't be told apart", "无法分辨各部分") from fault
    if not collector.ended:
        raise _nothing("it breaks off", "内容不完整")
    return _parcel(collector.parts)


def _parcel(parts: list[Part]) -> Parcel:
    form = next((part for part in parts if part.name == FORM_PART), None)
    form = form or next((part for part in parts if part.is_xml), None)
    if form is None:
        raise _nothing(f"there is no part {FORM_PART}", f"缺少 {FORM_PART} 部分")
    content = form.content.read()
    if not content.strip():
        raise _nothing("the form is empty", "表单为空")
    files = [part for part in parts if part is not form and part.file_name]
    return Parcel(content, files)


async def _whole(chunks: AsyncIterator[bytes], folder: Path, stack: ExitStack) -> bytes:
    kept = _room(folder, stack)
    async for chunk in chunks:
        await run_in_threadpool(kept.write, chunk)
    kept.seek(0)
    content = kept.read()
    if not content.strip():
        raise _nothing("the form is empty", "表单为空")
    return content


def _room(folder: Path, stack: ExitStack) -> BinaryIO:
    """Room for a part: in memory while it is small, then in a file without a name."""
    room = SpooledTemporaryFile(IN_MEMORY, dir=str(folder))  # noqa: SIM115 - the stack closes it
    return cast(BinaryIO, stack.enter_context(room))


def _nothing(en: str, zh: str) -> LamplitError:
    return LamplitError(problems.NO_SUBMISSION, reason=Text(en, zh))


class _Collector:
    """Gathers the parts as the parser meets them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.parts: list[Part] = []
        self.ended = False
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._on_end,
            "on_end": self._on_all,
        }

    def _begin(self) -> None:
        self._headers = {}
        if len(self.parts) >= MOST_PARTS:
            raise _nothing(f"it has over {MOST_PARTS} parts", f"超过 {MOST_PARTS} 个部分")

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._bounded()

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bounded()

    def _bounded(self) -> None:
        if len(self._header) + len(self._value) > MOST_HEADER or len(self._headers) > 20:
            raise _nothing("a part's header is too long", "某部分的头信息过长")

    def _on_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        media_type, _ = parse_options_header(self._headers.get(b"content-type", b""))
        file_name = options.get(b"filename")
        self.parts.append(
            Part(
                options.get(b"name", b"").decode("utf-8", "replace"),
                None if file_name is None else file_name.decode("utf-8", "replace"),
                media_type.decode("latin-1") or "application/octet-stream",
                _room(self.folder, self.stack),
            )
        )

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content.write(data[start:end])

    def _on_end(self) -> None:
        self.parts[-1].content.seek(0)

    def _on_all(self) -> None:
        self.ended = True
