/** What a campaign goes to: homes, behind doors, or places that have neither (a work site, a compound). */
import type { Schemas } from "@/api/client";

/** Whether one may speak of doors. Where its programme can't be read any more, one does. */
export function toDoors(campaign: Pick<Schemas["Campaign"], "subjects"> | null | undefined): boolean {
  const kinds = campaign?.subjects ?? [];
  return !kinds.length || kinds.includes("household");
}
