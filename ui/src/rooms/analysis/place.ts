/** The place that the room looks at: in the address, so that a link shows the same to somebody else. */
import { computed, type WritableComputedRef } from "vue";
import { useRoute, useRouter, type RouteLocationNormalizedLoaded } from "vue-router";
import { placesWith } from "@/session/session";

export function placeOf(route: RouteLocationNormalizedLoaded): string {
  const found = route.query["place"];
  return typeof found === "string" ? found : "";
}

/** The chosen place's id; the widest that one may analyse, until another is chosen. */
export function usePlace(): WritableComputedRef<string> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get: () => placeOf(route) || (placesWith("analyse")[0]?.id ?? ""),
    set: (place) => void router.replace({ query: { ...route.query, place } }),
  });
}
