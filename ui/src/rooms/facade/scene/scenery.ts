/** What stands around the buildings: sky, far roofs, pavement, lamps, trees. It means nothing. */
import { OVER, PAVEMENT } from "./street";
import type { Scheme } from "./palette";
import { sheet, type Ink, type Sheet } from "./panes";
import type { Street, World } from "./types";

/** Numbers between 0 and 1, the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 4294967296;
  };
}

export function drawSky(ink: Ink, width: number, height: number, scheme: Scheme): void {
  const sky = ink.createLinearGradient(0, 0, 0, height);
  scheme.sky.forEach((colour, at) => sky.addColorStop(at / 3, colour));
  ink.fillStyle = sky;
  ink.fillRect(0, 0, width, height);
  if (scheme.name === "paper") return;
  const draw = chance(20200210);
  if (scheme.star) {
    for (let n = 0; n < Math.min(260, (width * height) / 5000); n++) {
      const [x, y, size] = [draw() * width, draw() ** 1.5 * height * 0.75, draw()];
      ink.fillStyle = `rgb(255 255 255 / ${25 + size * 50}%)`;
      ink.beginPath();
      ink.arc(x, y, 0.4 + size * 0.9, 0, 7);
      ink.fill();
    }
  }
  moon(ink, width - Math.max(110, width * 0.16), Math.max(48, height * 0.12), scheme);
}

function moon(ink: Ink, x: number, y: number, scheme: Scheme): void {
  const light = ink.createRadialGradient(x, y, 6, x, y, 120);
  light.addColorStop(0, `rgb(255 244 214 / ${scheme.star ? 34 : 30}%)`);
  light.addColorStop(0.3, `rgb(255 236 190 / ${scheme.star ? 12 : 12}%)`);
  light.addColorStop(1, "rgb(255 226 160 / 0%)");
  ink.fillStyle = light;
  ink.fillRect(x - 120, y - 120, 240, 240);
  ink.save();
  ink.translate(x, y);
  ink.fillStyle = scheme.star ? "#fff3d2" : "rgb(255 252 240 / 80%)";
  ink.fill(new Path2D("M6-24A24 24 0 1 0 22 14A20 20 0 0 1 6-24Z"));
  ink.restore();
}

/** The outline of roofs behind a street; unlit, as nothing is known of them. */
export interface Backdrop {
  far: Path2D;
  near: Path2D;
}
export function backdropOf(street: Street, number: number): Backdrop {
  const draw = chance(77 + number * 131);
  const tall = Math.max(220, ...street.standing.map((one) => one.building.height));
  const outline = (height: number, step: number) => {
    const path = new Path2D();
    let x = street.left - 2400;
    path.moveTo(x, street.ground);
    while (x < street.right + 2400) {
      const y = street.ground - height * (0.4 + 0.6 * draw());
      path.lineTo(x, y);
      x += step * (0.6 + 0.9 * draw());
      path.lineTo(x, y);
    }
    path.lineTo(x, street.ground);
    path.closePath();
    return path;
  };
  return { far: outline(Math.min(tall + OVER, tall * 0.92), 170), near: outline(tall * 0.5, 130) };
}

/** Haze between the streets of a hillside: the farther one is, the more of it. */
export function drawBackdrop(ink: Ink, back: Backdrop, scheme: Scheme, depth: number): void {
  if (scheme.name === "paper") return;
  ink.globalAlpha = 0.55 - 0.2 * depth;
  ink.fillStyle = scheme.far;
  ink.fill(back.far);
  ink.globalAlpha = 0.9 - 0.25 * depth;
  ink.fillStyle = scheme.near;
  ink.fill(back.near);
  ink.globalAlpha = 1;
}

export function drawGround(ink: Ink, street: Street, world: World, scheme: Scheme, last: boolean, fine: boolean): void {
  const tall = last ? 40_000 : PAVEMENT;
  const [left, wide] = [world.left - 6000, world.right - world.left + 12_000];
  const floor = ink.createLinearGradient(0, street.ground, 0, street.ground + PAVEMENT);
  floor.addColorStop(0, scheme.ground);
  floor.addColorStop(1, last ? scheme.ground : scheme.groundFar);
  ink.fillStyle = floor;
  ink.fillRect(left, street.ground, wide, tall);
  if (!fine) return;
  ink.fillStyle = scheme.line;
  ink.globalAlpha = 0.6;
  ink.fillRect(left, street.ground + 16, wide, 1.4);
  ink.globalAlpha = 1;
}

/** Lamps and trees between the houses, prerendered. */
export class Furniture {
  private readonly lamp: Sheet;
  private readonly tree: Sheet;
  private readonly scale = 2;

  constructor(scheme: Scheme) {
    const lamp = sheet(110 * this.scale, 130 * this.scale);
    lamp.ink.scale(this.scale, this.scale);
    lamp.ink.translate(44, 118);
    drawLamp(lamp.ink, scheme);
    this.lamp = lamp.canvas;
    const tree = sheet(60 * this.scale, 60 * this.scale);
    tree.ink.scale(this.scale, this.scale);
    tree.ink.translate(30, 56);
    drawTree(tree.ink, scheme);
    this.tree = tree.canvas;
  }

  draw(ink: Ink, street: Street, left: number, right: number): void {
    street.standing.forEach((one, at) => {
      const x = one.x + one.building.width + 20;
      if (one.x + one.building.width < left - 200 || one.x > right + 200) return;
      ink.drawImage(this.tree as CanvasImageSource, x - 6, street.ground - 56, 60, 60);
      if (at % 2 === 0) ink.drawImage(this.lamp as CanvasImageSource, x + 4, street.ground + 8 - 118, 110, 130);
    });
  }
}

function drawLamp(ink: Ink, scheme: Scheme): void {
  if (scheme.name === "paper") return;
  if (scheme.glow) {
    const beam = ink.createLinearGradient(0, -92, 0, 0);
    beam.addColorStop(0, `rgb(255 231 176 / ${34 * scheme.glow}%)`);
    beam.addColorStop(1, "rgb(255 231 176 / 0%)");
    ink.fillStyle = beam;
    ink.fill(new Path2D("M26-92L-6 0H62Z"));
    const halo = ink.createRadialGradient(27, -94, 1, 27, -94, 24);
    halo.addColorStop(0, `rgb(255 244 214 / ${85 * scheme.glow}%)`);
    halo.addColorStop(0.3, `rgb(255 226 160 / ${35 * scheme.glow}%)`);
    halo.addColorStop(1, "rgb(255 210 122 / 0%)");
    ink.fillStyle = halo;
    ink.fillRect(3, -118, 48, 48);
  }
  ink.fillStyle = scheme.pole;
  ink.fill(new Path2D("M-2.500 0L-1.500-80C-1.500-96 12-100 22-98L22-95C13-97 2-94 2-80L2.500 0Z"));
  ink.fillStyle = "#fff0c9";
  ink.fill(new Path2D("M19-98H33L36-93H17Z"));
}

function drawTree(ink: Ink, scheme: Scheme): void {
  ink.fillStyle = scheme.tree;
  ink.fill(new Path2D("M-2 0L-1.200-26H1.200L2 0Z"));
  for (const [x, y, r] of [[0, -34, 14], [-11, -26, 10], [11, -27, 10.5]] as const) {
    ink.beginPath();
    ink.arc(x, y, r, 0, 7);
    ink.fill();
  }
}
