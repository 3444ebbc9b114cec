/** The colours of the picture, as of the SVG façade (`lamplit.outbound.palette`): night, dusk, paper. */
import { FIRST_KEEPER, LOOK, isPointed } from "./looks";

export interface Scheme {
  name: "night" | "dusk" | "paper";
  sky: readonly [string, string, string, string];
  far: string;
  near: string;
  wallTop: string;
  wallFoot: string;
  wallEdge: string;
  wallInk: string;
  slab: string;
  plinth: string;
  pole: string;
  tree: string;
  ground: string;
  groundFar: string;
  line: string;
  glow: number;
  star: number;
}

export const NIGHT: Scheme = {
  name: "night", sky: ["#0a0f26", "#151d45", "#2b2d63", "#62466f"], far: "#1c2250", near: "#141a3d",
  wallTop: "#343b5c", wallFoot: "#262c49", wallEdge: "#4d567f", wallInk: "#e4e2f0", slab: "#414a72",
  plinth: "#1d2240", pole: "#5a6391", tree: "#1f3d44", ground: "#10142c", groundFar: "#1a1f42", line: "#343c66",
  glow: 1, star: 1,
};
export const DUSK: Scheme = {
  name: "dusk", sky: ["#8fb1e3", "#b7c9ec", "#ecd9d2", "#f8c79c"], far: "#b3b9da", near: "#8f97c0",
  wallTop: "#4a5278", wallFoot: "#3c4366", wallEdge: "#6b74a0", wallInk: "#f6f4fb", slab: "#5a638c",
  plinth: "#2d3355", pole: "#3c4366", tree: "#557d78", ground: "#5b5f7d", groundFar: "#7a7e9e", line: "#8b90b3",
  glow: 0.6, star: 0,
};
export const PAPER: Scheme = {
  name: "paper", sky: ["#ffffff", "#ffffff", "#ffffff", "#ffffff"], far: "#ffffff", near: "#ffffff",
  wallTop: "#ffffff", wallFoot: "#ffffff", wallEdge: "#000000", wallInk: "#000000", slab: "#bbbbbb",
  plinth: "#ffffff", pole: "#ffffff", tree: "#ffffff", ground: "#ffffff", groundFar: "#ffffff", line: "#000000",
  glow: 0, star: 0,
};

/** The plain colour of each look, for windows too small for a pattern. */
const PANE: Partial<Record<number, string>> = {
  [LOOK.unknown]: "#767c93", [LOOK.dark]: "#080b18", [LOOK.micro]: "#2a3150", [LOOK.low]: "#a8742f", [LOOK.lived_in]: "#ffcf70",
  [LOOK.dark_over]: "#10142a", [LOOK.micro_over]: "#333a5c", [LOOK.low_over]: "#8f6a3c", [LOOK.lived_in_over]: "#d9b36a",
  [LOOK.not_enrolled]: "#232a47", [LOOK.to_visit]: "#ffb02e", [LOOK.claimed]: "#8fb4ff", [LOOK.visited]: "#c9b6ff",
  [LOOK.done]: "#2fae8a", [LOOK.unreachable]: "#e2647f", [LOOK.uncovered]: "#ff7d96", [LOOK.veiled]: "#2c3352",
};
export const KEEPER = ["#7fb2ff", "#62d3b3", "#ffc36b", "#c9a6ff", "#8fe0f0", "#f2a6d0", "#b9d977", "#d8b08c"] as const;
export const FRAME: Partial<Record<number, string>> = {
  [LOOK.unknown]: "#c3c7d6", [LOOK.dark]: "#98a3cf", [LOOK.micro]: "#98a3cf", [LOOK.low]: "#d6a860", [LOOK.lived_in]: "#7a5a2a",
  [LOOK.dark_over]: "#98a3cf", [LOOK.micro_over]: "#98a3cf", [LOOK.low_over]: "#d6a860", [LOOK.lived_in_over]: "#7a5a2a",
  [LOOK.not_enrolled]: "#4d567f", [LOOK.uncovered]: "#ffd0d9", [LOOK.veiled]: "#3a4166",
};
export const BADGE_COLOUR = ["", "#6ee7c8", "#ff9daf", "#c9b6ff", "#ffd166", "#6ee7c8"] as const;
export const BADGE_INK = "#10142c";

export function paneColour(look: number): string {
  if (isPointed(look)) return "#dfe6ff";
  return PANE[look] ?? KEEPER[(look - FIRST_KEEPER) % KEEPER.length] ?? "#767c93";
}
export function frameColour(look: number): string {
  if (isPointed(look)) return "#f4f6ff";
  return FRAME[look] ?? "#1b2036";
}
