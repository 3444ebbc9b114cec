import { bare, isolated } from "@/language/isolated";

/** What somebody may pick from a list that is searched: a name, and the code that stands for it elsewhere. */
export interface Choice {
  id: string;
  name: string;
  code: string;
  /** What tells it from others of its name: what it lies in, how much there is. */
  more?: string;
}

/** What a field says once something is picked. */
export function shown(one: Choice | null): string {
  return !one || one.name === one.code ? (one?.code ?? "") : `${isolated(one.name)} (${one.code})`;
}

/** The one that a text names wholly, by its code before its name; none where several bear it. */
export function exactly<One extends Choice>(text: string, some: readonly One[]): One | null {
  const wanted = bare(text).trim().toLowerCase();
  if (!wanted) return null;
  for (const said of [(one: One) => one.code, (one: One) => one.name, shown]) {
    const met = some.filter((one) => bare(said(one)).toLowerCase() === wanted);
    if (met.length) return met.length === 1 ? met[0]! : null;
  }
  return null;
}

/** The place in a list that a key moves to, round and round; -1 for none. */
export function moved(at: number, by: 1 | -1, length: number): number {
  if (!length) return -1;
  return at < 0 ? (by > 0 ? 0 : length - 1) : (at + by + length) % length;
}
