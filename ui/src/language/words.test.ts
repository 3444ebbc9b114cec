// @vitest-environment jsdom
import { createApp } from "vue";
import { describe, expect, it } from "vitest";
import domain from "./domain.json";
import { i18n, keepZone, speak } from "./i18n";
import { defineWords } from "./words";

// Every module that gives words, read so that it gives them.
const rooms = import.meta.glob(["../**/*words.ts", "./common.ts"], { eager: true });
const sources = import.meta.glob<string>(["../**/*.ts", "../**/*.vue", "!../**/*.test.ts"], { eager: true, query: "?raw", import: "default" });

/** What says nothing: a text of spaces, or one whose singular or plural does. */
const silent = (text: string): boolean => text.split(" | ").some((form) => !form.trim());
const named = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

function texts(from: unknown, path = ""): [string, string][] {
  if (typeof from === "string") return [[path, from]];
  return Object.entries(from ?? {}).flatMap(([key, value]) => texts(value, path ? `${path}.${key}` : key));
}

describe("the words of the pages", () => {
  const zh = new Map(texts(i18n.global.getLocaleMessage("zh-Hans")));
  const en = new Map(texts(i18n.global.getLocaleMessage("en")));

  it("are those of every room", () => {
    expect(Object.keys(rooms).length).toBeGreaterThan(20);
    expect(zh.size).toBeGreaterThan(1000);
  });
  it("all say something, in both languages", () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort());
    expect([...zh, ...en].filter(([, text]) => silent(text)).map(([key]) => key)).toEqual([]);
  });
  it("name the same things in both languages", () => {
    expect([...zh].filter(([key, text]) => named(text).join() !== named(en.get(key) ?? "").join()).map(([key]) => key)).toEqual([]);
  });
  it("say something where they stand outside a room's words, too", () => {
    const empty = /\b(?:zh|en): (?:"\s*"|'\s*'|`\s*`)/;
    expect(Object.entries(sources).filter(([, source]) => empty.test(source)).map(([file]) => file)).toEqual([]);
  });
  it("say something for each word of the domain", () => {
    // That nothing happened has no name.
    expect(texts(domain).filter(([, text]) => silent(text)).map(([key]) => key)).toEqual(["event..en", "event..zh"]);
  });
  it("would be found silent", () => {
    expect(["", "  ", "one door | ", " | doors"].map(silent)).toEqual([true, true, true, true]);
    expect(["Doors", "{n} door | {n} doors"].map(silent)).toEqual([false, false]);
  });
});

describe("a date", () => {
  it("is written as at the command line and on paper, in either language", () => {
    keepZone("Asia/Shanghai");
    const useWords = defineWords("dates", { any: { zh: "日期", en: "date" } });
    let d!: ReturnType<typeof useWords>["d"];
    const Reads = { setup: () => ({ d } = useWords()) && (() => null) };
    createApp(Reads).use(i18n).mount(document.createElement("div"));
    const said = (on: string, key: "day" | "short" | "moment") => d(on, key);
    speak("en");
    expect([said("2026-11-25", "day"), said("2026-09-05", "short"), said("2026-11-25T10:05:00Z", "moment")]).toEqual(["25 Nov 2026", "5 Sept", "25 Nov, 18:05"]);
    speak("zh-Hans");
    expect([said("2026-11-25", "day"), said("2026-09-05", "short"), said("2026-11-25T10:05:00Z", "moment")]).toEqual(["2026年11月25日", "9月5日", "11月25日 18:05"]);
  });
});
