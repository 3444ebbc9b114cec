/** Where the keyboard is in the picture: at a building, or at one of its windows. */
import type { Building, Pane } from "./types";

export interface Cursor {
  building: number;
  /** Index among the building's panes; null at the building itself. */
  pane: number | null;
}

/** The cursor after a key; null where the key means nothing here. */
export function moved(cursor: Cursor, key: string, buildings: readonly Building[]): Cursor | null {
  const building = buildings[cursor.building];
  if (!building) return null;
  return cursor.pane === null ? amongBuildings(cursor, key, buildings) : amongPanes(cursor, key, building);
}

function amongBuildings(cursor: Cursor, key: string, buildings: readonly Building[]): Cursor | null {
  const last = buildings.length - 1;
  switch (key) {
    case "ArrowRight": return { building: Math.min(last, cursor.building + 1), pane: null };
    case "ArrowLeft": return { building: Math.max(0, cursor.building - 1), pane: null };
    case "Home": return { building: 0, pane: null };
    case "End": return { building: last, pane: null };
    case "ArrowDown": case "Enter": return buildings[cursor.building]!.panes.length ? { building: cursor.building, pane: 0 } : null;
    default: return null;
  }
}

function amongPanes(cursor: Cursor, key: string, { panes }: Building): Cursor | null {
  const pane = panes[cursor.pane!]!;
  const to = (found: Pane | undefined) => (found ? { ...cursor, pane: panes.indexOf(found) } : cursor);
  switch (key) {
    case "ArrowRight": return to(panes.find((one, at) => at > cursor.pane! && one.at.row === pane.at.row));
    case "ArrowLeft": return to(panes.findLast((one, at) => at < cursor.pane! && one.at.row === pane.at.row));
    case "ArrowDown": return to(nearest(panes, pane, 1));
    case "ArrowUp": {
      const above = nearest(panes, pane, -1);
      return above ? to(above) : { ...cursor, pane: null };
    }
    case "Home": return to(panes.find((one) => one.at.row === pane.at.row));
    case "End": return to(panes.findLast((one) => one.at.row === pane.at.row));
    case "PageDown": return { ...cursor, pane: panes.length - 1 };
    case "PageUp": return { ...cursor, pane: 0 };
    case "Escape": return { ...cursor, pane: null };
    default: return null;
  }
}

/** The window of the next row up (-1) or down (1) that stands nearest above or below. */
function nearest(panes: readonly Pane[], from: Pane, way: 1 | -1): Pane | undefined {
  const rows = panes.map((one) => one.at.row).filter((row) => (row - from.at.row) * way > 0);
  if (!rows.length) return undefined;
  const row = way > 0 ? Math.min(...rows) : Math.max(...rows);
  return panes.filter((one) => one.at.row === row).sort((a, b) => Math.abs(a.x - from.x) - Math.abs(b.x - from.x))[0];
}
