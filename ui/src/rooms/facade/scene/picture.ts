/**
 * The picture itself: draws what is in view, only when something changed, and never works on bitmaps
 * for longer than a part of a frame. Knows nothing of Vue, of the API or of language.
 */
import { DOORS, NAMED, between, held, overview, screenAt, worldAt, type Box, type Camera, type Screen } from "./camera";
import { drawGauge, drawHouse } from "./house";
import { isLit } from "./looks";
import { CELL_H, CELL_W, PANE_H, PANE_W } from "./fronts";
import { paneColour, type Scheme } from "./palette";
import { Furniture, backdropOf, drawBackdrop, drawGround, drawSky, type Backdrop } from "./scenery";
import { PAVEMENT, hit, type Hit } from "./street";
import { EDGE, Tiles, badge } from "./tiles";
import { rounded, sheet, type Ink, type Sheet } from "./panes";
import { drawLabels, type Naming } from "./labels";
import type { Building, Lens, Pane, Standing, World } from "./types";

/** From so many device pixels a unit on, windows are stamped onto the screen without a tile. */
const DIRECT = 0.5;
/** Milliseconds of a frame that may go into renewing tiles. */
const TILE_TIME = 4;
const FLIGHT = 520;
/** Milliseconds without a move after which the picture rests. */
const RESTING = 90;

export interface Marks {
  chosen: string | null;
  hovered: string | null;
  /** The building that the keyboard is at. */
  building: number | null;
}
export const EMPTY: World = { streets: [], standing: [], homes: 0, left: 0, top: 0, right: 1, bottom: 1 };

export class Picture {
  camera: Camera = { x: 0, y: 0, scale: 1 };
  screen: Screen = { width: 1, height: 1 };
  marks: Marks = { chosen: null, hovered: null, building: null };
  /** Milliseconds that the last frames took; for the bench. */
  readonly spent: number[] = [];
  onMove: (camera: Camera) => void = () => undefined;

  private readonly ink: CanvasRenderingContext2D;
  private world = EMPTY;
  private lens: Lens | null = null;
  private scheme!: Scheme;
  private tiles!: Tiles;
  private furniture!: Furniture;
  private backdrops: Backdrop[] = [];
  private sky: Sheet | null = null;
  private ratio = 1;
  private moment = 0;
  private flight: { from: Camera; to: Camera; begun: number } | null = null;
  private asked = 0;
  private whole = false;
  private shifted = -Infinity;
  private renewed = -Infinity;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly naming: Naming, scheme: Scheme) {
    this.ink = canvas.getContext("2d", { alpha: false })!;
    this.light(scheme);
  }

  light(scheme: Scheme): void {
    this.scheme = scheme;
    this.tiles = new Tiles(scheme);
    this.furniture = new Furniture(scheme);
    this.sky = null;
    this.whole = true;
    this.ask();
  }

  resize(width: number, height: number, ratio: number): void {
    if (width === this.screen.width && height === this.screen.height && ratio === this.ratio) return;
    this.screen = { width, height };
    this.ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.sky = null;
    this.look(this.camera);
    this.draw(); // At once: a resized canvas is blank.
  }

  show(world: World, lens: Lens): void {
    if (world !== this.world) {
      this.world = world;
      this.tiles = new Tiles(this.scheme);
      this.backdrops = world.streets.map(backdropOf);
    }
    this.lens = lens;
    this.whole = true;
    this.ask();
  }

  /** The moment that is shown; between two, the one fades into the other. */
  at(moment: number): void {
    if (moment === this.moment) return;
    this.moment = moment;
    this.ask();
  }

  look(camera: Camera): void {
    this.flight = null;
    this.camera = this.world === EMPTY ? camera : held(camera, this.world, this.screen);
    this.shifted = performance.now();
    this.onMove(this.camera);
    this.ask();
  }

  flyTo(camera: Camera, calm: boolean): void {
    const to = held(camera, this.world, this.screen);
    if (calm) return this.look(to);
    this.flight = { from: this.camera, to, begun: performance.now() };
    this.ask();
  }

  overview(): Camera {
    return overview(this.world, this.screen);
  }

  hit(px: number, py: number): Hit | null {
    const spot = worldAt(this.camera, this.screen, px, py);
    return hit(this.world, spot.x, spot.y);
  }

  /** The standing of a building, and of one of its doors, in pixels of the screen. */
  boxOf(standing: Standing, pane?: Pane | null): Box {
    const [x, y] = pane ? [standing.x + pane.x, standing.y + pane.y] : [standing.x, standing.y];
    const one = screenAt(this.camera, this.screen, x, y);
    const k = this.camera.scale;
    const [w, h] = pane ? [PANE_W, PANE_H] : [standing.building.width, standing.building.height];
    return { left: one.x, top: one.y, right: one.x + w * k, bottom: one.y + h * k };
  }

  ask(): void {
    if (this.asked) return;
    this.asked = requestAnimationFrame((now) => {
      this.asked = 0;
      this.frame(now);
    });
  }

  end(): void {
    cancelAnimationFrame(this.asked);
    this.asked = -1;
  }

  private frame(now: number): void {
    if (this.flight) {
      const share = Math.min(1, Math.max(0, (now - this.flight.begun) / FLIGHT));
      this.camera = between(this.flight.from, this.flight.to, share);
      if (share === 1) this.flight = null;
      else this.ask();
      this.shifted = now;
      this.onMove(this.camera);
    }
    const begun = performance.now();
    if (this.draw()) this.ask();
    this.spent.push(performance.now() - begun);
    if (this.spent.length > 600) this.spent.shift();
  }

  /** Draw all that is in view; true where tiles are left to renew. */
  draw(): boolean {
    const { ink, ratio, camera, screen } = this;
    ink.setTransform(1, 0, 0, 1, 0, 0);
    ink.drawImage(this.skyOf() as CanvasImageSource, 0, 0);
    if (!this.lens || !this.world.standing.length) return false;
    const k = camera.scale * ratio;
    const half = { x: screen.width / camera.scale / 2, y: screen.height / camera.scale / 2 };
    const view: Box = { left: camera.x - half.x, right: camera.x + half.x, top: camera.y - half.y, bottom: camera.y + half.y };
    const toWorld = () => ink.setTransform(k, 0, 0, k, (half.x - camera.x) * k, (half.y - camera.y) * k);
    const deadline = this.whole ? Infinity : this.timeForTiles(performance.now());
    this.whole = false;
    let left = false;
    const seen: Standing[] = [];
    const last = this.world.streets.length - 1;
    this.world.streets.forEach((street, number) => {
      const tall = number === last ? Infinity : PAVEMENT;
      if (street.ground + tall < view.top || street.top - EDGE > view.bottom) return;
      toWorld();
      drawBackdrop(ink, this.backdrops[number]!, this.scheme, last ? 1 - number / last : 0);
      drawGround(ink, street, this.world, this.scheme, number === last, k > 0.14);
      for (const standing of street.standing) {
        if (standing.x + standing.building.width + EDGE < view.left || standing.x - EDGE > view.right) continue;
        seen.push(standing);
        toWorld();
        ink.translate(standing.x, standing.y);
        if (k >= DIRECT) this.directly(standing, view, k);
        else if (!this.byTile(standing.building, k, deadline)) left = true;
      }
      toWorld();
      if (k > 0.11) this.furniture.draw(ink, street, view.left, view.right);
    });
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawLabels(ink, seen, (x, y) => screenAt(camera, screen, x, y), camera.scale, screen, this.scheme, this.naming);
    this.drawMarks(seen);
    return left;
  }

  /**
   * Until when a frame may renew tiles. While one moves, the tiles at hand are stretched, and a new one is
   * made now and then; they are sharpened when the picture rests.
   */
  private timeForTiles(now: number): number {
    const moving = now - this.shifted < RESTING;
    return moving && now - this.renewed < RESTING ? now : now + (moving ? 0.1 : TILE_TIME);
  }

  /** A building near enough for its windows to be stamped one by one, those in view only. */
  private directly(standing: Standing, view: Box, k: number): void {
    const { ink, lens } = this;
    const { building } = standing;
    drawHouse(ink, building, this.scheme, true);
    const gauge = lens!.gauge(building, Math.floor(this.moment));
    if (gauge) return drawGauge(ink, building, gauge, this.scheme);
    const inView = building.panes.filter((pane) => {
      const [x, y] = [standing.x + pane.x, standing.y + pane.y];
      return x + CELL_W > view.left && x - CELL_W < view.right && y + CELL_H > view.top && y - CELL_H < view.bottom;
    });
    const atlas = this.tiles.atlas(k);
    const [now, share] = this.parts();
    for (const pane of inView) if (isLit(lens!.look(pane.home, now))) atlas.glow(ink, pane.x, pane.y, 1);
    for (const pane of inView) {
      atlas.stamp(ink, lens!.look(pane.home, now), pane.home, pane.x, pane.y, 1);
      this.fade(pane, now, share, k);
      badge(ink, lens!.badge(pane.home, share > 0.5 ? now + 1 : now), pane.x, pane.y, this.scheme);
    }
  }

  private byTile(building: Building, k: number, deadline: number): boolean {
    const { ink, tiles, lens } = this;
    const [now, share] = this.parts();
    let fresh = tiles.fresh(building, lens!, now, k);
    if (!fresh && tiles.advance(building, lens!, now, k)) fresh = true;
    else if (!fresh && performance.now() < deadline) {
      tiles.render(building, lens!, now, k);
      fresh = true;
      if (deadline !== Infinity) this.renewed = performance.now();
    } else if (!tiles.usable(building, lens!)) {
      tiles.sketch(ink, building, lens!, now);
      return false;
    }
    const tile = tiles.peek(building)!;
    const [w, h] = [tile.canvas.width / tile.size, tile.canvas.height / tile.size];
    ink.drawImage(tile.canvas as CanvasImageSource, -EDGE, -EDGE, w, h);
    if (building.open && !lens!.gauge(building, now)) {
      for (const pane of building.panes) {
        if (tile.moment !== now && lens!.look(pane.home, tile.moment) !== lens!.look(pane.home, now)) this.put(pane, lens!.look(pane.home, now), k);
        if (share) this.fade(pane, now, share, k);
      }
    }
    return fresh;
  }

  /** A window on its way to what it is at the next moment. */
  private fade(pane: Pane, now: number, share: number, k: number): void {
    if (!share) return;
    const next = this.lens!.look(pane.home, now + 1);
    if (next === this.lens!.look(pane.home, now)) return;
    this.ink.globalAlpha = share * share * (3 - 2 * share);
    this.put(pane, next, k);
    this.ink.globalAlpha = 1;
  }

  private put(pane: Pane, look: number, k: number): void {
    if (k >= 0.16) return this.tiles.atlas(k).stamp(this.ink, look, pane.home, pane.x, pane.y, 1);
    this.ink.fillStyle = paneColour(look);
    this.ink.fillRect(pane.x - 4, pane.y - 3, PANE_W + 8, PANE_H + 8);
  }

  private parts(): [number, number] {
    const most = Math.max(0, this.lens!.moments - 1);
    const moment = Math.min(most, Math.max(0, this.moment));
    const now = Math.floor(moment);
    return [now, now >= most ? 0 : moment - now];
  }

  private skyOf(): Sheet {
    if (this.sky) return this.sky;
    const { canvas, ink } = sheet(this.canvas.width, this.canvas.height);
    ink.scale(this.ratio, this.ratio);
    drawSky(ink as Ink, this.screen.width, this.screen.height, this.scheme);
    this.sky = canvas;
    return canvas;
  }

  private drawMarks(seen: Standing[]): void {
    const { chosen, hovered, building } = this.marks;
    for (const standing of seen) {
      if (standing.building.number === building) this.ring(this.boxOf(standing), 4, "#ffffff", 2, [6, 5]);
      for (const pane of standing.building.panes) {
        if (pane.place === hovered && pane.place !== chosen) this.ring(this.boxOf(standing, pane), 3, "#ffffff", 2);
        if (pane.place === chosen) this.ring(this.boxOf(standing, pane), 4, "#ffffff", 3.5);
      }
    }
  }

  private ring(box: Box, room: number, colour: string, width: number, dash: number[] = []): void {
    const { ink } = this;
    const least = 10; // A mark is to be found also where its window is a speck.
    const grow = Math.max(room, (least - (box.right - box.left)) / 2);
    for (const [stroke, line] of [["rgb(8 12 30 / 70%)", width + 2.5], [colour, width]] as const) {
      ink.strokeStyle = stroke;
      ink.lineWidth = line;
      ink.setLineDash(dash);
      rounded(ink, box.left - grow, box.top - grow, box.right - box.left + 2 * grow, box.bottom - box.top + 2 * grow, 4);
      ink.stroke();
    }
    ink.setLineDash([]);
  }
}
export { DOORS, NAMED };
