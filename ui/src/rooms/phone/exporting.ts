/** The last resort: all that is unsent as a file, for who gives the phone away or loses hope in it. */
import { now } from "./core/clock";
import { exported } from "./core/room";
import { store } from "./phone";

export async function exportUnsent(): Promise<void> {
  if (!store.value) return;
  const text = JSON.stringify(await exported(store.value, now()), null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `lamplit-unsent-${now().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
