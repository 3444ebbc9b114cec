/** My finished, as the server has it. */
import { language } from "@/language/i18n";
import { askJson } from "./core/net";
import type { Schemas } from "@/api/client";

export type FinishedShown = Schemas["Finished"];

export async function finishedPage(cursor: string | null): Promise<{ items: FinishedShown[]; next: string | null } | null> {
  const query = new URLSearchParams({ limit: "20", ...(cursor ? { cursor } : {}) });
  const got = await askJson<{ items: FinishedShown[]; next: string | null }>(`/api/v1/me/finished?${query}`, { headers: { "Accept-Language": language() } });
  return got.kind === "told" && Array.isArray(got.data.items) ? got.data : null;
}
