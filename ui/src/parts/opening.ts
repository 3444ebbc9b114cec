/** What a door is opened for: the open campaigns around a place, and their purposes. */
import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import { api, ask, type Schemas } from "@/api/client";

type Campaign = Schemas["Campaign"];
type Place = Schemas["Place"];

const rank = (one: Campaign) => (one.programme === "household_sweep" ? 0 : one.programme === "building_care" ? 1 : 2);

/** Open campaigns of a place itself, of what lies over it or in it; those that knock first of all. */
export async function openCampaigns(place: Place): Promise<Campaign[]> {
  const found = await ask(api.GET("/api/v1/campaigns", { params: { query: { state: ["open"] } } }));
  const around = new Set([place.id, place.parent_id, place.community_id, place.building_id].filter(Boolean));
  const near = found.filter((one) => around.has(one.place_id));
  return (near.length ? near : found).sort((a, b) => rank(a) - rank(b) || a.code.localeCompare(b.code));
}

/** The purposes that a campaign may open a door for; its own is chosen when the campaign changes. */
export function usePurposeOf(campaign: () => Campaign | null | undefined): { purpose: Ref<string>; purposes: ComputedRef<string[]> } {
  const purpose = ref("");
  const purposes = computed(() => {
    const now = campaign();
    const more = now?.parameters["purposes"];
    return now ? [...new Set([now.purpose, ...(Array.isArray(more) ? more.map(String) : [])])] : [];
  });
  watch(campaign, (now) => (purpose.value = now?.purpose ?? ""), { immediate: true });
  return { purpose, purposes };
}
