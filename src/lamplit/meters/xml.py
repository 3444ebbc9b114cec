"""XML read as a stream, in bounded memory, with everything that XML can be abused for shut off.

No entity is resolved, no DTD loaded, nothing fetched; a file with any DOCTYPE is refused before
its first element. libxml2's own limits stay on (`huge_tree=False`): 256 levels, 10 MB of text in
a node. Two more are ours, because a tree that nobody empties grows with the file: the bytes since
the reader last emptied something, and the length of one tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Literal

from lxml import etree

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import layouts_xml as problems

PIECE = 1 << 18
PROLOG = 1 << 16
UNEMPTIED_LIMIT = 16 << 20
TAG_LIMIT = 1 << 20

Event = Literal["start", "end", "piece"]

_PROLOG = re.compile(r"\ufeff?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ROOT = re.compile(r"<([^\s/>!?]+)")
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)


class XmlStream:
    """The chosen elements of one XML file, as they open and close.

    `tags` are `{namespace}name` or `{*}name`. Iterating yields ("start" | "end", element), and
    ("piece", None) after each piece of the file, so that a reader can empty an element that is
    still open. A reader that empties something says so with `emptied()`.

    Raises LamplitError `layout.xml.document-type`, `layout.xml.wrong-root`, `layout.xml.broken`
    or `layout.xml.too-large-a-part`, with the line.
    """

    def __init__(
        self, stream: BinaryIO, name: str, tags: Sequence[str], roots: Sequence[str] = ()
    ) -> None:
        self._stream = stream
        self._name = name
        self._roots = tuple(roots)
        self._since_emptied = 0
        self._since_tag_end = 0
        self._seen_element = False
        self.root = ""
        """The root's local name, once the file has been opened."""
        self._parser = etree.XMLPullParser(
            events=("start", "end"),
            tag=tuple(tags),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            remove_blank_text=True,
        )

    def __iter__(self) -> Iterator[tuple[Event, Any]]:
        piece = self._head()
        self._check_prolog(piece[:PROLOG])
        while piece:
            self._check_size(piece)
            yield from self._fed(piece)
            yield "piece", None
            piece = self._stream.read(PIECE)
        self._close()

    def emptied(self) -> None:
        """The reader has let go of what came before."""
        self._since_emptied = 0

    def where(self, line: int | None) -> str:
        """A place for messages: `july.xml, line 12`."""
        return f"{self._name}, line {line}" if line else self._name

    def wrong_root(self, expected: Sequence[str], line: int | None = None) -> LamplitError:
        """The error that says that this is another kind of XML."""
        names = " / ".join(f"<{name}>" for name in expected)
        return LamplitError(
            problems.WRONG_ROOT, where=self.where(line), found=self.root[:60], expected=names
        )

    def _head(self) -> bytes:
        """The first piece; a stream from an archive may give it in crumbs."""
        head = b""
        while len(head) < PROLOG and (more := self._stream.read(PIECE)):
            head += more
        return head

    def _fed(self, piece: bytes) -> Iterator[tuple[Literal["start", "end"], Any]]:
        try:
            self._parser.feed(piece)
        except etree.XMLSyntaxError as error:
            raise self._broken(error) from error
        for event, element in self._parser.read_events():
            if not self._seen_element:
                self._seen_element = True
                self._check_docinfo(element)
            yield event, element

    def _check_docinfo(self, element: Any) -> None:
        """The second guard: a DOCTYPE behind a prolog too long for the first."""
        if element.getroottree().docinfo.internalDTD is not None:
            raise LamplitError(problems.DOCUMENT_TYPE, where=self._name)

    def _close(self) -> None:
        try:
            self._parser.close()
        except etree.XMLSyntaxError as error:
            raise self._broken(error) from error

    def _broken(self, error: Any) -> LamplitError:
        line = error.position[0] if error.position else None
        reason = (error.msg or "not XML").strip().rstrip(".")
        return LamplitError(problems.BROKEN, where=self.where(line), reason=reason)

    def _check_prolog(self, head: bytes) -> None:
        """Refuse a DOCTYPE, and a root that was not expected, before the parser sees either."""
        text = decoded(head)
        after = _PROLOG.match(text)
        rest = text[after.end() :] if after else text
        if rest[:9].upper() == "<!DOCTYPE":
            raise LamplitError(problems.DOCUMENT_TYPE, where=self.where(_line(text, rest)))
        root = _ROOT.match(rest)
        self.root = root.group(1).rpartition(":")[2] if root else ""
        if self._roots and root and self.root not in self._roots:
            raise self.wrong_root(self._roots, _line(text, rest))

    def _check_size(self, piece: bytes) -> None:
        self._since_emptied += len(piece)
        last = piece.rfind(b">")
        self._since_tag_end = (
            self._since_tag_end + len(piece) if last < 0 else len(piece) - last - 1
        )
        if self._since_emptied > UNEMPTIED_LIMIT or self._since_tag_end > TAG_LIMIT:
            raise LamplitError(
                problems.TOO_LARGE,
                where=self._name,
                megabytes=UNEMPTIED_LIMIT >> 20,
                tag_megabytes=TAG_LIMIT >> 20,
            )


def decoded(head: bytes) -> str:
    """The start of an XML file as text, by its mark or its declaration; never fails.

    >>> decoded('<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"))[-4:]
    '<a/>'
    """
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    if not encoding:
        declared = _DECLARED.match(head.lstrip())
        encoding = declared.group(1).decode("ascii") if declared else "utf-8"
    try:
        return head.decode(encoding, "replace").removeprefix("\ufeff")
    except LookupError:
        return head.decode("latin-1")


def root_of(head: bytes) -> tuple[str, str]:
    """The root element's local name and its opening tag's text; ("", "") when it is not XML."""
    text = decoded(head)
    after = _PROLOG.match(text)
    rest = text[after.end() :] if after else text
    root = _ROOT.match(rest)
    if root is None:
        return "", ""
    return root.group(1).rpartition(":")[2], rest[: rest.find(">") + 1]


def forget(element: Any) -> None:
    """Empty an element that has ended, and drop it and what stood before it from its parent."""
    element.clear()
    parent = element.getparent()
    if parent is None:
        return
    while element.getprevious() is not None:
        del parent[0]


def excerpt(element: Any, limit: int = 200) -> str:
    """An element as the file has it, namespaces left out, cut at `limit` characters."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    bare = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text)
    return re.sub(r"\s+", " ", bare)[:limit]


def _line(text: str, rest: str) -> int:
    return text.count("\n", 0, len(text) - len(rest)) + 1
