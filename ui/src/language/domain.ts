/** What the domain says of its own words (roles, states, outcomes …), as `ui/contract.py` wrote it. */
import domain from "@/language/domain.json";
import { say, type Said } from "@/language/words";

type Tables = Record<string, Record<string, Said>>;
export type Table = keyof typeof domain;

/** A value of a table in the reader's language; the value itself where the domain has no word. */
export function word(table: Table, value: string | null | undefined): string {
  if (!value) return "";
  const found = (domain as Tables)[table]?.[value];
  return found ? say(found) : value;
}

/** All values of a table, in the domain's order, for choices. */
export function choices(table: Table): { value: string; label: string }[] {
  return Object.entries((domain as Tables)[table] ?? {}).map(([value, text]) => ({ value, label: say(text) }));
}
