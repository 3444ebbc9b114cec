import { expect, test } from "vitest";
import cases from "./cases.json";
import { lengthOf, weakness } from "./policy";

test.each(cases as [string, string[], string | null][])("%s is judged as the server judges it", (password, names, wanted) => {
  expect(weakness(password, names)).toBe(wanted);
});

test("letters are counted as people see their composed form, not as UTF-16 has them", () => {
  expect(lengthOf("e\u0301te\u0301")).toBe(3);
  expect(lengthOf("灯🏮")).toBe(2);
});
