"""Draws the façade of the README from the demo's town, in both languages.

    python docs/pictures/make.py [FOLDER OF A DEMO]

Without a folder the demo's town is made anew (about a minute).
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import datetime, time
from pathlib import Path

from lamplit.outbound.facade_svg import facade_svg
from lamplit.outbound.watermark import Watermark
from lamplit.services.demo import Demo, DemoOrder
from lamplit.services.demo_front import most_varied
from lamplit.services.facade import facade_of
from lamplit.services.home import Home

HERE = Path(__file__).resolve().parent
PURPOSE = {"en": "a picture; nobody in it exists", "zh": "示意图，其中住户均为虚构"}
FILES = {"en": "facade.svg", "zh": "facade.zh-Hans.svg"}
NIGHTS = 5
"""The first steps of the demo, up to the last night."""


def draw(demo: Demo) -> None:
    """Both pictures, of the building that the demo shows."""
    home = Home.open(demo.home)
    building = most_varied(home, demo.through)
    for language, name in FILES.items():
        os.environ["LAMPLIT_LANG"] = language  # names of places come in the process's language
        shown = facade_of(home, building, demo.through)
        mark = Watermark("lamplit", datetime.combine(demo.through, time(18)), PURPOSE[language])
        drawn = facade_svg(shown, "zh" if language == "zh" else "en", mark)
        (HERE / name).write_text(drawn, "utf-8")
        sys.stdout.write(f"{HERE / name}\n")


def main() -> None:
    """Make the town if need be, and draw."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch) / "demo"
        demo = Demo.open(DemoOrder(), folder)
        for step in demo.steps()[:NIGHTS]:
            step.work(lambda _done, _total: None)
        draw(demo)


if __name__ == "__main__":
    main()
