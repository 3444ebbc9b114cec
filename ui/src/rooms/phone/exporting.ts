/** The last resort: all that is unsent as a file, for who gives the phone away or loses hope in it. */
import { saveFile } from "@/parts/save";
import { now } from "./core/clock";
import { exported } from "./core/room";
import { store } from "./phone";

export async function exportUnsent(): Promise<void> {
  if (!store.value) return;
  const text = JSON.stringify(await exported(store.value, now()), null, 1);
  const at = now().toISOString().slice(0, 16).replace(/[:T]/g, "-");
  saveFile(new Blob([text], { type: "application/json" }), `lamplit-unsent-${at}.json`);
}
