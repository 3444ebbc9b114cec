import { watch, type WatchSource } from "vue";

/**
 * A list that is put in another order under somebody's hands must not drop them: a browser takes the
 * focus away from an element that is moved. What held the focus within `box` when `rows` changed, and
 * still stands on the page after it, holds it again.
 */
export function useKeptFocus(rows: WatchSource, box: () => HTMLElement | null | undefined): void {
  let held: HTMLElement | null = null;
  watch(rows, () => {
    const now = document.activeElement;
    held = now instanceof HTMLElement && box()?.contains(now) ? now : null;
  });
  watch(rows, () => {
    if (held?.isConnected && document.activeElement === document.body) held.focus({ preventScroll: true });
    held = null;
  }, { flush: "post" });
}
