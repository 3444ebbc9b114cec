/** What this tab and this device remember of the first run: the link's token, what was left for later. */
import { ref } from "vue";
import { tokenOf } from "./steps";

const TOKEN = "lamplit.setup";
const SKIPPED = "lamplit.setup.skipped";

/**
 * The token of the link; the page takes it out of the address at once. The tab keeps it until the account
 * is made, so that a reload goes on.
 */
export function take(hash: string): void {
  const found = tokenOf(hash);
  if (!found) return;
  token.value = found;
  try {
    sessionStorage.setItem(TOKEN, found);
  } catch {
    // Until the page is closed.
  }
}

function before(): string | null {
  try {
    return sessionStorage.getItem(TOKEN);
  } catch {
    return null;
  }
}

function kept(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(SKIPPED) ?? "[]");
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

export const token = ref(before());
export const skipped = ref(kept());

export function forget(): void {
  token.value = null;
  try {
    sessionStorage.removeItem(TOKEN);
  } catch {
    // It was never kept.
  }
}

export function skip(step: string): void {
  skipped.value = [...new Set([...skipped.value, step])];
  try {
    localStorage.setItem(SKIPPED, JSON.stringify(skipped.value));
  } catch {
    // It is asked again after a reload.
  }
}
