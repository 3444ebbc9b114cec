/** The community that was looked at last, on this device. */
const KEPT = "lamplit.facade";

export function lastPlace(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export function rememberPlace(place: string | null): void {
  try {
    if (place) localStorage.setItem(KEPT, place);
    else localStorage.removeItem(KEPT);
  } catch {
    // It is asked again next time.
  }
}
