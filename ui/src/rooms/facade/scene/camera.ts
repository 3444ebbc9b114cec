/** Where one looks: the world's spot at the screen's middle, and how many pixels a unit has. */
import { PAVEMENT } from "./street";
import type { World } from "./types";

export interface Camera {
  x: number;
  y: number;
  scale: number;
}
export interface Screen {
  width: number;
  height: number;
}
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}
export const CLOSEST = 3.2;
const FOOT = 46;
/** From here on a building's floors and units are named, and then its doors. */
export const NAMED = 0.42;
export const DOORS = 0.72;

export type Level = "skyline" | "street" | "building";
export function levelOf(camera: Camera): Level {
  return camera.scale < 0.2 ? "skyline" : camera.scale < DOORS ? "street" : "building";
}

export function fitted(box: Box, screen: Screen, margin = 0.02, most = CLOSEST): Camera {
  const wide = Math.max(1, box.right - box.left);
  const tall = Math.max(1, box.bottom - box.top);
  const room = 1 - 2 * margin;
  const scale = Math.min(most, (screen.width * room) / wide, (screen.height * room) / tall);
  return { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, scale };
}

/** The whole world, standing at the foot of the screen so that the sky is above it. */
export function overview(world: World, screen: Screen): Camera {
  const shorter = { width: screen.width, height: Math.max(80, screen.height - FOOT) };
  const whole = fitted(world, shorter, 0.015, 1);
  // The lowest street's names need so many pixels under it, however far away it is.
  const lowest = world.bottom - PAVEMENT + FOOT / whole.scale;
  return { ...whole, y: Math.max(lowest, world.bottom - PAVEMENT) - screen.height / whole.scale / 2 };
}

/** Kept near the world, and no farther away than its overview. */
export function held(camera: Camera, world: World, screen: Screen): Camera {
  const whole = overview(world, screen);
  const scale = Math.min(CLOSEST, Math.max(whole.scale, camera.scale));
  const [halfX, halfY] = [screen.width / scale / 2, screen.height / scale / 2];
  return {
    scale,
    x: within(camera.x, world.left - 60 + halfX, world.right + 60 - halfX),
    y: within(camera.y, Math.min(world.top - 200, world.bottom - screen.height / whole.scale) + halfY, Math.max(world.bottom, world.bottom - PAVEMENT + FOOT / scale) + 20 - halfY, whole.y),
  };
}

/** Between two bounds; in their middle, or at `rest`, where there is no room between them. */
function within(value: number, least: number, most: number, rest = (least + most) / 2): number {
  return least > most ? rest : Math.min(most, Math.max(least, value));
}

/** Nearer by a factor, with the spot under the pointer staying where it is. */
export function nearer(camera: Camera, screen: Screen, factor: number, px: number, py: number): Camera {
  const scale = Math.min(CLOSEST, camera.scale * factor);
  const spot = worldAt(camera, screen, px, py);
  return { scale, x: spot.x - (px - screen.width / 2) / scale, y: spot.y - (py - screen.height / 2) / scale };
}

export function worldAt(camera: Camera, screen: Screen, px: number, py: number): { x: number; y: number } {
  return { x: camera.x + (px - screen.width / 2) / camera.scale, y: camera.y + (py - screen.height / 2) / camera.scale };
}

export function screenAt(camera: Camera, screen: Screen, x: number, y: number): { x: number; y: number } {
  return { x: (x - camera.x) * camera.scale + screen.width / 2, y: (y - camera.y) * camera.scale + screen.height / 2 };
}

/** Between two views: the scale by its ratio, so that the way there looks even. */
export function between(from: Camera, to: Camera, share: number): Camera {
  const eased = share < 0.5 ? 4 * share ** 3 : 1 - (-2 * share + 2) ** 3 / 2;
  const ratio = to.scale / from.scale;
  const scale = from.scale * ratio ** eased;
  // The share of the way that is right for the spots under a scale that grows by a ratio.
  const way = Math.abs(ratio - 1) < 1e-6 ? eased : (scale - from.scale) / (to.scale - from.scale) * (to.scale / scale);
  return { scale, x: from.x + (to.x - from.x) * way, y: from.y + (to.y - from.y) * way };
}
