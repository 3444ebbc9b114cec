"""Write what the pages are built from: the API's OpenAPI document and the domain's own words.

    python ui/contract.py      # ui/openapi.json, ui/forms.json, ui/src/language/domain.json and
                               # ui/src/parts/password/policy.json

So the pages can't call a route that isn't there, nor say of a state what the domain does not say.
The forms of the programmes are for the tests of the phone's form.
"""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from types import ModuleType

from lamplit.domain import field, passwords, words
from lamplit.domain.language import Text
from lamplit.domain.spoken import SPOKEN
from lamplit.domain.words import HomeEvent, HomeState, Quality
from lamplit.meters import quarantine
from lamplit.meters.layouts import layouts
from lamplit.programmes.form import xform
from lamplit.programmes.load import catalogue
from lamplit.web.app import described

HERE = Path(__file__).parent


def said() -> dict[str, dict[str, dict[str, str]]]:
    """Every table of words of the domain: `{"role": {"leader": {"en": …, "zh": …}}}`."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for module in (field, words):
        found |= _tables(module)
    found["weakness"] = {
        name: {"en": text.en, "zh": text.zh} for name, text in passwords.WEAKNESSES.items()
    }
    found["rejection"] = {
        code: {"en": text.en, "zh": text.zh} for code, text in quarantine.REASONS.items()
    }
    found["layout"] = {
        name: {"en": one.label.en, "zh": one.label.zh} for name, one in layouts().items()
    }
    found["spoken"] = {code: {"en": text.en, "zh": text.zh} for code, text in SPOKEN.items()}
    return found


def policy() -> dict[str, object]:
    """Which passwords are taken, for pages that tell it while somebody types."""
    return {
        "least": passwords.LEAST, "most": passwords.MOST, "runs": passwords.RUNS_OF_KEYS,
        "known": sorted(passwords.KNOWN), "names": passwords.HOUSE_NAMES,
    }  # fmt: skip


def _tables(module: ModuleType) -> dict[str, dict[str, dict[str, str]]]:
    tables = {}
    for name, table in vars(module).items():
        if not (name.endswith("_TEXT") and isinstance(table, dict)):
            continue
        tables[name.removesuffix("_TEXT").lower()] = {
            _key(key): {"en": text.en, "zh": text.zh}
            for key, text in table.items()
            if isinstance(key, Enum) and isinstance(text, Text)
        }
    return tables


def _key(key: Enum) -> str:
    """As the API writes it: the numbers of the lake by their names."""
    if isinstance(key, HomeState | HomeEvent):
        return key.word
    return key.name.lower() if isinstance(key, Quality) else str(key.value).lower()


def write(path: Path, content: object) -> None:
    """As JSON, and only where it changed, so that nothing is built anew in vain."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    write(HERE / "openapi.json", described())
    write(HERE / "forms.json", {name: xform(pack) for name, pack in catalogue().items()})
    write(HERE / "src" / "language" / "domain.json", said())
    write(HERE / "src" / "parts" / "password" / "policy.json", policy())
