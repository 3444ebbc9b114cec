/** Drag, pinch, wheel and tap on the canvas. */
import { nearer, type Camera } from "./camera";
import type { Picture } from "./picture";

const TAP = 6;
const WHEEL = 0.0016;

export interface Heard {
  tap: (px: number, py: number) => void;
  hover: (px: number, py: number) => void;
  away: () => void;
}

/** Returns what stops it. */
export function listen(canvas: HTMLElement, picture: Picture, heard: Heard, calm: () => boolean): () => void {
  const down = new Map<number, { x: number; y: number }>();
  let begun: { x: number; y: number; moved: boolean } | null = null;
  let pace = { x: 0, y: 0, at: 0 };
  let gliding = 0;

  const spot = (event: PointerEvent | WheelEvent | MouseEvent) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const shift = (dx: number, dy: number) => {
    const { x, y, scale } = picture.camera;
    picture.look({ x: x - dx / scale, y: y - dy / scale, scale });
  };
  const apart = () => {
    const [a, b] = [...down.values()];
    return a && b ? { far: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : null;
  };

  function pressed(event: PointerEvent): void {
    if (event.button !== 0) return;
    cancelAnimationFrame(gliding);
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, spot(event));
    begun = down.size === 1 ? { ...spot(event), moved: false } : null;
    pace = { x: 0, y: 0, at: event.timeStamp };
  }

  function moved(event: PointerEvent): void {
    const now = spot(event);
    const before = down.get(event.pointerId);
    if (!before) return heard.hover(now.x, now.y);
    const pair = apart();
    down.set(event.pointerId, now);
    const wider = apart();
    if (pair && wider) {
      const camera: Camera = nearer(picture.camera, picture.screen, wider.far / Math.max(1, pair.far), wider.x, wider.y);
      picture.look({ ...camera, x: camera.x - (wider.x - pair.x) / camera.scale, y: camera.y - (wider.y - pair.y) / camera.scale });
      return;
    }
    if (begun && !begun.moved && Math.hypot(now.x - begun.x, now.y - begun.y) < TAP) return;
    if (begun) begun.moved = true;
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    const span = Math.max(1, event.timeStamp - pace.at);
    pace = { x: 0.6 * pace.x + (0.4 * dx) / span, y: 0.6 * pace.y + (0.4 * dy) / span, at: event.timeStamp };
    shift(dx, dy);
  }

  function released(event: PointerEvent): void {
    if (!down.delete(event.pointerId)) return;
    if (begun && !begun.moved && event.type === "pointerup") heard.tap(begun.x, begun.y);
    else if (begun?.moved && down.size === 0 && !calm() && event.timeStamp - pace.at < 60) glide();
    begun = null;
  }

  /** A thrown picture runs out gently. */
  function glide(): void {
    let last = performance.now();
    const step = (now: number) => {
      const span = Math.min(40, now - last);
      last = now;
      shift(pace.x * span, pace.y * span);
      const slower = 0.994 ** span;
      pace = { x: pace.x * slower, y: pace.y * slower, at: 0 };
      if (Math.hypot(pace.x, pace.y) > 0.02) gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  }

  function wheeled(event: WheelEvent): void {
    event.preventDefault();
    cancelAnimationFrame(gliding);
    const lines = event.deltaMode === 1 ? 18 : 1;
    // Sideways, or with shift, it moves along the street; else it goes nearer, as maps do.
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return shift(-(event.deltaX || event.deltaY) * lines, 0);
    const { x, y } = spot(event);
    const strength = event.ctrlKey ? 6 : 1;
    picture.look(nearer(picture.camera, picture.screen, Math.exp(-event.deltaY * lines * WHEEL * strength), x, y));
  }

  const left = () => heard.away();
  canvas.addEventListener("pointerdown", pressed);
  canvas.addEventListener("pointermove", moved);
  canvas.addEventListener("pointerup", released);
  canvas.addEventListener("pointercancel", released);
  canvas.addEventListener("pointerleave", left);
  canvas.addEventListener("wheel", wheeled, { passive: false });
  return () => {
    cancelAnimationFrame(gliding);
    canvas.removeEventListener("pointerdown", pressed);
    canvas.removeEventListener("pointermove", moved);
    canvas.removeEventListener("pointerup", released);
    canvas.removeEventListener("pointercancel", released);
    canvas.removeEventListener("pointerleave", left);
    canvas.removeEventListener("wheel", wheeled);
  };
}
