/** Who may have supplies: those in the books, places, and people whom one may list. */
import { api, ask, type Schemas } from "@/api/client";
import type { Choice } from "@/parts/picking";
import { findPlaces } from "@/parts/places";
import { lineOf } from "@/parts/where";
import { may, placesWith } from "@/session/session";

export type Holder = Schemas["Holder"];

/** A holder as people call it: a person, a donor, or where a place is. */
export function holderName(one: Holder): string {
  return one.where ? lineOf(one.where) : one.name;
}

/** Those of the books, with what `more` says of each; one of whom it says null is left out. */
export function inBooks(holders: readonly Holder[], more: (one: Holder) => string | null): Choice[] {
  return holders.flatMap((one) => {
    const [name, said] = [holderName(one), more(one)];
    return said === null ? [] : [{ id: one.holder, name, code: one.where?.code ?? name, more: said }];
  });
}

/** What the books know stands before what was found, and adds to it what it says of it. */
export function together(text: string, books: readonly Choice[], found: readonly Choice[]): Choice[] {
  const [wanted, by] = [text.toLowerCase(), new Map(found.map((one) => [one.id, one]))];
  const held = books.filter((one) => by.has(one.id) || [one.name, one.code].some((said) => said.toLowerCase().includes(wanted)));
  const first = held.map((one) => ({ ...one, ...by.get(one.id), more: [by.get(one.id)?.more, one.more].filter(Boolean).join(" · ") }));
  return [...first, ...found.filter((one) => !first.some((known) => known.id === one.id))];
}

/** People by name or code, from wherever one may list them; whoever may list none finds none. */
export async function findPeople(text: string): Promise<Choice[]> {
  const where = may("assign") ? [undefined] : placesWith("see_people").map((one) => one.id);
  const lists = await Promise.all(where.map((place) => ask(api.GET("/api/v1/people", { params: { query: { text, limit: 20, place } } }))));
  return lists.flatMap((list) => list.items.map((one) => ({ id: `person:${one.id}`, name: one.name, code: one.code })));
}

/** Who has supplies first, then wherever and whoever else a text finds. `person:CODE` stands for itself. */
export async function findHolders(text: string, books: readonly Choice[], needs: "manage_stock" | "see_area"): Promise<Choice[]> {
  if (!text) return [...books];
  if (/^person:\S+$/.test(text)) return [{ id: text, name: text, code: text }];
  const [places, people] = await Promise.all([findPlaces(text, needs), findPeople(text)]);
  return together(text, books, [...places.map((one) => ({ ...one, id: `place:${one.id}` })), ...people]);
}
