/** A building without its windows: roof, wall, slabs, stairwells, doors; and a closed front's shares. */
import { CELL_H, GUTTER, PILASTER, PLINTH } from "./fronts";
import { LOOK } from "./looks";
import { paneColour, type Scheme } from "./palette";
import type { Ink } from "./panes";
import type { Building, Gauge } from "./types";

/** At 0,0 in units of the façade; `fine` also draws what can't be seen from afar. */
export function drawHouse(ink: Ink, building: Building, scheme: Scheme, fine: boolean): void {
  const { width, wall } = building;
  const bottom = wall.y + wall.height;
  roof(ink, building, scheme, fine);
  const shade = ink.createLinearGradient(0, wall.y, 0, bottom);
  shade.addColorStop(0, scheme.wallTop);
  shade.addColorStop(1, scheme.wallFoot);
  ink.fillStyle = shade;
  ink.fillRect(0, wall.y, width, wall.height);
  if (scheme.name === "paper") {
    ink.strokeStyle = "#000";
    ink.lineWidth = 1.5;
    ink.strokeRect(0, wall.y, width, wall.height);
  } else {
    const side = ink.createLinearGradient(0, 0, width, 0);
    side.addColorStop(0, "rgb(255 255 255 / 10%)");
    side.addColorStop(0.12, "rgb(255 255 255 / 0%)");
    side.addColorStop(0.86, "rgb(0 0 0 / 0%)");
    side.addColorStop(1, "rgb(0 0 0 / 28%)");
    ink.fillStyle = side;
    ink.fillRect(0, wall.y, width, wall.height);
  }
  if (fine) {
    ink.fillStyle = scheme.slab;
    for (const row of building.rows) ink.fillRect(0, row.y + (row.kind === "break" ? 26 : CELL_H) - 2, width, 1.2);
    for (const unit of building.units.slice(1)) {
      ink.fillStyle = scheme.wallFoot;
      ink.fillRect(unit.x - PILASTER + 4, wall.y + 4, 6, wall.height - 4);
      ink.fillStyle = scheme.wallEdge;
      ink.fillRect(unit.x - PILASTER + 4, wall.y + 4, 0.8, wall.height - 4);
    }
  }
  ink.fillStyle = scheme.plinth;
  ink.fillRect(-4, bottom - PLINTH + 8, width + 8, PLINTH - 8);
  for (const unit of building.units) entrance(ink, unit.x + unit.width / 2, bottom, scheme, fine);
}

function roof(ink: Ink, building: Building, scheme: Scheme, fine: boolean): void {
  const y = building.wall.y;
  ink.fillStyle = scheme.wallTop;
  ink.strokeStyle = scheme.wallEdge;
  ink.lineWidth = 1;
  const box = (x: number, top: number, w: number, h: number) => {
    ink.fillRect(x, top, w, h);
    if (fine) ink.strokeRect(x, top, w, h);
  };
  for (const unit of building.units) {
    const middle = unit.x + unit.width / 2;
    box(middle - 22, y - 34, 44, 26);
    box(middle - 25, y - 37, 50, 5);
    if (fine && building.rows.length <= 12 && unit.width > 100) {
      for (const x of [middle + 30, middle - 58]) {
        ink.fill(new Path2D(`M${x} ${y - 9}l6-12h18l-6 12z`));
        box(x + 5, y - 25, 22, 5);
      }
    }
  }
  box(-8, y - 9, building.width + 16, 11);
  if (fine && scheme.name !== "paper") {
    const middle = building.units[0] ? building.units[0].x + building.units[0].width / 2 : building.width / 2;
    ink.fillStyle = scheme.wallEdge;
    ink.fillRect(middle - 0.8, y - 43, 1.6, 8);
    ink.fillStyle = "#ff6b6b";
    ink.beginPath();
    ink.arc(middle, y - 43, 2.4, 0, 7);
    ink.fill();
  }
}

function entrance(ink: Ink, middle: number, bottom: number, scheme: Scheme, fine: boolean): void {
  if (scheme.glow && fine) {
    const light = ink.createRadialGradient(middle, bottom - 16, 2, middle, bottom - 16, 36);
    light.addColorStop(0, `rgb(255 199 102 / ${45 * scheme.glow}%)`);
    light.addColorStop(1, "rgb(255 179 71 / 0%)");
    ink.fillStyle = light;
    ink.fillRect(middle - 36, bottom - 50, 72, 50);
  }
  const paper = scheme.name === "paper";
  ink.fillStyle = paper ? "#fff" : "#d79a4c";
  ink.fillRect(middle - 13, bottom - 33, 26, 33);
  if (paper) ink.strokeRect(middle - 13, bottom - 33, 26, 33);
  if (!fine) return;
  ink.fillStyle = "#5c3d17";
  ink.fillRect(middle - 0.75, bottom - 33, 1.5, 33);
  ink.fillStyle = scheme.wallTop;
  ink.fillRect(middle - 19, bottom - 38, 38, 5);
}

/**
 * A closed front: no windows, for none are known. The shares of its homes stand on each other from the
 * ground up like water in a glass, each with its own pattern; what is held back is crossed out.
 */
export function drawGauge(ink: Ink, building: Building, gauge: Gauge, scheme: Scheme): void {
  const first = building.rows[0];
  const last = building.rows.at(-1);
  if (!first || !last) return;
  const [x, y] = [GUTTER - 4, first.y];
  const [w, h] = [building.width - GUTTER - PILASTER + 8, last.y + CELL_H - 8 - first.y];
  ink.fillStyle = scheme.name === "paper" ? "#fff" : "#0d1226";
  ink.fillRect(x, y, w, h);
  const known = gauge.parts.reduce((sum, part) => sum + (part.homes ?? 0), 0);
  const hidden = gauge.homes - known;
  let at = y + h;
  const band = (share: number, paint: (top: number, tall: number) => void) => {
    const tall = (share * h) / Math.max(1, gauge.homes);
    if (tall <= 0) return;
    at -= tall;
    ink.save();
    ink.beginPath();
    ink.rect(x, at, w, tall);
    ink.clip();
    paint(at, tall);
    ink.restore();
    ink.fillStyle = scheme.name === "paper" ? "#000" : "rgb(255 255 255 / 22%)";
    ink.fillRect(x, at, w, 1.4);
  };
  for (const part of gauge.parts) {
    band(part.homes ?? 0, (top, tall) => {
      ink.fillStyle = scheme.name === "paper" ? "#fff" : paneColour(part.look);
      ink.fillRect(x, top, w, tall);
      if (part.look === LOOK.lived_in && scheme.name !== "paper") {
        const light = ink.createLinearGradient(0, top, 0, top + tall);
        light.addColorStop(0, "#ffdf9b");
        light.addColorStop(1, "#eb9c3c");
        ink.fillStyle = light;
        ink.fillRect(x, top, w, tall);
      } else pattern(ink, part.look, scheme, x, top, w, tall);
    });
  }
  band(hidden, (top, tall) => crossed(ink, scheme, x, top, w, tall));
  ink.strokeStyle = scheme.wallEdge;
  ink.lineWidth = 2;
  ink.strokeRect(x, y, w, h);
}

/** A texture over a whole band, never anything that looks like a window. */
function pattern(ink: Ink, look: number, scheme: Scheme, x: number, top: number, w: number, tall: number): void {
  const paper = scheme.name === "paper";
  ink.fillStyle = paper ? "#000" : "rgb(10 14 32 / 30%)";
  if (look === LOOK.dark && paper) ink.fillRect(x, top, w, tall);
  if (look === LOOK.low) for (let y = top + 4; y < top + tall; y += 8) ink.fillRect(x, y, w, 2);
  if (look === LOOK.micro) {
    ink.fillStyle = paper ? "#000" : "#8f9ac6";
    for (let y = top + 8; y < top + tall; y += 16) for (let at = x + 8; at < x + w; at += 16) ink.fillRect(at, y, 3, 3);
  }
  if (look === LOOK.unknown) {
    ink.strokeStyle = paper ? "#000" : "#4a5068";
    ink.lineWidth = 3;
    ink.beginPath();
    for (let at = -tall; at < w; at += 14) {
      ink.moveTo(x + at, top + tall);
      ink.lineTo(x + at + tall, top);
    }
    ink.stroke();
  }
}

export function crossed(ink: Ink, scheme: Scheme, x: number, y: number, w: number, h: number, step = 36): void {
  ink.fillStyle = scheme.name === "paper" ? "#fff" : "#3a4168";
  ink.fillRect(x, y, w, h);
  ink.strokeStyle = scheme.name === "paper" ? "#000" : "#737db0";
  ink.lineWidth = Math.min(4, step / 9);
  ink.beginPath();
  for (let at = -h; at < w; at += step) {
    ink.moveTo(x + at, y + h);
    ink.lineTo(x + at + h, y);
    ink.moveTo(x + at, y);
    ink.lineTo(x + at + h, y + h);
  }
  ink.stroke();
}
