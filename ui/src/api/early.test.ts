import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { early } from "./early";

const asked = 1_000_000;
const answer = new Response("{}");

beforeEach(() => {
  vi.stubGlobal("window", { lamplitEarly: { language: "en", asked, answers: new Map([["/api/v1/me", Promise.resolve(answer)]]) } });
});
afterEach(() => vi.unstubAllGlobals());

describe("what was asked for before the scripts were here", () => {
  it("is given out once, with the moment it was asked for", async () => {
    const found = early("/api/v1/me", "en", asked + 900);
    expect(await found?.answer).toBe(answer);
    expect(found?.asked).toBe(asked);
    expect(early("/api/v1/me", "en", asked + 901)).toBeNull();
  });
  it("is for nobody who reads another language, comes late, or asks for something else", () => {
    expect(early("/api/v1/me/tasks", "en", asked)).toBeNull();
    expect(early("/api/v1/me", "zh-Hans", asked)).toBeNull();
    expect(early("/api/v1/me", "en", asked)).toBeNull();
  });
  it("is forgotten where the page was begun long ago", () => {
    expect(early("/api/v1/me", "en", asked + 60_000)).toBeNull();
  });
});

it("asks as ever where nothing was asked for early", () => {
  vi.stubGlobal("window", {});
  expect(early("/api/v1/me", "en")).toBeNull();
});
