/** What the labels say, made ready to be drawn. */
import type { paths, Schemas } from "@/api/client";

export type Found = paths["/api/v1/labels"]["get"]["responses"][200]["content"]["application/json"];
export type Knots = readonly (readonly number[])[];
type Told = Schemas["Diagram"];
/** The client loosens pairs to lists of numbers. */
export type Diagram = Omit<Told, "knots" | "in_force"> & { knots?: Knots | null; in_force?: { at: string; labels: number; knots: Knots } | null };
export type Curve = Told["raw"];

/** All that a signal pointed to, together. */
export function overall(found: Found): { hits: number; of: number } {
  return Object.values(found.precision).reduce((sum, one) => ({ hits: sum.hits + one.hits, of: sum.of + one.of }), { hits: 0, of: 0 });
}

const Z = 1.959964;

/** Wilson's 95 % interval of so many of so many; null of none. Source: E. B. Wilson, JASA 22 (1927) 209-212. */
export function wilson(hits: number, of: number): { low: number; high: number } | null {
  if (of <= 0) return null;
  const [share, square] = [hits / of, (Z * Z) / of];
  const middle = (share + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((share * (1 - share)) / of + square / (4 * of))) / (1 + square);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** A probability put right: straight lines between the knots, level beyond them. */
export function through(knots: Knots | null | undefined, said: number): number {
  if (!knots?.length) return said;
  const [first, last] = [knots[0]!, knots.at(-1)!];
  if (said <= first[0]!) return first[1]!;
  if (said >= last[0]!) return last[1]!;
  const at = knots.findIndex((knot) => knot[0]! >= said);
  const [[x0, y0], [x1, y1]] = [knots[at - 1]! as [number, number], knots[at]! as [number, number]];
  return x1 === x0 ? y1 : y0 + ((said - x0) / (x1 - x0)) * (y1 - y0);
}

export const PREVIEWED = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98];

/** What stands on the list now and what would, for probabilities that the rules give. */
export function preview(diagram: Diagram): { said: number; now: number; then: number }[] {
  if (!diagram.knots) return [];
  return PREVIEWED.map((said) => ({ said, now: through(diagram.in_force?.knots, said), then: through(diagram.knots, said) }));
}

/** How large a dot of so many labels is drawn: its area follows them. */
export function radius(labels: number, most: number): number {
  return 4 + 9 * Math.sqrt(labels / Math.max(1, most));
}
