/** Which names a map shows: as many as fit without covering each other, the first wanted first. */

export interface Label {
  id: string;
  text: string;
  /** Where its lower middle stands, in pixels of the frame. */
  x: number;
  y: number;
  width: number;
}
export interface Frame {
  width: number;
  height: number;
}
/** With letters of the usual size. */
export const HEIGHT = 22;
/** So much air stays between two names. */
const AIR = 3;

/** The labels that fit into a frame, of those in the order in which they are wanted. One that begins beyond the frame's side is moved in. */
export function fitting(labels: Iterable<Label>, frame: Frame, taken: readonly Box[] = [], height = HEIGHT): Label[] {
  const boxes: Box[] = [...taken];
  const found: Label[] = [];
  for (const wanted of labels) {
    if (wanted.x < 0 || wanted.x > frame.width) continue;
    const one = { ...wanted, x: Math.max(wanted.width / 2, Math.min(frame.width - wanted.width / 2, wanted.x)) };
    const box = { left: one.x - one.width / 2, right: one.x + one.width / 2, top: one.y - height, bottom: one.y };
    const inside = box.left >= 0 && box.right <= frame.width && box.top >= 0 && box.bottom <= frame.height;
    if (!inside || boxes.some((other) => meet(box, other))) continue;
    boxes.push(box);
    found.push(one);
  }
  return found;
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}
function meet(one: Box, other: Box): boolean {
  return one.left < other.right + AIR && other.left < one.right + AIR && one.top < other.bottom + AIR && other.top < one.bottom + AIR;
}

/** How a place comes in the order of names: the worst first, what is not told last, a larger one before. */
export function worstFirst<One extends { share: number | null | undefined; homes: number }>(places: readonly One[], high: boolean): One[] {
  const badness = ({ share }: One) => (typeof share === "number" ? (high ? share : 1 - share) : -1);
  return [...places].sort((one, other) => badness(other) - badness(one) || other.homes - one.homes);
}
