import { expect, it } from "vitest";
import { doorsOf, eventsOf, listing, nobodyOf, statesOf, type WhatIfRow } from "./outcome";

const side = (dark: number | null, doors: number | null) => ({ states: { dark, micro: 18, low: 30, lived_in: 250, unknown: null }, doors, events: { went_dark: 35, frozen_high: null } });
const row = (after: WhatIfRow["after"]) => ({ community: "", homes: 320, before: side(16, 45), after, moved: null }) as unknown as WhatIfRow;

it("sets before beside after, and says no difference where one of both is held back", () => {
  const found = statesOf(row(side(20, 40) as WhatIfRow["after"]));
  expect(found.map((one) => one.key)).toEqual(["lived_in", "low", "micro", "dark", "unknown"]);
  expect(found[3]).toEqual({ key: "dark", before: 16, after: 20, difference: 4 });
  expect(found[4]).toEqual({ key: "unknown", before: null, after: null, difference: null });
});

it("tells of before alone where what would be is held back as a whole", () => {
  expect(doorsOf(row(null))).toEqual({ key: "doors", before: 45, after: null, difference: null });
  expect(eventsOf(row(null)).map((one) => [one.key, one.before, one.after])).toEqual([["went_dark", 35, null], ["frozen_high", null, null]]);
});

it("adds dark and micro up only where both are told", () => {
  expect(nobodyOf(row(side(20, 40) as WhatIfRow["after"]))).toMatchObject({ before: 34, after: 38, difference: 4 });
  expect(nobodyOf(row(side(null, 40) as WhatIfRow["after"]))).toMatchObject({ before: 34, after: null, difference: null });
});

it("says what becomes of a door's place on the list", () => {
  const said = (before: boolean, after: boolean) => listing({ listed_before: before, listed_after: after });
  expect([said(true, false), said(false, true), said(true, true), said(false, false)]).toEqual(["goesOff", "comesOn", "stays", "staysOff"]);
});
