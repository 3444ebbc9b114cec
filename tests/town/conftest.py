"""Towns made once for the tests of this folder."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplit.services.town import TownRequest, make_town


@dataclass
class TownFolder:
    """A town's folder, read back."""

    path: Path
    truth: pa.Table

    def readings(self) -> pa.Table:
        """All of the first delivery."""
        return pa.concat_tables([pq.read_table(p) for p in sorted(self.path.glob("readings/*"))])


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """Makes a town by its request, once per request."""
    made: dict[tuple, TownFolder] = {}

    def make(homes=120, days=20, seed=5, **rest) -> TownFolder:
        key = (homes, days, seed, *sorted(rest.items()))
        if key not in made:
            path = tmp_path_factory.mktemp("town") / "t"
            make_town(TownRequest(homes, days, seed, **rest), path)
            made[key] = TownFolder(path, pq.read_table(path / "truth.parquet"))
        return made[key]

    return make
