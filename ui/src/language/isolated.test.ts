import { describe, expect, it } from "vitest";
import { bare, isolated } from "./isolated";

describe("a name in a line with other words", () => {
  it("is left as it is where it turns nothing", () => {
    for (const one of ["梧桐里社区", "Building 1 · unit 2", "'); DROP TABLE person;--", ""]) expect(isolated(one)).toBe(one);
  });
  it("is set apart where it runs the other way", () => {
    expect(isolated("שלום 12")).toBe("\u2068שלום 12\u2069");
  });
  it("loses its orders to turn what follows, and what it leaves open or ends of others", () => {
    expect(isolated("\u202egnol\u2067x")).toBe("\u2068gnolx\u2069");
    expect(isolated("a\u2069\u202eb\u2068")).toBe("\u2068ab\u2069");
  });
  it("keeps names apart that were set apart within it", () => {
    const line = `${isolated("\u202eX")} · unit 1`;
    expect(isolated(line)).toBe("\u2068\u2068X\u2069 · unit 1\u2069");
  });
  it("is set apart once only, and can be had as somebody would type it", () => {
    const once = isolated("\u202eX");
    expect(isolated(once)).toBe(once);
    expect(isolated(`${once}${once}`)).toBe(`\u2068${once}${once}\u2069`);
    expect(bare(once)).toBe("X");
  });
  it("has no tower of marks, which no line can break", () => {
    expect(isolated(`Z${"\u0310".repeat(200)}!`)).toBe(`Z${"\u0310".repeat(8)}!`);
    expect(isolated("Nguye\u0302\u0303n")).toBe("Nguye\u0302\u0303n");
  });
});
