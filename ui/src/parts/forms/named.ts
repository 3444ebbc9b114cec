/**
 * What ODK Web Forms leaves out of the sliders that it draws: the name, so that a reader of the screen says "slider"
 * and not of what, and a value until one is chosen. Each gets the words of its question, and says that it has no
 * answer yet, as soon as it is drawn.
 */
import type { ObjectDirective } from "vue";

const WORDS = "label, legend, .control-text";
const watching = new WeakMap<HTMLElement, MutationObserver>();
let last = 0;

/** Name each slider under `root` that has no name by the nearest words above it. */
export function nameSliders(root: HTMLElement): void {
  for (const handle of root.querySelectorAll<HTMLElement>('[role="slider"]')) {
    if (!handle.hasAttribute("aria-valuenow")) {
      handle.setAttribute("aria-valuenow", handle.getAttribute("aria-valuemin") ?? "0");
      handle.setAttribute("aria-valuetext", "–");
    }
    if (handle.matches("[aria-label], [aria-labelledby]")) continue;
    let around = handle.parentElement;
    while (around && around !== root && !around.querySelector(WORDS)) around = around.parentElement;
    const words = around?.querySelector<HTMLElement>(WORDS);
    if (!words) continue;
    words.id ||= `slider-words-${++last}`;
    handle.setAttribute("aria-labelledby", words.id);
  }
}

/** An answer was chosen: the value says it from now on. */
export function answered(changes: readonly MutationRecord[]): void {
  for (const { target, attributeName } of changes) if (attributeName === "aria-valuenow") (target as HTMLElement).removeAttribute("aria-valuetext");
}

export const vNamed: ObjectDirective<HTMLElement> = {
  mounted(root) {
    nameSliders(root);
    const watch = new MutationObserver((changes) => {
      answered(changes);
      nameSliders(root);
      // What was written here is no answer.
      watch.takeRecords();
    });
    watch.observe(root, { childList: true, subtree: true, attributeFilter: ["aria-valuenow"] });
    watching.set(root, watch);
  },
  unmounted(root) {
    watching.get(root)?.disconnect();
  },
};
