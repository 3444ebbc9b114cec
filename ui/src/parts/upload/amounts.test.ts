import { describe, expect, it } from "vitest";
import { lengthOf, sizeOf } from "./amounts";

describe("amounts", () => {
  it("says bytes in the unit that fits", () => {
    const said = [0, 1, 999, 1500, 8_388_608, 123_456_789, 2.5e9].map((bytes) => sizeOf(bytes, "en"));
    expect(said).toEqual(["0 bytes", "1 byte", "999 bytes", "1.5 kB", "8.4 MB", "123 MB", "2.5 GB"]);
  });
  it("says how long in words, never less than it is", () => {
    expect([0.2, 89, 90, 7000].map((seconds) => lengthOf(seconds, "en"))).toEqual(["1 second", "89 seconds", "2 minutes", "2 hours"]);
    expect(lengthOf(130, "zh-Hans")).toBe("3分钟");
  });
});
