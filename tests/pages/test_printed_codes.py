"""The codes on paper, read back by a reader that knows nothing of how they were drawn."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest
from pypdfium2 import PdfDocument
from rig import ROOT, Rig
from sqlalchemy import select

from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign, place, place_code, task

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
POINTS = 72
"""To the inch, as a PDF counts."""
JSQR = ROOT / "ui" / "node_modules" / "jsqr" / "dist" / "jsQR.js"
READ = """async ([picture, dpi]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const met = new Set(), mm = dpi / 25.4, wide = Math.round(50 * mm);
  // All stand at the right edge: a camera goes down it, near for doors, further off for gates.
  for (const tall of [15, 40])
    for (let y = 0; y < image.height; y += Math.round(3 * mm)) {
      const { data } = pen.getImageData(image.width - wide, y, wide, Math.round(tall * mm));
      const code = jsQR(data, wide, Math.round(tall * mm), { inversionAttempts: "dontInvert" });
      if (code) met.add(code.data);
    }
  return [...met];
}"""


def read(page: Page, path: str, dpi: int) -> list[str]:
    """The codes on the pages of a PDF, as they were met."""
    answer = page.request.get(path)
    assert answer.headers["content-type"] == "application/pdf"
    met = []
    with PdfDocument(answer.body()) as paper:
        for sheet in paper:
            drawn = io.BytesIO()
            sheet.render(scale=dpi / POINTS).to_pil().save(drawn, "PNG")
            met += page.evaluate(READ, [base64.b64encode(drawn.getvalue()).decode(), dpi])
    return met


@pytest.mark.skipif(not JSQR.is_file(), reason="jsqr is not installed: ui/npm ci")
def test_the_codes_on_paper_are_those_of_their_doors_and_gates(shared_rig: Rig) -> None:
    page = shared_rig.page_as("leader", path="/account", language="en")
    page.evaluate(JSQR.read_text("utf-8"))
    base = f"/api/v1/campaigns/{SWEEP}"
    on_list = read(page, f"{base}/walk-list.pdf?building=B2", 250)
    on_chart = read(page, f"{base}/wall-chart.pdf", 150)
    with shared_rig.world.office.read(CLI) as tx:
        codes = {it.code: it for it in tx.conn.execute(select(place_code))}
        swept = tx.conn.execute(select(campaign).where(campaign.c.code == SWEEP)).one()
        block = tx.conn.execute(select(place).where(place.c.code == "B2")).one()
        doors = set(
            tx.conn.scalars(
                select(task.c.place_id)
                .where(task.c.campaign_id == swept.id, task.c.building_id == block.id)
                .where(task.c.state.in_(("requested", "accepted", "in_progress")))
            )
        )
    # Those of the doors that are left, and of the building's own sign.
    assert {codes[it].place_id for it in on_list} - {block.id} == {
        it.place_id for it in codes.values() if it.place_id in doors
    }
    assert len(doors) > 2
    assert {codes[it].place_id for it in on_chart} == {swept.place_id}
    # And they lead where the paper says: who scans the chart stands at that gate.
    gate = page.request.get(f"/api/v1/gates/{on_chart[0]}")
    assert gate.json()["id"] == swept.place_id
