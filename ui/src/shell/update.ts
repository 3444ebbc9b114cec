/**
 * A new version: fetched quietly, told, and taken when the reader says so. Never by itself while
 * somebody writes; what is written is kept at each answer, so that the reload loses nothing.
 */
import { ref } from "vue";

export const updateReady = ref(false);
let waiting: ServiceWorker | null = null;
let asked = false;
const HOUR = 3_600_000;

export async function register(): Promise<void> {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  const registration = await navigator.serviceWorker.register("/sw.js").catch(() => null);
  if (!registration) return;
  const told = (worker: ServiceWorker | null) => {
    // Without a controller it is the first: there is nothing to be new against.
    if (!worker || !navigator.serviceWorker.controller) return;
    waiting = worker;
    updateReady.value = true;
  };
  told(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => worker.state === "installed" && told(worker));
  });
  let controlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    // Another tab took the new version: this one's parts are gone from the cache.
    if (controlled) reloadSoon();
    controlled = true;
  });
  setInterval(() => void registration.update().catch(() => undefined), HOUR);
}

/** A part of a version that the server no longer has: only the new version can help. */
addEventListener("vite:preloadError", (event) => {
  if (!navigator.onLine) return;
  event.preventDefault();
  reloadSoon();
});

const AGAIN = "lamplit.reloaded";

function reloadSoon(): void {
  if (asked || document.visibilityState === "hidden") return reload();
  updateReady.value = true;
  waiting = null;
}

/** Once in a while: a page that can't be had must not reload for ever. */
function reload(): void {
  const last = Number(sessionStorage.getItem(AGAIN) ?? 0);
  if (!asked && Date.now() - last < 30_000) return;
  sessionStorage.setItem(AGAIN, String(Date.now()));
  location.reload();
}

export function update(): void {
  asked = true;
  if (waiting) waiting.postMessage({ type: "SKIP_WAITING" });
  else location.reload();
}
