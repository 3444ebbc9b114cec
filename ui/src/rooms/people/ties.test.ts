import { expect, it } from "vitest";
import { byTime, type Tie } from "./ties";

const tie = (id: string, starts: string, ends: string | null) => ({ id, starts, ends }) as Tie;

it("ends are exclusive: who is withdrawn today is in the past today", () => {
  const found = byTime([tie("a", "2026-01-01", null), tie("b", "2026-01-01", "2026-03-02"), tie("c", "2026-01-01", "2026-03-03"), tie("d", "2026-03-03", null)], "2026-03-02");
  expect(found.now.map((one) => one.id)).toEqual(["a", "c"]);
  expect(found.past.map((one) => one.id)).toEqual(["b"]);
  expect(found.coming.map((one) => one.id)).toEqual(["d"]);
});
