/** Light or dark: the system's, until somebody chooses for this device. */
import { ref } from "vue";

const KEPT = "lamplit.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
export const dark = ref(now());
system.addEventListener("change", () => (dark.value = now()));

function now(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "dark" : system.matches;
}

export function turnTheme(): void {
  const chosen = now() ? "light" : "dark";
  document.documentElement.dataset["theme"] = chosen;
  dark.value = chosen === "dark";
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // It lasts for this visit.
  }
}
