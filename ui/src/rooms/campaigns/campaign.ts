/** The campaign that a page's tabs are about, asked for once by their frame. */
import { computed, inject, type ComputedRef, type InjectionKey } from "vue";
import type { Schemas } from "@/api/client";
import type { Asked } from "@/api/use";
import { toDoors } from "./subject";
import { useWords } from "./words";

export const THE_CAMPAIGN: InjectionKey<Asked<Schemas["Campaign"]>> = Symbol("campaign");

export function useCampaign(): Asked<Schemas["Campaign"]> {
  const found = inject(THE_CAMPAIGN);
  if (!found) throw new Error("no campaign's frame around this page");
  return found;
}

/** What this page's campaign goes to: whether doors, and so many of them, or of its places, in words. */
export function useSubject(): { doors: ComputedRef<boolean>; counted: (n: number) => string } {
  const { t } = useWords();
  const asked = useCampaign();
  const doors = computed(() => toDoors(asked.data.value));
  return { doors, counted: (n) => t(doors.value ? "nDoors" : "nPlaces", { n }, n) };
}
