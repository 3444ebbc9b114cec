/** The campaign that a page's tabs are about, asked for once by their frame. */
import { inject, type InjectionKey } from "vue";
import type { Schemas } from "@/api/client";
import type { Asked } from "@/api/use";

export const THE_CAMPAIGN: InjectionKey<Asked<Schemas["Campaign"]>> = Symbol("campaign");

export function useCampaign(): Asked<Schemas["Campaign"]> {
  const found = inject(THE_CAMPAIGN);
  if (!found) throw new Error("no campaign's frame around this page");
  return found;
}
