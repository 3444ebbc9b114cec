/**
 * The windows, each drawn once into an atlas and stamped from there. On paper each look is a pattern:
 * white pane, drawn blind, dots, solid black, hatching, and a sign for what was done.
 */
import { CELL_H, CELL_W, PANE_H, PANE_W } from "./fronts";
import { BADGE, FIRST_KEEPER, LIT_LOOKS, LOOK, LOOKS, curtains, isLit, isPointed, stateOf, unpointed } from "./looks";
import { BADGE_COLOUR, BADGE_INK, frameColour, paneColour, type Scheme } from "./palette";

export type Ink = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
export type Sheet = HTMLCanvasElement | OffscreenCanvas;

export function sheet(width: number, height: number): { canvas: Sheet; ink: Ink } {
  const [w, h] = [Math.max(1, Math.ceil(width)), Math.max(1, Math.ceil(height))];
  if (typeof OffscreenCanvas !== "undefined") {
    const canvas = new OffscreenCanvas(w, h);
    const ink = canvas.getContext("2d");
    if (ink) return { canvas, ink };
  }
  const canvas = document.createElement("canvas");
  canvas.width = w;
  canvas.height = h;
  return { canvas, ink: canvas.getContext("2d")! };
}

/** One window at 0,0 in units of the façade. */
export function drawPane(ink: Ink, shown: number, variant: number, scheme: Scheme): void {
  const look = unpointed(shown);
  const paper = scheme.name === "paper";
  ink.fillStyle = paper ? "#000" : frameColour(shown);
  const edge = isPointed(shown) ? 3 : 2;
  rounded(ink, -edge, -edge, PANE_W + 2 * edge, PANE_H + 2 * edge, 2.5);
  ink.fill();
  ink.save();
  ink.beginPath();
  ink.rect(0, 0, PANE_W, PANE_H);
  ink.clip();
  if (look >= FIRST_KEEPER) keeper(ink, look, paper);
  else (DRAWN[stateOf(look)] ?? DRAWN[LOOK.unknown]!)(ink, paper, variant);
  if (look !== stateOf(look)) carriedOver(ink, paper);
  ink.restore();
}

type Drawing = (ink: Ink, paper: boolean, variant: number) => void;
const DRAWN: Record<number, Drawing> = {
  [LOOK.lived_in](ink, paper, variant) {
    if (paper) fill(ink, "#fff");
    else {
      const light = ink.createRadialGradient(PANE_W / 2, PANE_H * 0.32, 1, PANE_W / 2, PANE_H * 0.32, PANE_W * 0.85);
      light.addColorStop(0, "#fff1c2");
      light.addColorStop(0.45, "#ffcf70");
      light.addColorStop(1, "#eb9c3c");
      ink.fillStyle = light;
      ink.fillRect(0, 0, PANE_W, PANE_H);
      decor(ink, variant);
    }
    mullion(ink, paper ? "#000" : "#8a5f24");
  },
  [LOOK.low](ink, paper) {
    fill(ink, paper ? "#fff" : "#a8742f");
    if (!paper) block(ink, "#e0a24a", 0, 21, PANE_W, 11);
    for (let y = 0.8; y < 21; y += 4) block(ink, paper ? "#000" : "#5f3f14", 0, y, PANE_W, 1.4);
    block(ink, paper ? "#000" : "#5f3f14", 0, 20.6, PANE_W, 1.8);
  },
  [LOOK.micro](ink, paper) {
    fill(ink, paper ? "#fff" : "#2a3150");
    for (let x = 4; x < PANE_W; x += 8) for (let y = 4; y < PANE_H; y += 8) dot(ink, paper ? "#000" : "#8f9ac6", x, y, paper ? 1.6 : 1);
    if (paper) return;
    const spark = ink.createRadialGradient(31, 25, 0, 31, 25, 8);
    spark.addColorStop(0, "rgb(255 199 102 / 75%)");
    spark.addColorStop(1, "rgb(255 179 71 / 0%)");
    ink.fillStyle = spark;
    ink.fillRect(22, 16, 18, 16);
    dot(ink, "#ffb347", 31, 25, 2.4);
  },
  [LOOK.dark](ink, paper) {
    fill(ink, paper ? "#000" : "#080b18");
    if (!paper) {
      path(ink, "M5 32L21 0H28L12 32ZM30 32L40 11V19L34 32Z", "rgb(127 140 192 / 13%)");
      mullion(ink, "#262d4a");
    } else mullion(ink, "#fff", 1);
  },
  [LOOK.unknown](ink, paper) {
    fill(ink, paper ? "#fff" : "#767c93");
    hatch(ink, paper ? "#000" : "#4a5068", 2.4, 6);
    dot(ink, paper ? "#fff" : "#e8eaf2", 20, 16, 9.5);
    glyph(ink, "M16.6 13.2a3.6 3.6 0 1 1 5.2 3.3c-1.2.6-1.6 1.2-1.6 2.3M20.1 21.6v.3", paper ? "#000" : "#1b2036", 2.2);
  },
  [LOOK.not_enrolled](ink, paper) {
    fill(ink, paper ? "#fff" : "#232a47");
    if (!paper) mullion(ink, "#323a5d", 1.2);
  },
  [LOOK.veiled](ink, paper) {
    fill(ink, paper ? "#fff" : "#2c3352");
  },
  [LOOK.to_visit](ink, paper) {
    fill(ink, paper ? "#fff" : "#ffb02e");
    if (!paper) block(ink, "#ffd27f", 0, 0, PANE_W, 10);
    dot(ink, "#3a2300", 20, 16, 4.6);
  },
  [LOOK.claimed](ink, paper) {
    fill(ink, paper ? "#fff" : "#8fb4ff");
    glyph(ink, "M20 15a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM12.500 26.500a7.500 7.500 0 0 1 15 0", paper ? "#000" : "#101c44", 2.8);
  },
  [LOOK.visited](ink, paper) {
    fill(ink, paper ? "#fff" : "#c9b6ff");
    glyph(ink, "M26.500 10.500a8.500 8.500 0 1 0 2 8M27.500 6v5h-5", paper ? "#000" : "#2b1a5c", 2.8);
  },
  [LOOK.done](ink, paper) {
    fill(ink, paper ? "#fff" : "#2fae8a");
    glyph(ink, "M11.500 16.500l6 6l11.500-13", paper ? "#000" : "#fff", 3.6);
  },
  [LOOK.unreachable](ink, paper) {
    fill(ink, paper ? "#fff" : "#e2647f");
    glyph(ink, "M13.500 9.500l13 13M26.500 9.500l-13 13", paper ? "#000" : "#fff", 3.4);
  },
  [LOOK.uncovered](ink, paper) {
    fill(ink, paper ? "#fff" : "#5a1f33");
    hatch(ink, paper ? "#000" : "#ff7d96", 2.6, 7);
    dot(ink, paper ? "#fff" : "#ffe1e7", 20, 16, 9);
    glyph(ink, "M20 11v6M20 20.600v.4", "#8c1030", 3);
  },
};

function keeper(ink: Ink, look: number, paper: boolean): void {
  const number = look - FIRST_KEEPER;
  fill(ink, paper ? "#fff" : paneColour(look));
  const line = paper ? "#000" : "rgb(10 16 38 / 42%)";
  // A pattern for each hue: nobody has to tell them apart by colour.
  if (number === 1) hatch(ink, line, 1.6, 9);
  else if (number === 2) for (let y = 5; y < PANE_H; y += 8) block(ink, line, 0, y, PANE_W, 1.6);
  else if (number === 3) for (let x = 5; x < PANE_W; x += 8) block(ink, line, x, 0, 1.6, PANE_H);
  else if (number === 4) for (let x = 5; x < PANE_W; x += 10) for (let y = 5; y < PANE_H; y += 9) dot(ink, line, x, y, 1.8);
  else if (number === 5) path(ink, "M0 0H40L20 16Z", line);
  else if (number === 6) block(ink, line, 0, PANE_H / 2, PANE_W, PANE_H / 2);
  else if (number === 7) block(ink, line, 0, 0, PANE_W / 2, PANE_H);
}

function carriedOver(ink: Ink, paper: boolean): void {
  if (!paper) {
    ink.fillStyle = "rgb(118 124 147 / 45%)";
    ink.fillRect(0, 0, PANE_W, PANE_H);
  }
  path(ink, `M${PANE_W} ${PANE_H}V${PANE_H - 17}L${PANE_W - 17} ${PANE_H}Z`, paper ? "#fff" : "#c3c7d6");
  glyph(ink, `M${PANE_W - 6.5} ${PANE_H - 5}h.2`, "#1b2036", 4);
}

const DECOR = [
  "", "M0 0H9C9 12 6 22 2 32H0ZM40 0H31C31 12 34 22 38 32H40Z", "M14 12C14 8 17 7 20 7S26 8 26 12ZM19.300 0h1.400v7h-1.400Z",
  "M27 32V26H35V32ZM31 26C27 22 28 17 29 15C31 18 31 22 31 26C32 21 34 19 37 18C37 22 34 25 31 26Z",
];
function decor(ink: Ink, variant: number): void {
  path(ink, DECOR[variant % LIT_LOOKS]!, "rgb(146 82 26 / 52%)");
}
function fill(ink: Ink, colour: string): void {
  block(ink, colour, 0, 0, PANE_W, PANE_H);
}
function block(ink: Ink, colour: string, x: number, y: number, w: number, h: number): void {
  ink.fillStyle = colour;
  ink.fillRect(x, y, w, h);
}
function dot(ink: Ink, colour: string, x: number, y: number, r: number): void {
  ink.fillStyle = colour;
  ink.beginPath();
  ink.arc(x, y, r, 0, Math.PI * 2);
  ink.fill();
}
function path(ink: Ink, d: string, colour: string): void {
  if (!d) return;
  ink.fillStyle = colour;
  ink.fill(new Path2D(d));
}
function glyph(ink: Ink, d: string, colour: string, width: number): void {
  ink.strokeStyle = colour;
  ink.lineWidth = width;
  ink.lineCap = "round";
  ink.lineJoin = "round";
  ink.stroke(new Path2D(d));
}
function hatch(ink: Ink, colour: string, width: number, step: number): void {
  ink.strokeStyle = colour;
  ink.lineWidth = width;
  ink.beginPath();
  for (let x = -PANE_H; x < PANE_W; x += step * 1.414) {
    ink.moveTo(x, PANE_H);
    ink.lineTo(x + PANE_H, 0);
  }
  ink.stroke();
}
function mullion(ink: Ink, colour: string, width = 1.6): void {
  ink.strokeStyle = colour;
  ink.lineWidth = width;
  ink.beginPath();
  ink.moveTo(PANE_W / 2, 0);
  ink.lineTo(PANE_W / 2, PANE_H);
  ink.moveTo(0, 11);
  ink.lineTo(PANE_W, 11);
  ink.stroke();
}
export function rounded(ink: Ink, x: number, y: number, w: number, h: number, r: number): void {
  ink.beginPath();
  if ("roundRect" in ink) ink.roundRect(x, y, w, h, r);
  else (ink as CanvasRenderingContext2D).rect(x, y, w, h);
}

const BADGES: Record<number, { shape: string; sign: string }> = {
  [BADGE.returned]: { shape: "M9 0A9 9 0 1 1 -9 0A9 9 0 1 1 9 0Z", sign: "M5 3.500V-0.500A3 3 0 0 0 2 -3.500H-4.500M-1.500 -6.500L-4.800 -3.500L-1.500 -0.500" },
  [BADGE.went_dark]: { shape: "M-10 -8H10L0 10Z", sign: "M0 -5V3M-3.200 -0.400L0 3L3.200 -0.400" },
  [BADGE.frozen_high]: { shape: "M-8 -8H8V8H-8Z", sign: "M-4.500 -2.500H4.500M-4.500 2.500H4.500" },
  [BADGE.routine_broken]: { shape: "M0 -10.500L10.500 0L0 10.500L-10.500 0Z", sign: "M0 -5V1.200M0 4.200V4.600" },
  [BADGE.done]: { shape: "M-9 -9H9V9H-9Z", sign: "M-4.500 0.500L-1.300 3.800L4.700 -3.400" },
};
/** A badge centred on 0,0; badges differ in shape as well as in colour. */
export function drawBadge(ink: Ink, badge: number, scheme: Scheme): void {
  const one = BADGES[badge];
  if (!one) return;
  const paper = scheme.name === "paper";
  const shape = new Path2D(one.shape);
  ink.fillStyle = paper ? "#fff" : BADGE_COLOUR[badge]!;
  ink.fill(shape);
  ink.strokeStyle = paper ? "#000" : BADGE_INK;
  ink.lineWidth = 1.6;
  ink.stroke(shape);
  glyph(ink, one.sign, paper ? "#000" : BADGE_INK, 2);
}

const MARGIN = 3;
const STAMP_W = PANE_W + 2 * MARGIN;
const STAMP_H = PANE_H + 2 * MARGIN;
const SHINE = 2.1;
/** Every look at one size. */
export class Atlas {
  private readonly stamps: Sheet;
  private readonly shine: Sheet;
  private readonly w: number;
  private readonly h: number;

  constructor(readonly scale: number, private readonly scheme: Scheme) {
    this.w = Math.ceil(STAMP_W * scale);
    this.h = Math.ceil(STAMP_H * scale);
    const { canvas, ink } = sheet(this.w * LIT_LOOKS, this.h * LOOKS);
    for (let look = 0; look < LOOKS; look++) {
      for (let variant = 0; variant < (isLit(look) ? LIT_LOOKS : 1); variant++) {
        ink.save();
        ink.translate(variant * this.w, look * this.h);
        ink.scale(scale, scale);
        ink.translate(MARGIN, MARGIN);
        drawPane(ink, look, variant, scheme);
        ink.restore();
      }
    }
    this.stamps = canvas;
    this.shine = shineOf(scale, scheme.glow);
  }

  /** Stamp a home's window; `x`, `y`, `k`: its top left and a unit, in pixels of `ink`. */
  stamp(ink: Ink, look: number, home: number, x: number, y: number, k: number): void {
    const variant = isLit(look) ? curtains(home) : 0;
    ink.drawImage(this.stamps as CanvasImageSource, variant * this.w, look * this.h, this.w, this.h,
      x - MARGIN * k, y - MARGIN * k, STAMP_W * k, STAMP_H * k);
  }

  /** The light around a lit window; before all panes, so that it never falls on a dark one. */
  glow(ink: Ink, x: number, y: number, k: number): void {
    if (this.scheme.glow === 0) return;
    const [w, h] = [CELL_W * SHINE * k, CELL_H * SHINE * k];
    ink.drawImage(this.shine as CanvasImageSource, x + (PANE_W * k - w) / 2, y + (PANE_H * k - h) / 2, w, h);
  }
}

function shineOf(scale: number, strength: number): Sheet {
  const [w, h] = [CELL_W * SHINE * Math.min(1, scale), CELL_H * SHINE * Math.min(1, scale)];
  const { canvas, ink } = sheet(w, h);
  ink.scale(canvas.width / 100, canvas.height / 100);
  const light = ink.createRadialGradient(50, 50, 4, 50, 50, 50);
  light.addColorStop(0, `rgb(255 199 102 / ${40 * strength}%)`);
  light.addColorStop(0.5, `rgb(255 179 71 / ${13 * strength}%)`);
  light.addColorStop(1, "rgb(255 179 71 / 0%)");
  ink.fillStyle = light;
  ink.fillRect(0, 0, 100, 100);
  return canvas;
}
