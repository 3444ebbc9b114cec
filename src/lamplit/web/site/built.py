"""The files that `ui/` has built: which there are, and what a browser is told of each.

Vite names what it builds after its content, so an asset never changes under its name; all else
(the page, the service worker, the manifest) is asked for anew each time, by its ETag.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response

FOLDER = Path(__file__).resolve().parents[1] / "pages"
"""Where the build puts them; shipped in the wheel, absent in a bare checkout."""

INDEX = "index.html"
ASSETS = "assets/"
FOREVER = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"
PACKED = (("br", ".br"), ("gzip", ".gz"))
"""The encodings that a build may hold beside a file, the smaller first."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One built file: its path under the folder, and its packed variants by encoding."""

    path: str
    file: Path
    packed: dict[str, Path]

    @property
    def media_type(self) -> str:
        """What it is, by its last name; the machine's own tables are not asked for the usual."""
        suffix = self.file.suffix.lower()
        return TYPES.get(suffix) or mimetypes.guess_type(self.path)[0] or "application/octet-stream"

    @property
    def cache_control(self) -> str:
        """How long a browser may keep it."""
        return FOREVER if self.path.startswith(ASSETS) else ASKED_AGAIN


class Built:
    """The files of one build. A later build in the same folder is noticed by its page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._of: int | None = None
        self._files: dict[str, BuiltFile] = {}

    def find(self, path: str) -> BuiltFile | None:
        """The file at a path such as `assets/app-1a2b3c4d.js`; None where none was built.

        Only what a listing of the folder holds is ever opened, so that no path leads elsewhere.
        """
        made = self._made()
        if made != self._of:
            self._of, self._files = made, (_listed(self.folder) if made is not None else {})
        return self._files.get(path)

    def _made(self) -> int | None:
        try:
            return (self.folder / INDEX).stat().st_mtime_ns
        except OSError:
            return None


def _listed(folder: Path) -> dict[str, BuiltFile]:
    paths = {
        file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()
    }
    endings = tuple(ending for _, ending in PACKED)
    return {
        path: BuiltFile(path, file, {
            encoding: paths[path + ending] for encoding, ending in PACKED if path + ending in paths
        })
        for path, file in paths.items()
        if not path.endswith(endings)
    }  # fmt: skip


def response(found: BuiltFile, headers: Headers) -> Response:
    """The file as an answer, packed as the caller takes it."""
    taken = _encodings(headers.get("accept-encoding", ""))
    encoding = next((name for name, _ in PACKED if name in taken and name in found.packed), None)
    file = found.packed[encoding] if encoding else found.file
    body = file.read_bytes()
    told = {
        "Cache-Control": found.cache_control,
        "ETag": _tag(file, file.stat().st_mtime_ns),
        "Vary": "Accept-Encoding",
    }
    if encoding:
        told["Content-Encoding"] = encoding
    return Response(body, 200, told, found.media_type)


@lru_cache(maxsize=2048)
def _tag(file: Path, _made: int) -> str:
    """Weak: the same page may travel packed or not."""
    return f'W/"{hashlib.sha256(file.read_bytes()).hexdigest()[:24]}"'


def _encodings(header: str) -> set[str]:
    """What an Accept-Encoding takes (RFC 9110, 12.5.3); `q=0` means that it does not."""
    taken = set()
    for part in header[:500].split(","):
        name, _, weight = part.strip().partition(";")
        if weight.replace(" ", "").removeprefix("q=").rstrip("0").rstrip(".") != "" or not weight:
            taken.add(name.strip().lower())
    return taken
