/**
 * Buildings as bitmaps at a few sizes. A tile knows the moment that it shows; a newer moment is first
 * drawn over it window by window, and the tile itself is renewed when a frame has time for it.
 */
import { PANE_H, PANE_W } from "./fronts";
import { isLit } from "./looks";
import { drawGauge, drawHouse } from "./house";
import { paneColour, type Scheme } from "./palette";
import { Atlas, sheet, drawBadge, type Ink, type Sheet } from "./panes";
import type { Building, Lens } from "./types";

/** Room around a building for its glow and its roof's overhang, in units. */
export const EDGE = 34;
/** Below so many pixels a unit, windows are plain rectangles. */
const PLAIN = 0.16;
/** Above so many, badges can be told apart, and are drawn. */
const BADGED = 0.24;
const MOST_PIXELS = 40_000_000;

interface Tile {
  canvas: Sheet;
  ink: Ink;
  size: number;
  key: string;
  moment: number;
  used: number;
}

/** Sizes go by the root of two, so that none is stretched by more than 1.4. */
export function sizeOf(pixels: number): number {
  return 2 ** (Math.ceil(Math.log2(pixels) * 2) / 2);
}

export class Tiles {
  private readonly kept = new Map<number, Tile>();
  private readonly atlases = new Map<number, Atlas>();
  private pixels = 0;
  private turn = 0;

  constructor(private readonly scheme: Scheme) {}

  /** The atlas for windows of so many pixels a unit. */
  atlas(pixels: number): Atlas {
    const size = Math.min(4, Math.max(0.25, sizeOf(pixels)));
    const found = this.atlases.get(size) ?? new Atlas(size, this.scheme);
    this.atlases.set(size, found);
    return found;
  }

  peek(building: Building): Tile | undefined {
    const found = this.kept.get(building.number);
    if (found) found.used = ++this.turn;
    return found;
  }

  /** Whether a building's tile shows what it should, at the right size. */
  fresh(building: Building, lens: Lens, moment: number, pixels: number): boolean {
    const tile = this.kept.get(building.number);
    return !!tile && tile.key === lens.key && tile.moment === moment && tile.size === sizeOf(pixels);
  }

  /** Whether it is at least of the same lens, so that later moments may be drawn over it. */
  usable(building: Building, lens: Lens): boolean {
    return this.kept.get(building.number)?.key === lens.key;
  }

  /** Bring a tile to another moment by its changed windows alone, where it is small enough for that. */
  advance(building: Building, lens: Lens, moment: number, pixels: number): boolean {
    const tile = this.kept.get(building.number);
    if (!tile || tile.key !== lens.key || tile.size !== sizeOf(pixels) || tile.size > BADGED || lens.gauge(building, moment)) return false;
    for (const pane of building.panes) {
      const look = lens.look(pane.home, moment);
      if (look === lens.look(pane.home, tile.moment)) continue;
      if (tile.size >= PLAIN) this.atlas(tile.size).stamp(tile.ink, look, pane.home, pane.x, pane.y, 1);
      else speck(tile.ink, look, pane.x, pane.y, this.scheme);
    }
    tile.moment = moment;
    return true;
  }

  render(building: Building, lens: Lens, moment: number, pixels: number): Tile {
    const size = sizeOf(pixels);
    const [w, h] = [Math.ceil((building.width + 2 * EDGE) * size), Math.ceil((building.height + EDGE) * size)];
    let tile = this.kept.get(building.number);
    if (!tile || tile.size !== size) {
      if (tile) this.drop(building.number, tile);
      tile = { ...sheet(w, h), size, key: "", moment: -1, used: ++this.turn };
      this.kept.set(building.number, tile);
      this.pixels += w * h;
      this.makeRoom();
    }
    tile.key = lens.key;
    tile.moment = moment;
    tile.used = ++this.turn;
    const { ink } = tile;
    ink.setTransform(1, 0, 0, 1, 0, 0);
    ink.clearRect(0, 0, w, h);
    ink.setTransform(size, 0, 0, size, EDGE * size, EDGE * size);
    drawHouse(ink, building, this.scheme, size > 0.3);
    const gauge = lens.gauge(building, moment);
    if (gauge) drawGauge(ink, building, gauge, this.scheme);
    else if (size < PLAIN) plain(ink, building, lens, moment, this.scheme);
    else this.windows(ink, building, lens, moment, size);
    return tile;
  }

  /** A building for which a frame has no time: plain windows, straight onto the picture. */
  sketch(ink: Ink, building: Building, lens: Lens, moment: number): void {
    drawHouse(ink, building, this.scheme, false);
    if (!lens.gauge(building, moment)) plain(ink, building, lens, moment, this.scheme);
  }

  private windows(ink: Ink, building: Building, lens: Lens, moment: number, size: number): void {
    const atlas = this.atlas(size);
    for (const pane of building.panes) if (isLit(lens.look(pane.home, moment))) atlas.glow(ink, pane.x, pane.y, 1);
    for (const pane of building.panes) {
      atlas.stamp(ink, lens.look(pane.home, moment), pane.home, pane.x, pane.y, 1);
      if (size > BADGED) badge(ink, lens.badge(pane.home, moment), pane.x, pane.y, this.scheme);
    }
  }

  private makeRoom(): void {
    if (this.pixels <= MOST_PIXELS) return;
    const oldest = [...this.kept].sort(([, a], [, b]) => a.used - b.used);
    for (const [number, tile] of oldest) {
      if (this.pixels <= MOST_PIXELS * 0.8 || tile.used === this.turn) break;
      this.drop(number, tile);
    }
  }

  private drop(number: number, tile: Tile): void {
    this.pixels -= tile.canvas.width * tile.canvas.height;
    this.kept.delete(number);
  }
}

function speck(ink: Ink, look: number, x: number, y: number, scheme: Scheme): void {
  ink.fillStyle = scheme.name === "paper" && look > 1 ? "#fff" : paneColour(look);
  ink.fillRect(x - 4, y - 3, PANE_W + 8, PANE_H + 8);
}

/** Seen from afar: one stroke of the brush for all windows that look alike, and a halo of their light. */
function plain(ink: Ink, building: Building, lens: Lens, moment: number, scheme: Scheme): void {
  const byLook = new Map<number, number[]>();
  let lit = 0;
  building.panes.forEach((pane, at) => {
    const look = lens.look(pane.home, moment);
    if (isLit(look)) lit++;
    const found = byLook.get(look);
    if (found) found.push(at);
    else byLook.set(look, [at]);
  });
  halo(ink, building, lit / Math.max(1, building.panes.length), scheme);
  for (const [look, places] of byLook) {
    ink.fillStyle = scheme.name === "paper" && look > 1 ? "#fff" : paneColour(look);
    ink.beginPath();
    for (const at of places) {
      const pane = building.panes[at]!;
      // A little larger than life, or a lone light would drown in its wall.
      ink.rect(pane.x - 4, pane.y - 3, PANE_W + 8, PANE_H + 8);
    }
    ink.fill();
  }
}

function halo(ink: Ink, building: Building, share: number, scheme: Scheme): void {
  if (!scheme.glow || share === 0) return;
  ink.save();
  ink.globalCompositeOperation = "lighter";
  const [x, y] = [building.width / 2, building.wall.y + building.wall.height * 0.45];
  ink.translate(x, y);
  ink.scale(building.width / building.wall.height, 1);
  // Nothing of it is left where the tile ends.
  const reach = building.wall.height / 2 + 24;
  const light = ink.createRadialGradient(0, 0, 0, 0, 0, reach);
  light.addColorStop(0, `rgb(255 199 102 / ${26 * share * scheme.glow}%)`);
  light.addColorStop(1, "rgb(255 179 71 / 0%)");
  ink.fillStyle = light;
  ink.fillRect(-reach, -reach, 2 * reach, 2 * reach);
  ink.restore();
}

export function badge(ink: Ink, kind: number, x: number, y: number, scheme: Scheme): void {
  if (!kind) return;
  ink.save();
  ink.translate(x + PANE_W - 2, y + 4);
  drawBadge(ink, kind, scheme);
  ink.restore();
}
