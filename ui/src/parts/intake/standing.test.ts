import { describe, expect, test } from "vitest";
import type { Job } from "@/parts/upload/job";
import { awaiting, goingOn, leftOver, type Import } from "./standing";

const job = (more: Partial<Job>): Job => ({ id: "j", kind: "ingest", state: "running", mine: true, asked: { imports: ["a"] }, result: null, ...more }) as Job;
const file = (id: string, missing: number[] = []): Import => ({ id, name: `${id}.csv`, missing, whole: !missing.length }) as unknown as Import;

test("only one's newest job of a kind goes on, and only while it is open", () => {
  expect(goingOn([job({ id: "new" }), job({ id: "old" })], "ingest")?.id).toBe("new");
  expect(goingOn([job({ state: "done" }), job({ id: "old" })], "ingest")).toBeNull();
  expect(goingOn([job({ mine: false })], "ingest")).toBeNull();
  expect(goingOn([job({})], "night")).toBeNull();
});

describe("a plan waits to be applied", () => {
  const plan = (applied: boolean) => job({ kind: "registry", state: "done", result: { applied } });
  test("while its file is kept and nothing came after it", () => {
    expect(awaiting([plan(false)], [file("a")], "registry")).not.toBeNull();
    expect(awaiting([plan(false)], [], "registry")).toBeNull();
    expect(awaiting([plan(true), plan(false)], [file("a")], "registry")).toBeNull();
  });
  test("and its file is not left over", () => {
    expect(leftOver([plan(false)], [file("a"), file("b")], ["registry"]).map((one) => one.id)).toEqual(["b"]);
  });
});

test("a file is left over when no job of one's own reads it", () => {
  const all = [file("a"), file("b", [1, 2]), file("c")];
  expect(leftOver([job({})], all, ["registry"]).map((one) => one.id)).toEqual(["b", "c"]);
  expect(leftOver([job({ state: "failed" })], all, []).map((one) => one.id)).toEqual(["a", "b", "c"]);
});
