import { expect, it } from "vitest";
import { overall, preview, radius, through, wilson, type Diagram, type Found } from "./trust";

const share = (hits: number, of: number) => ({ hits, of, share: hits / of, low: 0, high: 1 });

it("adds up what the list pointed to", () => {
  expect(overall({ precision: { dark: share(2, 2), went_dark: share(5, 6) } } as unknown as Found)).toEqual({ hits: 7, of: 8 });
  expect(overall({ precision: {} } as unknown as Found)).toEqual({ hits: 0, of: 0 });
});

it("gives Wilson's interval as the server does", () => {
  const found = wilson(14, 15)!;
  expect(found.low).toBeCloseTo(0.7018347, 5);
  expect(found.high).toBeCloseTo(0.9881331, 5);
  expect(wilson(0, 0)).toBeNull();
  expect(wilson(3, 3)!.high).toBe(1);
});

it("puts a probability right between the knots, and keeps level beyond them", () => {
  const knots = [[0.5, 0.4], [0.9, 0.8], [0.95, 0.8]];
  expect([0.2, 0.5, 0.7, 0.92, 0.99].map((said) => Number(through(knots, said).toFixed(6)))).toEqual([0.4, 0.4, 0.6, 0.8, 0.8]);
  expect(through(null, 0.7)).toBe(0.7);
});

it("previews a correction beside the one in force, and nothing where there is none to make", () => {
  const diagram = { knots: [[0.5, 0.5], [1, 0.75]], in_force: { at: "", labels: 1, knots: [[0, 0.1], [1, 0.9]] } } as unknown as Diagram;
  expect(preview(diagram)[0]).toEqual({ said: 0.5, now: 0.5, then: 0.5 });
  expect(preview(diagram).at(-1)!.then).toBeLessThan(0.75);
  expect(preview({ knots: null } as unknown as Diagram)).toEqual([]);
});

it("draws a dot's area after its labels", () => {
  expect(radius(100, 100)).toBe(13);
  expect(radius(25, 100)).toBe(8.5);
});
