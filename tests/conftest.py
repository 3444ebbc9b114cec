"""Fixtures that every room's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from lamplit.store import database
from processes import ready  # noqa: F401 - a fixture
from statements import sharing_engine

# How long an example takes is the machine's matter; speed is measured in bench/.
settings.register_profile("lamplit", deadline=None)
settings.load_profile("lamplit")

TESTS = Path(__file__).resolve().parent
SHARED_DATA = TESTS.parents[1] / "shared" / "data"
LONGEST = (
    "engine/test_golden.py", "engine/test_driver_kills.py", "engine/test_faults.py",
    "engine/test_cluster.py", "docs/test_docs.py", "pages/test_every_page.py",
    "web/test_abuse.py", "replay/test_replay_run.py", "cli/test_demo.py",
    "openrosa/test_phone_kills.py", "web/test_permissions.py", "pages/test_phone.py",
    "replay/test_replay_command.py", "meters/test_kills.py", "pages/test_kept_looks.py",
    "openrosa/test_phone_contract.py", "web/test_chance.py", "services/test_courses.py",
    "services/test_night_rework.py", "pages/test_places_pages.py",
    "services/test_night_property.py", "planning/test_plan_honest.py",
    "field/test_assignment_machine.py", "services/test_explain.py",
    "pages/test_campaign_pages.py", "pages/test_enlarged_pages.py", "pages/test_motion.py",
    "openrosa/test_phone_submissions.py", "field/test_plans.py", "openrosa/test_phone_forms.py",
    "planning/test_plan_lists.py", "services/test_night_faults.py",
)  # fmt: skip
"""Files that take half a minute or more, the longest first."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real readings and files that lies beside the project; skips where absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real data not found at {SHARED_DATA}: this test reads files of others")
    return SHARED_DATA


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """A statement is compiled once for all stores that a test process makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", sharing_engine)
        yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where slow tests alone are wanted, files that have none are not even read."""
    wanted, path = config.getoption("markexpr"), collection_path
    if wanted == "slow" and path.name.startswith("test_") and path.suffix == ".py":
        return "slow" not in path.read_text("utf-8") or None
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files start first: no process waits for one at the end."""
    longest = {TESTS / name: at for at, name in enumerate(LONGEST)}
    assert all(path.is_file() for path in longest)
    items.sort(key=lambda item: longest.get(item.path, len(longest)))


class WholeFiles(LoadFileScheduling):
    """A process takes whole files, and all those of Spark are one process's.

    Three of them at once would each tell the story anew, on a cluster of its own, and crowd out
    everything else on two cores.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "tests/engine" if file.startswith("tests/engine/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return WholeFiles(config, log) if config.getoption("dist") == "loadfile" else None
