/** A word that passes: what was just done, with a way to take it back where there is one. */
import { reactive } from "vue";

export interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad" | "info";
  undo?: () => unknown;
}
export const toasts = reactive<Toast[]>([]);
let number = 0;
const MOST = 3;

export function toast(text: string, tone: Toast["tone"] = "good", undo?: () => unknown): void {
  const made: Toast = { id: ++number, text, tone, undo };
  toasts.push(made);
  // More than these nobody reads, and they would hide what is worked at.
  if (toasts.length > MOST) toasts.shift();
  setTimeout(() => dismiss(made.id), undo ? 12_000 : 6_000);
}

export function dismiss(id: number): void {
  const at = toasts.findIndex((one) => one.id === id);
  if (at >= 0) toasts.splice(at, 1);
}
