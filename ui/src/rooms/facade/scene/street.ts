/** Buildings along streets, as many streets above each other as fill the screen best. */
import type { Building, Pane, Standing, Street, World } from "./types";
import { PANE_H, PANE_W } from "./fronts";

const GAP = 84;
const SIDE = 150;
/** Sky over the tallest roof of a street, and pavement under its houses. */
export const OVER = 70;
export const PAVEMENT = 120;
const MOST_STREETS = 14;

/** `aspect` is the width of the screen by its height. */
export function worldOf(buildings: readonly Building[], aspect: number): World {
  let best: { rows: Building[][]; fit: number } | null = null;
  for (let count = 1; count <= Math.min(MOST_STREETS, Math.max(1, buildings.length)); count++) {
    const rows = wrapped(buildings, count);
    const wide = Math.max(...rows.map(lengthOf));
    const tall = rows.reduce((sum, row) => sum + heightOf(row), 0);
    const fit = Math.min(aspect / wide, 1 / tall);
    // A taller pile must be worth it: two streets read more easily than five.
    if (!best || fit > best.fit * 1.04) best = { rows, fit };
  }
  return laid(best?.rows ?? []);
}

function wrapped(buildings: readonly Building[], count: number): Building[][] {
  const target = lengthOf(buildings) / count;
  const rows: Building[][] = [[]];
  let filled = 0;
  for (const building of buildings) {
    const step = building.width + GAP;
    if (filled > 0 && filled + step / 2 > target && rows.length < count) {
      rows.push([]);
      filled = 0;
    }
    rows.at(-1)!.push(building);
    filled += step;
  }
  return rows;
}

const lengthOf = (row: readonly Building[]) => row.reduce((sum, one) => sum + one.width + GAP, 2 * SIDE - GAP);
const heightOf = (row: readonly Building[]) => Math.max(0, ...row.map((one) => one.height)) + OVER + PAVEMENT;

function laid(rows: Building[][]): World {
  const wide = Math.max(0, ...rows.map(lengthOf));
  const streets: Street[] = [];
  let y = 0;
  let homes = 0;
  rows.forEach((row, street) => {
    const top = y;
    const ground = y + heightOf(row) - PAVEMENT;
    let x = (wide - lengthOf(row)) / 2 + SIDE;
    const standing = row.map((building): Standing => {
      const placed = { building, x, y: ground - building.height, street };
      x += building.width + GAP;
      homes += building.panes.length;
      return placed;
    });
    streets.push({ ground, top, left: 0, right: wide, standing });
    y = ground + PAVEMENT;
  });
  return { streets, standing: streets.flatMap((one) => one.standing), homes, left: 0, top: 0, right: wide, bottom: y };
}

export interface Hit {
  standing: Standing;
  pane: Pane | null;
}

/** What lies at a spot of the world; a window's cell counts as the window. */
export function hit(world: World, x: number, y: number): Hit | null {
  const street = world.streets.find((one) => y >= one.top && y < one.ground + PAVEMENT);
  const standing = street?.standing.find((one) => x >= one.x - 8 && x <= one.x + one.building.width + 8 && y >= one.y - 8);
  if (!standing) return null;
  const [left, top] = [x - standing.x, y - standing.y];
  const pane = standing.building.panes.find(
    (one) => left >= one.x - 9 && left <= one.x + PANE_W + 9 && top >= one.y - 4 && top <= one.y + PANE_H + 18,
  );
  return { standing, pane: pane ?? null };
}
