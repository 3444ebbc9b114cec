// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { keepZone, speak } from "@/language/i18n";
import { when } from "./say";

describe("when the server last heard of a phone", () => {
  const now = new Date("2026-11-25T10:05:00Z");
  const yesterday = new Date("2026-11-24T15:59:00Z");
  beforeEach(() => keepZone("Asia/Shanghai"));

  it("is the hour alone where it is today, in the office's zone", () => {
    for (const language of ["en", "zh-Hans"] as const) {
      speak(language);
      expect(when(new Date("2026-11-24T16:00:00Z"), now)).toBe("00:00");
      expect(when(now, now)).toBe("18:05");
    }
  });
  it("is the day and the hour else, as dates are written", () => {
    speak("en");
    expect(when(yesterday, now)).toBe("24 Nov, 23:59");
    speak("zh-Hans");
    expect(when(yesterday, now)).toBe("11月24日 23:59");
  });
});
