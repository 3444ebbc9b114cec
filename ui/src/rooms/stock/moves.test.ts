// @vitest-environment jsdom
import { expect, it } from "vitest";
import { kindOf, settled, type Move } from "./moves";

it("tells the kinds of moves apart", () => {
  expect(kindOf({ from_holder: "donor:Mill", to_holder: "place:1" })).toBe("received");
  expect(kindOf({ from_holder: null, to_holder: "place:1" })).toBe("received");
  expect(kindOf({ from_holder: "place:1", to_holder: "person:2" })).toBe("transferred");
  expect(kindOf({ from_holder: "person:2", to_holder: null })).toBe("given");
});

it("a reversal settles both", () => {
  const move = (id: string, reverses_id: string | null) => ({ id, reverses_id }) as Move;
  expect([...settled([move("b", "a"), move("a", null), move("c", null)])].sort()).toEqual(["a", "b"]);
});
