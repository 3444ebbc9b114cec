/** Names on the picture, as far as there is room for them at this distance. */
import { DOORS, NAMED, type Screen } from "./camera";
import { CELL_H, GUTTER, PANE_H, PANE_W, PLINTH } from "./fronts";
import type { Scheme } from "./palette";
import type { Building, Standing } from "./types";

/** What the page says; the picture itself has no language. */
export interface Naming {
  unit: (name: string) => string;
  building: (building: Building) => string;
  /** A second line under a building, where there is one. */
  caption: (building: Building) => { text: string; alarm: boolean } | null;
  font: string;
}
type ToScreen = (x: number, y: number) => { x: number; y: number };

export function drawLabels(
  ink: CanvasRenderingContext2D, seen: readonly Standing[], to: ToScreen, scale: number, screen: Screen, scheme: Scheme, naming: Naming,
): void {
  ink.textAlign = "center";
  ink.textBaseline = "alphabetic";
  for (const standing of seen) {
    names(ink, standing, to, scale, scheme, naming);
    if (scale >= NAMED) floors(ink, standing, to, scale, screen, scheme, naming);
    if (scale >= DOORS) doors(ink, standing, to, scale, screen, scheme, naming);
  }
}

function names(ink: CanvasRenderingContext2D, standing: Standing, to: ToScreen, scale: number, scheme: Scheme, naming: Naming): void {
  const { building } = standing;
  const room = (building.width + 70) * scale;
  if (room < 18) return;
  const foot = to(standing.x + building.width / 2, standing.y + building.height);
  const size = room > 90 ? 13 : 11;
  const light = scheme.name === "paper" ? "#000" : "#f3eee0";
  ink.font = `650 ${size}px ${naming.font}`;
  const full = naming.building(building);
  const text = ink.measureText(full).width <= room ? full : building.code.replace(/^.*[-_]/, "");
  if (ink.measureText(text).width > room) return;
  ink.fillStyle = light;
  haloed(ink, scheme, text, foot.x, foot.y + size + Math.min(10, 14 * scale + 3));
  const caption = naming.caption(building);
  if (!caption) return;
  ink.font = `500 11.5px ${naming.font}`;
  if (ink.measureText(caption.text).width > room) return;
  ink.fillStyle = scheme.name === "paper" ? "#000" : caption.alarm ? "#ffb3c1" : "#d3cfe6";
  haloed(ink, scheme, caption.text, foot.x, foot.y + size + Math.min(10, 14 * scale + 3) + 15);
}

/** Letters that can be read on pavement and sky alike. */
function haloed(ink: CanvasRenderingContext2D, scheme: Scheme, text: string, x: number, y: number): void {
  if (scheme.name !== "paper") {
    ink.strokeStyle = "rgb(16 20 44 / 78%)";
    ink.lineWidth = 3.5;
    ink.lineJoin = "round";
    ink.strokeText(text, x, y);
  }
  ink.fillText(text, x, y);
}

function floors(ink: CanvasRenderingContext2D, standing: Standing, to: ToScreen, scale: number, screen: Screen, scheme: Scheme, naming: Naming): void {
  const { building } = standing;
  ink.fillStyle = scheme.wallInk;
  ink.font = `500 ${Math.min(15, Math.max(9.5, 13 * scale))}px ${naming.font}`;
  ink.textAlign = "right";
  for (const row of building.rows) {
    const at = to(standing.x + GUTTER - 6, standing.y + row.y + CELL_H / 2);
    if (at.y > -10 && at.y < screen.height + 10) ink.fillText(row.label, at.x, at.y);
  }
  ink.textAlign = "center";
  for (const unit of building.units) {
    if (!unit.name) continue;
    const at = to(standing.x + unit.x + unit.width / 2, standing.y + building.height - PLINTH + 20);
    const text = naming.unit(unit.name);
    if (ink.measureText(text).width <= unit.width * scale) ink.fillText(text, at.x, at.y);
  }
}

function doors(ink: CanvasRenderingContext2D, standing: Standing, to: ToScreen, scale: number, screen: Screen, scheme: Scheme, naming: Naming): void {
  ink.fillStyle = scheme.wallInk;
  ink.font = `500 ${Math.min(18, 12 * scale)}px ${naming.font}`;
  for (const pane of standing.building.panes) {
    const at = to(standing.x + pane.x + PANE_W / 2, standing.y + pane.y + PANE_H + 14);
    if (at.x < -30 || at.x > screen.width + 30 || at.y < -10 || at.y > screen.height + 20) continue;
    const text = pane.door.length > 7 ? `${pane.door.slice(0, 6)}…` : pane.door;
    ink.fillText(text, at.x, at.y);
  }
}
