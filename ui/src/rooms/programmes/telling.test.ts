// @vitest-environment jsdom
import { expect, it } from "vitest";
import { byAnswer, byLine, raised, stretchOf, type Programme } from "./telling";

const text = { en: "", zh: "" };
const finding = (code: string, severity: string) => ({ code, severity, points: 0, text, due_hours: null });
const task = (code: string, ...findings: string[]) => ({ code, text, role: "shopper", after_hours: 0, within_hours: 24, findings });
const pack = {
  line: "emergency", findings: [finding("alone", "minor"), finding("ill", "critical"), finding("food", "major")],
  follow_ups: [task("call", "ill"), task("bring", "food", "ill"), task("again")],
} as unknown as Programme;

it("tells which finding raises which task, the gravest first", () => {
  expect(raised(pack).map((one) => [one.finding.code, one.tasks.map((each) => each.code)])).toEqual([
    ["ill", ["call", "bring"]], ["food", ["bring"]], ["alone", []],
  ]);
  expect(byAnswer(pack).map((one) => one.code)).toEqual(["again"]);
});

it("keeps the order of the lines of service", () => {
  const some = ["emergency", "extended_supply", "emergency"].map((line) => ({ ...pack, line }) as unknown as Programme);
  expect(byLine(some).map(([line, all]) => [line, all.length])).toEqual([["extended_supply", 1], ["emergency", 2]]);
});

it("says hours as people do", () => {
  expect(stretchOf(1, "en")).toBe("1 hour");
  expect(stretchOf(24, "en")).toBe("24 hours");
  expect(stretchOf(72, "en")).toBe("3 days");
  expect(stretchOf(72, "zh-Hans")).toBe("3天");
});
