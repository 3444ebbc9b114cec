"""spark-submit on a cluster of processes, as docs/how-to/spark.md tells to do it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sparks import Sessions, set_in
from story import nights_alike

from lamplit.services.home import Home

pytestmark = pytest.mark.slow

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "spark.md"


def test_a_night_by_spark_submit_as_the_how_to_says(
    untold: Home, afresh: Home, sessions: Sessions, tmp_path: Path
) -> None:
    found = re.findall(r"```text\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    (command,) = [text for text in found if "spark-submit" in text]
    for told, here in (
        ("spark://head:7077", sessions.cluster), ("8g", "512m"), ("/shared/lamplit", untold.path),
    ):  # fmt: skip
        assert told in command
        command = command.replace(told, str(here))
    sessions.leave()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    around = os.environ | {"PATH": path, "PYSPARK_PYTHON": sys.executable}
    with set_in(untold):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command], cwd=tmp_path, env=around,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    nights_alike(untold, afresh)
