import { expect, test } from "vitest";
import { concerns, type Status } from "./concerns";

const well = {
  disk_free: 80e9, disk_total: 100e9, last_day: "2024-02-19", today: "2024-02-20", set_aside: 0, rejected: 0, unworked: false, has_registry: true,
} as Status;
const codes = (more: Partial<Status>) => concerns({ ...well, ...more }).map((one) => `${one.code} ${one.tone}`);

test("where all is well there is nothing to look at", () => {
  expect(codes({})).toEqual([]);
});

test("a disk that fills is told before it is full", () => {
  expect(codes({ disk_free: 9e9 })).toEqual(["disk warn"]);
  expect(codes({ disk_free: 1e9, disk_total: 5e9 })).toEqual(["disk bad"]);
});

test("readings may be a day behind, not a week", () => {
  expect(codes({ last_day: "2024-02-18" })).toEqual([]);
  expect(codes({ last_day: "2024-02-12" })).toEqual(["silent warn"]);
  expect(codes({ last_day: null, unworked: true })).toEqual(["no_readings info"]);
});

test("what waits for somebody is told, the gravest first", () => {
  expect(codes({ set_aside: 2, rejected: 1, unworked: true, has_registry: false })).toEqual(["set_aside warn", "rejected warn", "unworked info", "no_registry info"]);
});
