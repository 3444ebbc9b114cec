"""The operator's own tiles under the map: asked for rightly, named, and nobody else."""

from __future__ import annotations

import io
import math
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from PIL import Image
from rig import Rig, axe, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
CREDIT = "River City Survey"
TILE = re.compile(r"/(\d+)/(\d+)/(\d+)\.png")
MIDDLE = """async () => {
  const map = await (await fetch("/api/v1/places/D1/map")).json();
  const at = [];
  const walk = (one) => typeof one[0] === "number" ? at.push(one) : one.forEach(walk);
  for (const one of map.features) if (one.geometry) walk(one.geometry.coordinates);
  const mid = (i) => (Math.min(...at.map((p) => p[i])) + Math.max(...at.map((p) => p[i]))) / 2;
  return [mid(0), mid(1)];
}"""


class Tiles(ThreadingHTTPServer):
    """A server of grey tiles that remembers what it was asked."""

    asked: list[str]


class Answer(BaseHTTPRequestHandler):
    """A tile for whoever asks; pages of another origin may read it."""

    picture: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(self.picture)

    def log_message(self, *said: object) -> None:
        """Say nothing."""


def serve_tiles() -> Iterator[Tiles]:
    with io.BytesIO() as out:
        Image.new("RGB", (256, 256), (180, 190, 180)).save(out, "PNG")
        Answer.picture = out.getvalue()
    server = Tiles(("127.0.0.1", 0), Answer)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


tiles = pytest.fixture(serve_tiles)
stranger = pytest.fixture(serve_tiles)


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile that a point lies in (EPSG:3857, counted from the north-west)."""
    wide = 2**zoom
    up = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((lon + 180) / 360 * wide), int((1 - up) / 2 * wide)


def middle_asked(page: Page, asked: Sequence[str]) -> bool:
    """Whether the tile in the middle of the map was asked for, at the closest zoom of any."""
    found = {tuple(map(int, at.groups())) for path in asked if (at := TILE.fullmatch(path))}
    lon, lat = page.evaluate(MIDDLE)
    zoom = max((z for z, _, _ in found), default=0)
    return (zoom, *tile_of(lon, lat, zoom)) in found


def test_the_map_asks_the_operator_s_tiles_names_their_source_and_asks_nobody_else(
    browser: Browser, made_world: Path, tmp_path: Path, tiles: Tiles, stranger: Tiles
) -> None:
    from playwright.sync_api import expect

    folder = tmp_path / "world"
    shutil.copytree(made_world, folder)
    host = f"http://127.0.0.1:{tiles.server_port}"
    toml = folder / "home" / "lamplit.toml"
    said = f'[web]\nmap_tiles = "{host}/{{z}}/{{x}}/{{y}}.png"\nmap_attribution = "{CREDIT}"'
    toml.write_text(toml.read_text("utf-8").replace("[web]", said), "utf-8")
    with serving(folder) as world:
        rig = Rig(browser, world)
        rig.watch.allow(re.escape(f"another host: {host}/"))
        page = rig.page_as("leader", path="/places/D1/map", language="en", width=1440)
        if page.locator(".failed").count():
            pytest.skip("this browser draws no WebGL")
        expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text(CREDIT)
        page.wait_for_function("() => document.querySelector('.canvas canvas')")
        for _ in range(100):
            if middle_asked(page, tiles.asked):
                break
            page.wait_for_timeout(100)
        assert middle_asked(page, tiles.asked), tiles.asked
        assert all(TILE.fullmatch(path) for path in tiles.asked), tiles.asked
        assert axe(page) == []
        # The policy lets the pages ask these tiles, and not the next port.
        policy = page.request.get("/").headers["content-security-policy"]
        assert re.findall(r"https?://\S+?(?=[\s;]|$)", policy) == [host, host]
        rig.watch.allow("Content Security Policy|another host: http://127.0.0.1")
        other = f"http://127.0.0.1:{stranger.server_port}/1/1/1.png"
        told = page.evaluate("(url) => fetch(url).then(() => 'answered', () => 'refused')", other)
        assert told == "refused"
        assert stranger.asked == []
        rig.close()
        rig.watch.check()
