import type { Schemas } from "@/api/client";
import { lineOf } from "@/parts/where";

/** A holder as people call it: a person, a donor, or where a place is. */
export function holderName(one: Schemas["Holder"]): string {
  return one.where ? lineOf(one.where) : one.name;
}
