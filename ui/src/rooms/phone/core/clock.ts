/** The time as the server has it: phones' clocks are wrong by a day more often than one thinks. */

/** From here on a wrong clock is told: below, a slow line could be the cause. */
export const TOLD_MS = 120_000;
const KEPT = "lamplit.clock";

let offset = read();
const listeners = new Set<() => void>();

function read(): number {
  try {
    return Number(localStorage.getItem(KEPT)) || 0;
  } catch {
    return 0; // Storage is off, or this is the service worker.
  }
}

/** How far the server's clock is ahead of this phone's, in milliseconds. */
export function clockOffset(): number {
  return offset;
}

export function now(): Date {
  return new Date(Date.now() + offset);
}

/** Learn from an answer: its `Date` was written between the question and its arrival. */
export function learn(response: Response, asked: number, arrived = Date.now()): void {
  const said = Date.parse(response.headers.get("date") ?? "");
  // A line this slow says nothing of clocks; a cached answer says when it was made.
  if (!said || arrived - asked > 20_000 || response.headers.has("age")) return;
  const found = said + 500 - (asked + arrived) / 2;
  const next = Math.abs(found) < 2_000 + (arrived - asked) ? 0 : Math.round(found);
  if (Math.abs(next - offset) < 1_000) return;
  offset = next;
  try {
    localStorage.setItem(KEPT, String(offset));
  } catch {
    // It lasts for this visit.
  }
  listeners.forEach((tell) => tell());
}

export function onClock(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
