"""What printed pages share: a sheet to draw on, the font, QR codes, boxes to tick.

Measures are millimetres from the upper left corner; type sizes are points.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import segno
from reportlab.lib.pagesizes import A3, A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

MM = 72 / 25.4
FONT, FALLBACK = "lamplit", "STSong-Light"
FILE = Path(__file__).parent / "fonts" / "NotoSansSC-subset.ttf"
INK, SOFT, LINE, FILL = "#16181d", "#555b66", "#c4c8cf", "#dfe2e7"
Size = Literal["a4", "a4-landscape", "a3-landscape"]
SIZES = {"a4": A4, "a4-landscape": landscape(A4), "a3-landscape": landscape(A3)}


@cache
def _covered() -> frozenset[int]:
    """The characters of the font that comes along; it is made known to the printer here."""
    font = TTFont(FONT, str(FILE))
    pdfmetrics.registerFont(font)
    pdfmetrics.registerFont(UnicodeCIDFont(FALLBACK))
    return frozenset(font.face.charToGlyph)


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """(font, part) of a text: what the font lacks is left to the viewer's own."""
    covered = _covered()
    font, part = FONT, ""
    for letter in text:
        # The viewer's fonts are asked for by two bytes; what lies beyond gets the printers' mark.
        sign = letter if ord(letter) <= 0xFFFF or ord(letter) in covered else "〓"
        wanted = FONT if ord(sign) in covered else FALLBACK
        if wanted != font and part:
            yield font, part
            part = ""
        font, part = wanted, part + sign
    if part:
        yield font, part


def width_of(text: str, size: float) -> float:
    """How wide a text is, in millimetres."""
    points = sum(pdfmetrics.stringWidth(part, font, size) for font, part in _runs(text))
    return float(points) / MM


def fitted(text: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis where it is wider than `room`."""
    if width_of(text, size) <= room:
        return text
    while text and width_of(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def wrapped(text: str, size: float, room: float) -> list[str]:
    """The text in lines no wider than `room`; breaks at spaces, or between Chinese signs."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and width_of(line + piece.rstrip(), size) > room:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    word = ""
    for sign in text:
        word += sign
        if sign == " " or ord(sign) > 0x2E7F:
            yield word
            word = ""
    if word:
        yield word


class Paper:
    """A document that is drawn page by page."""

    def __init__(self, size: Size, title: str, author: str) -> None:
        _covered()
        self.stream = io.BytesIO()
        self.canvas = Canvas(self.stream, pagesize=SIZES[size], pageCompression=1, invariant=0)
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setCreator("lamplit")
        self.width, self.height = SIZES[size][0] / MM, SIZES[size][1] / MM

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = INK,
        align: Literal["left", "right", "middle"] = "left",
        strong: bool = False,
    ) -> None:
        """One line, its baseline at y. `strong` thickens the strokes: one weight comes along."""
        shift = {"left": 0.0, "right": 1.0, "middle": 0.5}[align] * width_of(text, size)
        line = self.canvas.beginText((x - shift) * MM, (self.height - y) * MM)
        line.setFillColor(colour)
        line.setStrokeColor(colour)
        self.canvas.setLineWidth(size * 0.025)
        line.setTextRenderMode(2 if strong else 0)
        for font, part in _runs(text):
            line.setFont(font, size)
            line.textOut(part)
        line.setTextRenderMode(0)
        self.canvas.drawText(line)

    def rule(
        self, x1: float, y: float, x2: float, *, weight: float = 0.4, colour: str = LINE
    ) -> None:
        """A level line."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(weight)
        self.canvas.line(x1 * MM, (self.height - y) * MM, x2 * MM, (self.height - y) * MM)

    def box(self, x: float, y: float, side: float, *, ticked: bool = False) -> None:
        """A box to tick, its upper left corner at (x, y); one that is done is filled and ticked."""
        self.canvas.setStrokeColor(INK)
        self.canvas.setLineWidth(0.6)
        self.canvas.setFillColor(FILL if ticked else "#ffffff")
        top = self.height - y
        self.canvas.rect(x * MM, (top - side) * MM, side * MM, side * MM, fill=1)
        if ticked:
            path = self.canvas.beginPath()
            path.moveTo((x + side * 0.2) * MM, (top - side * 0.55) * MM)
            path.lineTo((x + side * 0.42) * MM, (top - side * 0.78) * MM)
            path.lineTo((x + side * 0.82) * MM, (top - side * 0.22) * MM)
            self.canvas.setLineWidth(0.9)
            self.canvas.drawPath(path, stroke=1, fill=0)

    def band(self, x: float, y: float, wide: float, high: float, colour: str = FILL) -> None:
        """A filled rectangle."""
        self.canvas.setFillColor(colour)
        self.canvas.rect(x * MM, (self.height - y - high) * MM, wide * MM, high * MM,
                         fill=1, stroke=0)  # fmt: skip

    def qr(self, x: float, y: float, side: float, code: str) -> None:
        """A QR code with its quiet zone, drawn as squares so that it prints sharp."""
        rows = list(segno.make(code, error="m", micro=False).matrix)
        cell = side / (len(rows) + 8)
        self.canvas.setFillColor("#000000")
        path = self.canvas.beginPath()
        for at, row in enumerate(rows):
            for number, dark in enumerate(row):
                if dark:
                    left, low = x + (number + 4) * cell, self.height - y - (at + 5) * cell
                    path.rect(left * MM, low * MM, cell * MM, cell * MM)
        self.canvas.drawPath(path, stroke=0, fill=1)

    def next_page(self) -> None:
        """Finish this page."""
        self.canvas.showPage()

    def finished(self) -> bytes:
        """The document."""
        self.canvas.save()
        return self.stream.getvalue()
