/** The buildings of a campaign's place, for choices and for names in place of codes. */
import { api, ask, type Schemas } from "@/api/client";
import { useAsk, type Asked } from "@/api/use";

export function useBuildings(place: () => string): Asked<Schemas["Place"][]> {
  return useAsk(async () => {
    const { items } = await ask(api.GET("/api/v1/places/{place}/children", { params: { path: { place: place() }, query: { limit: 500 } } }));
    return items.filter((one) => one.kind === "building");
  });
}
