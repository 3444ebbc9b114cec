import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Problem } from "@/api/problem";
import { useLatest } from "./latest";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const slow = (asked: number[]) => async (wish: number) => {
  asked.push(wish);
  await new Promise((done) => setTimeout(done, 1000));
  return wish * 10;
};

it("asks once a slider rests, and for where it rests", async () => {
  const asked: number[] = [];
  const latest = useLatest(slow(asked), 200);
  for (const at of [1, 2, 3]) latest.ask(at);
  await vi.advanceTimersByTimeAsync(199);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1100);
  expect(asked).toEqual([3]);
  expect(latest.answer.value).toEqual({ wish: 3, told: 30 });
  expect(latest.busy.value).toBe(false);
});

it("never asks twice at a time, and skips what was overtaken", async () => {
  const asked: number[] = [];
  const latest = useLatest(slow(asked), 10);
  latest.ask(1);
  await vi.advanceTimersByTimeAsync(20);
  for (const at of [2, 3, 4]) {
    latest.ask(at);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked).toEqual([1]);
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toEqual([1, 4]);
  expect(latest.answer.value?.told).toBe(40);
});

it("keeps the last answer where one could not be had, and goes on", async () => {
  let broken = false;
  const latest = useLatest(async (wish: number) => {
    if (broken) throw new Problem({ code: "x", title: "x" }, 503);
    return wish;
  }, 0);
  latest.ask(1);
  await vi.advanceTimersByTimeAsync(1);
  broken = true;
  latest.ask(2);
  await vi.advanceTimersByTimeAsync(1);
  expect([latest.answer.value?.told, latest.problem.value?.code]).toEqual([1, "x"]);
  broken = false;
  latest.ask(3);
  await vi.advanceTimersByTimeAsync(1);
  expect([latest.answer.value?.told, latest.problem.value]).toEqual([3, null]);
});
