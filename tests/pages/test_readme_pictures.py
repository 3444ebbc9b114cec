"""The README's pictures of pages are made by a command, and the command works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from rig import BUILT, ROOT

pytestmark = pytest.mark.slow
COMMAND = ROOT / "docs" / "pictures" / "pages.py"
MOST_BYTES = 300_000


@pytest.mark.skipif(not BUILT.is_file(), reason="the pages are not built: run `make ui`")
@pytest.mark.usefixtures("browser")
def test_the_pictures_of_the_readme_are_made_by_one_command(
    made_world: Path, tmp_path: Path
) -> None:
    shown = {
        name
        for readme in ("README.md", "README.zh-Hans.md")
        for name in re.findall(r"pictures/([\w.-]+\.jpg)", (ROOT / readme).read_text("utf-8"))
    }
    done = subprocess.run(
        [sys.executable, str(COMMAND), "--world", str(made_world), "--into", str(tmp_path)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = {one.name: one for one in tmp_path.glob("*.jpg")}
    assert made.keys() == shown
    looks = set()
    for name, file in made.items():
        assert file.stat().st_size <= MOST_BYTES, name
        with Image.open(file) as picture:
            assert picture.size == (1920, 1290), name
            small = picture.convert("RGB").resize((64, 43))
            assert len(small.getcolors(64 * 43) or []) > 100, f"{name} is nearly empty"
            looks.add(small.tobytes())
    assert len(looks) == len(made), "each language has its own"
