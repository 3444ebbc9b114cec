import { expect, it } from "vitest";
import { TOURS, tourFor } from "./stops";

const all = () => true;

it("is a leader's before it is a volunteer's", () => {
  expect(tourFor((one) => one === "lead" || one === "perform", all)?.name).toBe("leader");
  expect(tourFor((one) => one === "perform", all)?.name).toBe("volunteer");
  expect(tourFor(() => false, all)).toBeNull();
});

it("leaves out pages that are not there, and is none where none is", () => {
  expect(tourFor((one) => one === "lead", (path) => !path.startsWith("/campaigns"))?.stops.map((one) => one.path)).toEqual(["/facade", "/coverage"]);
  expect(tourFor((one) => one === "lead", () => false)).toBeNull();
});

it("says something in both languages at each stop", () => {
  for (const { stops } of TOURS) for (const { title, text } of stops) for (const said of [title, text]) expect(said.zh && said.en).toBeTruthy();
});
