import { expect, test } from "vitest";
import { nextOf, stages, suggestedCode, tokenOf } from "./steps";

const empty = { has_registry: false, last_ingest: null, night_through: null };

test("what is next is the first that is neither done nor left out", () => {
  expect(nextOf(stages(null, []))).toBe("account");
  expect(nextOf(stages(empty, []))).toBe("registry");
  expect(nextOf(stages(empty, ["registry"]))).toBe("readings");
  expect(nextOf(stages({ ...empty, has_registry: true, last_ingest: {} }, []))).toBe("night");
  expect(nextOf(stages(empty, ["registry", "readings", "night"]))).toBeNull();
});

test("what was left out and done later is done", () => {
  const all = stages({ ...empty, has_registry: true }, ["registry"]);
  expect(all.map((one) => one.state)).toEqual(["done", "done", "open", "open"]);
});

test("a token is read from the fragment, and nothing else is taken for one", () => {
  expect(tokenOf("#kTf0aZ_-9hQyWl2mN4pR7sUvXz01AbCd")).toBe("kTf0aZ_-9hQyWl2mN4pR7sUvXz01AbCd");
  for (const none of ["", "#", "#main", "#<script>alert(1)</script>"]) expect(tokenOf(none)).toBeNull();
});

test("a district's code is made of its name where that has Latin letters", () => {
  expect([suggestedCode("Jiang'an"), suggestedCode("East Lake "), suggestedCode("江岸区"), suggestedCode("")]).toEqual(["JIANGAN", "EAST-LAKE", "D1", "D1"]);
});
