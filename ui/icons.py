"""Draw the icons of the installed app from `public/icon.svg`, by a Chromium: `python ui/icons.py`.

Launchers want PNG. The maskable one has the picture within the circle that every launcher leaves.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

PUBLIC = Path(__file__).parent / "public"
SIZES = {"icon-192.png": (192, 0.0), "icon-512.png": (512, 0.0), "icon-maskable.png": (512, 0.14),
         "apple-touch-icon.png": (180, 0.06)}  # fmt: skip
GROUND = "#10142c"


def main() -> None:
    """Write every size anew."""
    svg = (PUBLIC / "icon.svg").read_text("utf-8")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (size, margin) in SIZES.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            ground = GROUND if margin else "transparent"
            page.set_content(
                f"<body style='margin:0;padding:{size * margin}px;background:{ground}'>{svg}"
                f"<style>svg{{display:block;width:{size * (1 - 2 * margin)}px}}</style>"
            )
            page.screenshot(path=str(PUBLIC / name), omit_background=not margin)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
