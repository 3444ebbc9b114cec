/**
 * A building's doors laid out as rows of floors and columns of units: as the SVG façade does it
 * (`lamplit.outbound.facade`), so that both show a door at the same spot.
 */
import type { Building, Front, Pane, Row, Unit } from "./types";

export const PANE_W = 40;
export const PANE_H = 32;
export const CELL_W = 58;
export const CELL_H = 56;
export const GUTTER = 40;
export const PILASTER = 16;
export const ROOF = 44;
export const PLINTH = 58;
const BREAK_H = 26;
const LONGEST_GAP = 3;
const LOOSE_COLUMNS = 4;
/** Where single doors are not known, a building is drawn with so many homes beside each other. */
const GUESSED_COLUMNS = 6;

export interface Door {
  place: string;
  unit: string | null;
  floor: number | null;
  door: string | null;
}
export interface Plan {
  place: string;
  code: string;
  name: string;
  floors: number | null;
  homes: number;
  doors: Door[] | null;
}

const collator = new Intl.Collator("en", { numeric: true });
/** 2 before 10, and numbers before words. */
export function natural(one: string, other: string): number {
  return collator.compare(one, other);
}

/** Buildings with their homes numbered through, in the order of the codes. */
export function buildingsOf(plans: readonly Plan[]): { buildings: Building[]; homes: string[] } {
  const homes: string[] = [];
  const buildings = [...plans]
    .filter((plan) => plan.homes > 0)
    .sort((one, other) => natural(one.code, other.code))
    .map((plan, number): Building => {
      const front = plan.doors?.length ? frontOf(plan.doors, homes.length) : closedFront(plan);
      for (const pane of front.panes) homes[pane.home] = pane.place;
      return { ...front, number, place: plan.place, code: plan.code, name: plan.name, homes: plan.homes, open: front.panes.length > 0 };
    });
  return { buildings, homes };
}

export function frontOf(doors: readonly Door[], firstHome = 0): Front {
  const byUnit = new Map<string, Door[]>();
  for (const door of doors) {
    const name = (door.unit ?? "").trim();
    byUnit.set(name, [...(byUnit.get(name) ?? []), door]);
  }
  const floors = floorRows(new Set(doors.flatMap((door) => (door.floor === null ? [] : [door.floor]))));
  const spots: { door: Door; unit: number; column: number; row: number }[] = [];
  const units: Unit[] = [];
  let x = GUTTER;
  let looseRows = 0;
  [...byUnit.keys()].sort(natural).forEach((name, unit) => {
    const inside = byUnit.get(name)!;
    const { columns, column } = columnsOf(inside);
    units.push({ name, x, width: columns * CELL_W });
    x += columns * CELL_W + PILASTER;
    const loose = inside.filter((door) => door.floor === null).sort((a, b) => natural(a.door ?? "", b.door ?? ""));
    for (const door of inside) {
      if (door.floor !== null) spots.push({ door, unit, column: column.get(door)!, row: floors.index.get(door.floor)! });
    }
    loose.forEach((door, order) => {
      const down = Math.floor(order / columns);
      looseRows = Math.max(looseRows, down + 1);
      spots.push({ door, unit, column: order % columns, row: floors.rows.length + down });
    });
  });
  const kinds = [...floors.rows, ...Array.from({ length: looseRows }, () => ({ kind: "loose" as const, label: "?" }))];
  const { rows, bottom } = stacked(kinds);
  spots.sort((a, b) => a.row - b.row || a.unit - b.unit || a.column - b.column);
  const panes = spots.map(({ door, unit, column, row }, order): Pane => ({
    home: firstHome + order, place: door.place, unit: (door.unit ?? "").trim(), floor: door.floor, door: (door.door ?? "").trim(),
    at: { unit, column, row }, x: units[unit]!.x + column * CELL_W + (CELL_W - PANE_W) / 2, y: rows[row]!.y + 4,
  }));
  return { width: x, height: bottom + PLINTH, wall: { y: ROOF, height: bottom + PLINTH - ROOF }, rows, units, panes };
}

/** The same outline where no door is known: floors as told, homes shared out among them. */
export function closedFront(plan: Pick<Plan, "floors" | "homes">): Front {
  const floors = plan.floors ?? Math.max(1, Math.ceil(plan.homes / GUESSED_COLUMNS));
  const columns = Math.max(2, Math.ceil(plan.homes / floors));
  const kinds = Array.from({ length: floors }, (_, up) => ({ kind: "floor" as const, label: String(floors - up) }));
  const { rows, bottom } = stacked(kinds);
  const units = [{ name: "", x: GUTTER, width: columns * CELL_W }];
  const width = GUTTER + columns * CELL_W + PILASTER;
  return { width, height: bottom + PLINTH, wall: { y: ROOF, height: bottom + PLINTH - ROOF }, rows, units, panes: [] };
}

function stacked(kinds: { kind: Row["kind"]; label: string }[]): { rows: Row[]; bottom: number } {
  let y = ROOF + 14;
  const rows = kinds.map((one): Row => {
    const row = { ...one, y };
    y += one.kind === "break" ? BREAK_H : CELL_H;
    return row;
  });
  return { rows, bottom: y };
}

function floorRows(floors: Set<number>): { rows: { kind: "floor" | "break"; label: string }[]; index: Map<number, number> } {
  const rows: { kind: "floor" | "break"; label: string }[] = [];
  const index = new Map<number, number>();
  let above: number | null = null;
  for (const floor of [...floors].sort((a, b) => b - a)) {
    if (above !== null) {
      const bare: number[] = [];
      for (let n = above - 1; n > floor && bare.length <= LONGEST_GAP; n--) if (n !== 0) bare.push(n);
      if (bare.length > LONGEST_GAP) rows.push({ kind: "break", label: "⋮" });
      else for (const n of bare) rows.push({ kind: "floor", label: floorLabel(n) });
    }
    index.set(floor, rows.length);
    rows.push({ kind: "floor", label: floorLabel(floor) });
    above = floor;
  }
  return { rows, index };
}

export function floorLabel(floor: number): string {
  return floor < 0 ? `B${-floor}` : String(floor);
}

/**
 * The columns of a unit. Doors stand above each other by what follows the floor in their number
 * (501 over 401), or by a name that recurs, so that a missing 502 leaves a gap; else by order.
 */
function columnsOf(doors: readonly Door[]): { columns: number; column: Map<Door, number> } {
  const placed = doors.filter((door) => door.floor !== null);
  const byFloor = new Map<number, Door[]>();
  for (const door of placed) byFloor.set(door.floor!, [...(byFloor.get(door.floor!) ?? []), door]);
  const widest = Math.max(0, ...[...byFloor.values()].map((inside) => inside.length));
  if (!widest) return { columns: Math.min(LOOSE_COLUMNS, doors.length), column: new Map() };
  for (const keyOf of [stackKey, (door: Door) => (door.door ?? "").trim()]) {
    const keys = placed.map(keyOf);
    const distinct = [...new Set(keys)].sort(natural);
    const spots = new Set(placed.map((door, at) => `${door.floor} ${keys[at]}`));
    if (keys.every(Boolean) && spots.size === placed.length && distinct.length <= widest + 2) {
      const column = new Map(distinct.map((key, at) => [key, at]));
      return { columns: distinct.length, column: new Map(placed.map((door, at) => [door, column.get(keys[at]!)!])) };
    }
  }
  const column = new Map<Door, number>();
  for (const inside of byFloor.values()) {
    inside.sort((a, b) => natural(a.door ?? "", b.door ?? "")).forEach((door, at) => column.set(door, at));
  }
  return { columns: widest, column };
}

function stackKey(door: Door): string {
  const number = (door.door ?? "").trim().replace(/^0+/, "");
  const floor = String(door.floor);
  return /^\d+$/.test(number) && number.startsWith(floor) ? number.slice(floor.length) : "";
}
