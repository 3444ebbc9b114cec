/** Places to pick from: what a text finds where one has an ability, and what there is to begin with. */
import { api, ask, type Schemas } from "@/api/client";
import { word } from "@/language/domain";
import { nameOf } from "@/language/words";
import type { Choice } from "@/parts/picking";
import { beginning, lineOf } from "@/parts/where";
import { placesWith, type Ability } from "@/session/session";

type Place = Schemas["Place"];
const MOST = 20;

export function choiceOf(one: Place, above: readonly { name_zh?: string | null; name_en?: string | null; code: string }[] = []): Choice {
  const name = one.kind === "household" ? lineOf({ ...one, name: null }) : nameOf(one);
  return { id: one.id, name, code: one.code, more: [beginning(word("place", one.kind)), ...above.map(nameOf)].join(" · ") };
}

/** Without a text: one's own places, and what lies right under the wide ones. Homes go by their whole code. */
export async function findPlaces(text: string, needs: Ability): Promise<Choice[]> {
  if (text) return (await ask(api.GET("/api/v1/places/search", { params: { query: { text, limit: MOST, needs } } }))).map((one) => choiceOf(one.place, one.above));
  const mine = placesWith(needs);
  const wide = mine.filter((one) => one.kind === "district" || one.kind === "community").slice(0, 3);
  const under = await Promise.all(
    wide.map(async (place) => (await ask(api.GET("/api/v1/places/{place}/children", { params: { path: { place: place.id }, query: { limit: MOST } } }))).items.map((one) => choiceOf(one, [place]))),
  );
  return [...new Map([...mine.map((one) => choiceOf(one)), ...under.flat()].map((one) => [one.id, one])).values()];
}
