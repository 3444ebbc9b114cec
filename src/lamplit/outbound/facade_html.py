"""A façade as a page of its own: the picture, what the focused window says, and a table.

No links and no requests: the page works from a file, offline. Without scripts every window can
still be reached with the tab key and has its text; scripts add arrow keys and the line below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lamplit.domain.language import Language, Text
from lamplit.domain.words import EVENT_TEXT, STATE_TEXT, HomeState
from lamplit.outbound.facade import (
    Facade,
    Front,
    Place,
    floor_label,
    front_of,
    percent,
    place_text,
    summary,
)
from lamplit.outbound.facade_parts import PANE_H, PANE_W
from lamplit.outbound.facade_svg import facade_svg, legend_items, picture_width
from lamplit.outbound.markup import FONTS, day_text, safe
from lamplit.outbound.palette import DUSK, NIGHT
from lamplit.outbound.watermark import Watermark

LEAST_SCALE = 0.78
"""Door numbers stay readable down to this; a narrower screen scrolls the front instead."""

AS_OF = Text("as of {day}", "截至{day}")
HINT = Text(
    "Point at a window, or tab to the building and use the arrow keys.",
    "指向窗户，或用 Tab 键进入楼面后按方向键查看。",
)
FRONT = Text("The building's front; scrolls sideways", "楼面图，可左右滚动")
LEGEND = Text("What the windows mean", "图例")
TABLE = Text("The same as a table", "表格形式")
HEADINGS = (
    Text("Unit", "单元"),
    Text("Floor", "楼层"),
    Text("Door", "门牌"),
    Text("State", "状态"),
    Text("Since", "起始日"),
    Text("Event", "事件"),
    Text("Likely empty", "无人概率"),
)


@dataclass(frozen=True, slots=True)
class _Page:
    facade: Facade
    front: Front
    language: Language
    watermark: Watermark | None

    def say(self, text: Text, **fields: object) -> str:
        return safe(text.say(self.language, **fields))

    def mark(self) -> str:
        return safe(self.watermark.line(self.language)) if self.watermark else ""


def facade_html(facade: Facade, language: Language, watermark: Watermark | None = None) -> str:
    """The page as HTML text. Raises LamplitError `outbound.no-windows`."""
    page = _Page(facade, front_of(facade), language, watermark)
    least = picture_width(page.front, embedded=True) * LEAST_SCALE
    lang = "zh-Hans" if language == "zh" else "en"
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{lang}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="dark light"><meta name="robots" content="noindex">',
            f"<title>{safe(facade.name)} · {facade.as_of.isoformat()}</title>",
            f"<style>{_STYLE}</style></head><body><main>",
            *_header(page),
            f'<div class="front" role="region" tabindex="0" aria-label="{page.say(FRONT)}"'
            f'><div class="stage" style="--least:{least:.0f}px">',
            facade_svg(facade, language, embedded=True),
            "</div></div>",
            f'<p class="says" id="says" aria-live="polite">{page.say(HINT)}</p>',
            *_legend(page),
            *_table(page),
            f"<footer>{page.mark()}</footer></main>",
            f"<script>{_SCRIPT}</script></body></html>",
            "",
        ]
    )


def _header(page: _Page) -> Iterator[str]:
    facade = page.facade
    day = page.say(AS_OF, day=day_text(facade.as_of, page.language))
    community = safe(facade.community_name)
    below = f"{community} · {day}" if community else day
    yield f"<header><h1>{safe(facade.name)}</h1><p>{below}</p>"
    yield f'<p class="sum">{safe(summary(facade, page.language))}</p>'
    yield f'<p class="mark paper">{page.mark()}</p></header>'


def _legend(page: _Page) -> Iterator[str]:
    yield f'<section aria-label="{page.say(LEGEND)}"><ul class="legend">'
    for drawing, label, count in legend_items(page.facade, page.language):
        box = "-12 -12 24 24" if drawing.startswith("b-") else f"-3 -3 {PANE_W + 6} {PANE_H + 6}"
        yield (
            f'<li><svg viewBox="{box}" aria-hidden="true" focusable="false">'
            f'<use href="#{drawing}"/></svg><b>{count:,}</b> {safe(label)}</li>'
        )
    yield "</ul></section>"


def _table(page: _Page) -> Iterator[str]:
    head = "".join(f'<th scope="col">{page.say(text)}</th>' for text in HEADINGS)
    yield f'<details><summary>{page.say(TABLE)}</summary><div class="scroll" tabindex="0" '
    yield f'role="region" aria-label="{page.say(TABLE)}"><table>'
    yield f"<caption>{safe(summary(page.facade, page.language))}</caption>"
    yield f"<thead><tr>{head}</tr></thead><tbody>"
    for place in page.front.places:
        yield _row(page, place)
    yield f'</tbody><tfoot><tr><td colspan="{len(HEADINGS)}">{page.mark()}</td></tr></tfoot>'
    yield "</table></div></details>"


def _row(page: _Page, place: Place) -> str:
    window = place.window
    known = window.state is not HomeState.UNKNOWN
    since = day_text(window.since, page.language, page.facade.as_of) if window.since else ""
    chance = percent(window.probability) if known and window.probability is not None else ""
    cells = (
        safe(window.unit),
        floor_label(window.floor) if window.floor is not None else "?",
        f'<th scope="row" title="{safe(place_text(page.facade, window))}">{safe(window.door)}</th>',
        page.say(STATE_TEXT[window.state]),
        safe(since) if known else "",
        page.say(EVENT_TEXT[window.event]),
        safe(chance),
    )
    filled = (cell if cell.startswith("<th") else f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="{window.state.word}">{"".join(filled)}</tr>'


_STYLE = (
    f":root{{color-scheme:dark light;--bg:{NIGHT.panel};--ink:{NIGHT.panel_ink};"
    f"--soft:{NIGHT.panel_soft};--line:#39416a;--focus:#ffd479}}"
    f"@media (prefers-color-scheme:light){{:root{{--bg:{DUSK.panel};--ink:{DUSK.panel_ink};"
    f"--soft:{DUSK.panel_soft};--line:#c9c4b6;--focus:#7a4b00}}}}"
    "*{box-sizing:border-box}"
    f"body{{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 {FONTS}}}"
    "main{max-width:1100px;margin:0 auto;padding:20px 16px 40px}"
    "h1{font-size:clamp(1.5rem,5vw,2.2rem);line-height:1.2;margin:0;overflow-wrap:anywhere}"
    "header p{margin:4px 0 0;color:var(--soft);overflow-wrap:anywhere}"
    "header .sum{color:var(--ink);margin-bottom:14px}"
    ".front{overflow-x:auto;border-radius:14px}"
    ".stage{overflow:hidden;min-width:var(--least,0)}"
    ".stage>svg{display:block;margin:0 auto;max-width:100%;height:auto;overflow:visible;"
    "min-width:var(--least,0)}"
    ":focus-visible{outline:3px solid var(--focus);outline-offset:2px}"
    ".says{position:sticky;bottom:0;margin:0;padding:10px 12px;background:var(--bg);"
    "border-bottom:1px solid var(--line);min-height:3.2em;overflow-wrap:anywhere}"
    ".legend{list-style:none;display:grid;gap:10px 18px;margin:18px 0;padding:0;"
    "grid-template-columns:repeat(auto-fill,minmax(172px,1fr))}"
    ".legend li{display:flex;align-items:center;gap:8px}"
    ".legend svg{width:38px;height:30px;flex:none;overflow:visible}"
    "summary{cursor:pointer;padding:10px 0;font-weight:600}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:15px}"
    "caption{text-align:left;color:var(--soft);padding:4px 0 8px}"
    "th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);"
    "white-space:nowrap;font-variant-numeric:tabular-nums}"
    "tr.dark th,tr.micro th{font-weight:800}"
    "footer{margin-top:24px;font-size:13px;color:var(--soft);overflow-wrap:anywhere}"
    ".paper,tfoot{display:none}tfoot td{white-space:normal;font-size:8pt}"
    # Each printed page of the table repeats its foot, so the watermark is on every sheet.
    "@media print{.paper{display:block;font-size:8pt}tfoot{display:table-footer-group}"
    "footer{display:none}body{background:#fff;color:#000;font-size:11pt}main{padding:0;max-width:none}"
    ".front{overflow:visible}.stage>svg{overflow:hidden;max-height:230mm;width:auto;max-width:100%;min-width:0}"
    ".says,summary{display:none}header p,footer,caption{color:#000}"
    "table{font-size:9pt}tr{break-inside:avoid}th,td{border-color:#999}}"
)

# Arrow keys go to the nearest window in their direction, by where it stands on the screen.
_SCRIPT = """
(function () {
  var all = Array.prototype.slice.call(document.querySelectorAll(".win"));
  var says = document.getElementById("says");
  if (!all.length) return;
  function middle(el) {
    var box = el.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }
  function tell(el) { says.textContent = el.getAttribute("aria-label"); }
  function enter(el) {
    all.forEach(function (other) { other.setAttribute("tabindex", other === el ? "0" : "-1"); });
  }
  function next(el, dx, dy) {
    var from = middle(el), best = null, least = Infinity;
    all.forEach(function (other) {
      var to = middle(other), x = to.x - from.x, y = to.y - from.y;
      var ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (ahead < 4) return;
      var far = ahead + 3 * aside;
      if (far < least) { least = far; best = other; }
    });
    return best;
  }
  var moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  all.forEach(function (el) {
    el.addEventListener("focus", function () { enter(el); tell(el); });
    el.addEventListener("mouseenter", function () { tell(el); });
    el.addEventListener("click", function () { el.focus(); });
    el.addEventListener("keydown", function (event) {
      var to = moves[event.key] ? next(el, moves[event.key][0], moves[event.key][1]) :
        event.key === "Home" ? all[0] : event.key === "End" ? all[all.length - 1] : null;
      if (!to) return;
      event.preventDefault();
      to.focus();
      if (to.scrollIntoView) to.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  });
  enter(all[0]);
  var table = document.querySelector("details");
  window.addEventListener("beforeprint", function () { table.open = true; });
})();
"""
