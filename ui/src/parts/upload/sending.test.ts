import { describe, expect, it } from "vitest";
import { Problem, lost } from "@/api/problem";
import { Stopped, pace, partAt, sendFile, type Ways } from "./sending";

const PART = 4;
const file = Object.assign(new Blob(["abcdefghij"]), { name: "readings.csv" });

/** A server that keeps parts, and whatever a test makes go wrong on the way to it. */
function server(came: number[] = [], mishap: (number: number, turn: number) => void = () => undefined) {
  const kept = new Map<number, string>();
  const waits: number[] = [];
  const log: number[] = [];
  const missing = () => [0, 1, 2].filter((number) => !kept.has(number) && !came.includes(number));
  const shown = () => ({ id: "i1", part_bytes: PART, size: file.size, missing: missing() });
  let turn = 0;
  const ways: Ways = {
    begin: async () => shown(),
    look: async () => shown(),
    put: async (_id, number, part, sent) => {
      log.push(number);
      sent(part.size / 2);
      mishap(number, turn++);
      kept.set(number, await part.text());
    },
    wait: async (milliseconds) => void waits.push(milliseconds),
  };
  return { ways, kept, waits, log, missing };
}
const quiet = { bytes: () => undefined, stalled: () => undefined };

describe("a file in parts", () => {
  it("arrives whole, the last part shorter", async () => {
    const there = server();
    expect(await sendFile(file, there.ways, quiet, new AbortController().signal)).toBe("i1");
    expect([...there.kept.values()]).toEqual(["abcd", "efgh", "ij"]);
    expect(partAt(file, 2, PART).size).toBe(2);
  });
  it("sends only what the server has not", async () => {
    const there = server([0, 2]);
    await sendFile(file, there.ways, quiet, new AbortController().signal);
    expect(there.log).toEqual([1]);
  });
  it("waits longer and longer while the line is down, says so, and goes on with the same part", async () => {
    const there = server([], (number, turn) => {
      if (number === 1 && turn < 4) throw lost();
    });
    const said: boolean[] = [];
    await sendFile(file, there.ways, { ...quiet, stalled: (down) => said.push(down) }, new AbortController().signal);
    expect(there.waits).toEqual([1000, 2000, 4000]);
    expect(there.log).toEqual([0, 1, 1, 1, 1, 2]);
    expect(said).toContain(true);
    expect(said.at(-1)).toBe(false);
  });
  it("ends with what the server refuses for good", async () => {
    const there = server([], () => {
      throw new Problem({ code: "incoming.part-conflict", title: "other bytes" }, 409);
    });
    await expect(sendFile(file, there.ways, quiet, new AbortController().signal)).rejects.toMatchObject({ status: 409 });
  });
  it("asks once more at the end, and sends again what did not come after all", async () => {
    const there = server();
    let dropped = false;
    const look = there.ways.look;
    there.ways.look = async (id) => {
      if (!dropped) there.kept.delete(1);
      dropped = true;
      return look(id);
    };
    await sendFile(file, there.ways, quiet, new AbortController().signal);
    expect(there.log).toEqual([0, 1, 2, 1]);
    expect(there.missing()).toEqual([]);
  });
  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const there = server([], () => {
      stop.abort();
      throw lost();
    });
    await expect(sendFile(file, there.ways, quiet, stop.signal)).rejects.toBeInstanceOf(Stopped);
  });
  it("tells bytes that never go back below what came", async () => {
    const told: number[] = [];
    await sendFile(file, server([0]).ways, { ...quiet, bytes: (came) => told.push(came) }, new AbortController().signal);
    expect(told[0]).toBe(4);
    expect(told.at(-1)).toBe(10);
    expect([...told].sort((a, b) => a - b)).toEqual(told);
  });
});

describe("its pace", () => {
  it("says nothing before it knows anything, then what is left", () => {
    const seen = pace();
    seen.saw(0, 0);
    expect(seen.left(100)).toBeNull();
    for (let second = 1; second <= 20; second++) seen.saw(second * 1000, second * 50);
    expect(seen.left(100)).toBeCloseTo(2, 1);
  });
});
