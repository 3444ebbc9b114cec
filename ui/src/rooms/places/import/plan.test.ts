import { expect, it } from "vitest";
import { standing, type TablePlan } from "./plan";

const plan = (more: Partial<TablePlan>) => ({ rows: 10, added: 0, changed: 0, unchanged: 0, refused: 0, faults: [], steps: [], plan: "x", applied: false, ...more }) as TablePlan;

it("is ready where something is new and nothing is refused, or the refused may be left out", () => {
  expect(standing(plan({ added: 10 }), false)).toBe("ready");
  expect(standing(plan({ added: 9, refused: 1 }), false)).toBe("refused");
  expect(standing(plan({ added: 9, refused: 1 }), true)).toBe("ready");
});

it("has nothing to do where all is there already, and nothing that may be done where all is refused", () => {
  expect(standing(plan({ unchanged: 10 }), false)).toBe("nothing");
  expect(standing(plan({ unchanged: 9, refused: 1 }), true)).toBe("nothing");
  expect(standing(plan({ refused: 10 }), true)).toBe("refused");
  expect(standing(plan({ added: 10, applied: true }), false)).toBe("applied");
});
