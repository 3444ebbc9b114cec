/** What the picture is made of. Lengths are in units of the façade: a window is 40 × 32 of them. */
export interface Pane {
  /** The number of the home within the scene. */
  home: number;
  place: string;
  unit: string;
  floor: number | null;
  door: string;
  /** Which unit, which column within it, which row from the top. */
  at: { unit: number; column: number; row: number };
  /** Top left of the pane, from the building's top left. */
  x: number;
  y: number;
}
export interface Row {
  kind: "floor" | "break" | "loose";
  label: string;
  y: number;
}
export interface Unit {
  name: string;
  x: number;
  width: number;
}
/** A building's front, laid out. `wall` is the wall itself; roof and plinth lie within `height`. */
export interface Front {
  width: number;
  height: number;
  wall: { y: number; height: number };
  rows: Row[];
  units: Unit[];
  panes: Pane[];
}
export interface Building extends Front {
  number: number;
  place: string;
  code: string;
  name: string;
  homes: number;
  /** Whether single doors are known here; else the front is closed. */
  open: boolean;
}
/** A building stands: top left in the world. */
export interface Standing {
  building: Building;
  x: number;
  y: number;
  street: number;
}
export interface Street {
  /** The line on which buildings stand. */
  ground: number;
  top: number;
  left: number;
  right: number;
  standing: Standing[];
}
export interface World {
  streets: Street[];
  standing: Standing[];
  homes: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What a home's window looks like: an index into the sprites. */
export type Look = number;

/** A closed front's shares, from the ground up; `homes` null where it is held back. */
export interface Gauge {
  /** Homes by look; null is held back. */
  parts: { look: Look; homes: number | null }[];
  homes: number;
  /** Since when this stands. */
  day: string;
}

/** What the picture shows of a world at a moment; moments are counted from 0. */
export interface Lens {
  /** Changes whenever the same moment may look different. */
  key: string;
  moments: number;
  look(home: number, moment: number): Look;
  /** A badge on the window, 0 for none. */
  badge(home: number, moment: number): number;
  /** A closed front's shares; null where its windows are shown. */
  gauge(building: Building, moment: number): Gauge | null;
}
