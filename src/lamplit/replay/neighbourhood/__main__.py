"""`python -m lamplit.replay.neighbourhood FOLDER`: a small one, to look at pages with."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime
from pathlib import Path

from lamplit.replay.neighbourhood.cast import ACCOUNTS, PASSWORD
from lamplit.replay.neighbourhood.small import make_small


def main() -> None:
    """Make it, and say how to serve it."""
    parser = argparse.ArgumentParser(prog="python -m lamplit.replay.neighbourhood")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--homes", type=int, default=320)
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--now", type=datetime.fromisoformat, help="the story's end, with a zone")
    asked = parser.parse_args()
    started = time.monotonic()
    told = make_small(asked.folder, homes=asked.homes, seed=asked.seed, now=asked.now)
    took = time.monotonic() - started
    sys.stderr.write(f"{told.en} ({took:.1f} s)\n")
    for one in ACCOUNTS:
        sys.stdout.write(f"{one.username:12} {PASSWORD}\n")
    sys.stdout.write(f"lamplit serve --home {asked.folder / 'home'}\n")


if __name__ == "__main__":
    main()
