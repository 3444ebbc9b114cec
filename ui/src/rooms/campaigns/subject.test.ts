import { describe, expect, it } from "vitest";
import { toDoors } from "./subject";

describe("a campaign", () => {
  it("goes to doors where homes are among its places", () => {
    expect(toDoors({ subjects: ["household"] })).toBe(true);
    expect(toDoors({ subjects: ["building", "household"] })).toBe(true);
    expect(toDoors({ subjects: ["work_site"] })).toBe(false);
  });

  it("is spoken of as before where its programme can't be read any more", () => {
    expect(toDoors({ subjects: [] })).toBe(true);
    expect(toDoors(null)).toBe(true);
  });
});
