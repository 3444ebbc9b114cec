// @vitest-environment jsdom
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Filling, noAnswer, type Given } from "./filling";
import { languageOf, listOf, readForm } from "./xform";
import { NotKnown } from "./xpath";

const FORMS = JSON.parse(readFileSync("forms.json", "utf8")) as Record<string, string>;
const TASK = "9f7f4ae2-9d4c-4d7f-8a52-a4f2f7f4ae21";
const BEGAN = new Date("2026-02-03T08:00:00Z");

function given(programme: string, more: Partial<Given> = {}): Given {
  const form = readForm(FORMS[programme]!);
  const tasks = listOf([{ name: TASK, label: "3 – 1 – 502", __version: "4", __trunkVersion: "4", __branchId: "b1", programme, state: "accepted" }]);
  return {
    form, instanceId: "uuid:1", started: BEGAN, now: () => BEGAN, language: languageOf(form, "en"),
    lists: { tasks }, preset: { tasks: TASK }, ...more,
  };
}
const asked = (filling: Filling) => filling.questions().map((one) => one.path.replace("/data/", ""));

describe("the light form", () => {
  it("reads every form that is shipped", () => {
    expect(Object.keys(FORMS).length).toBeGreaterThan(4);
    for (const [name, xml] of Object.entries(FORMS)) expect(() => readForm(xml), name).not.toThrow();
  });

  it("asks what follows from the answers, and never for the door that one stands at", () => {
    const filling = new Filling(given("household_sweep"));
    expect(asked(filling)).toEqual(["door", "remark"]);
    filling.answer("/data/door", "answered");
    expect(asked(filling)).toEqual(["door", "script", "consent", "remark"]);
    filling.answer("/data/consent", "yes");
    filling.answer("/data/living", "returned");
    expect(asked(filling)).toEqual(["door", "script", "consent", "living", "days_back", "needs", "remark"]);
  });

  it("says what is wrong in the form's own words", () => {
    const filling = new Filling(given("household_sweep", { answers: { "/data/door": "answered", "/data/consent": "yes", "/data/living": "returned" } }));
    expect(filling.wrong()?.path).toBe("/data/needs");
    filling.answer("/data/needs", "none ill");
    expect(filling.wrong()?.complaint).toBe('"Nothing" stands alone.');
    filling.answer("/data/needs", "ill");
    filling.answer("/data/days_back", "61");
    expect(filling.wrong()?.complaint).toBe("Between 0 and 60 days.");
    filling.answer("/data/days_back", "many");
    expect(filling.wrong()?.wrong).toBe("number");
    filling.answer("/data/days_back", "3");
    expect(filling.wrong()).toBeNull();
  });

  it("sends what is asked only, and names the task, its version and its branch", () => {
    const filling = new Filling(given("household_sweep"));
    filling.answer("/data/door", "answered");
    filling.answer("/data/consent", "yes");
    filling.answer("/data/needs", "food");
    filling.answer("/data/door", "no_answer");
    const xml = filling.xml();
    expect(xml).toContain('<data id="lamplit_household_sweep" version="2026.1">');
    expect(xml).toContain(`<task>${TASK}</task><door>no_answer</door>`);
    expect(xml).toContain(`<entity dataset="tasks" update="1" baseVersion="4" trunkVersion="4" branchId="b1" id="${TASK}"/>`);
    expect(xml).toContain("<instanceID>uuid:1</instanceID>");
    expect(xml).toContain("<task_state>failed</task_state>");
    expect(xml).not.toContain("needs");
    expect(xml).toMatch(/<started>2026-02-03T\d\d:00:00\.000[+-]\d\d:\d\d<\/started>/);
    // What is not asked any more is kept all the same.
    filling.answer("/data/door", "answered");
    expect(filling.xml()).toContain("<needs>food</needs>");
  });

  it("writes whatever people type as text", () => {
    const filling = new Filling(given("household_sweep"));
    filling.answer("/data/door", "told");
    filling.answer("/data/told_what", "empty");
    filling.answer("/data/remark", '<script>&"\u0000\u202e 三\ud83c');
    const page = new DOMParser().parseFromString(filling.xml(), "text/xml");
    expect(page.querySelector("remark")?.textContent).toBe('<script>&"\u202e 三');
  });

  it("puts answers into its words, in both languages", () => {
    const filling = new Filling(given("supplies", { answers: { "/data/what": "handed_out", "/data/masks": "12" } }));
    const note = (language: string) => filling.questions(language).find((one) => one.path === "/data/read_back")?.label;
    expect(note("English (en)")).toContain("12 masks");
    expect(note("中文 (zh)")).toContain("口罩 12 只");
  });

  it("offers 'no answer' by one tap where nothing else need be answered or read", () => {
    expect(noAnswer(given("household_sweep"))).toMatchObject({ "/data/door": "no_answer" });
    expect(noAnswer(given("building_care"))).toMatchObject({ "/data/contact": "no_answer" });
    // Somebody who lives alone and does not answer is no matter of one tap.
    expect(noAnswer(given("living_alone"))).toBeNull();
    expect(noAnswer(given("worksite_safety"))).toBeNull();
  });

  it("leaves to Web Forms what it can't do", () => {
    const sweep = FORMS["household_sweep"]!;
    expect(() => readForm(sweep.replace("</h:body>", '<repeat nodeset="/data/x"/></h:body>'))).toThrow(NotKnown);
    expect(() => readForm(sweep.replace("string-length(.)", "area(.)"))).toThrow(NotKnown);
    expect(() => readForm("<no")).toThrow(NotKnown);
  });
});
