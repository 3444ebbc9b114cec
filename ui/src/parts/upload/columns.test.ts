import { expect, it } from "vitest";
import { begin, choose, missing, saying, type Columns } from "./columns";

const column = (name: string, heading: string | null, needed = false, value: string | null = null) =>
  ({ name, text: { en: name, zh: name }, needed, heading, how: heading ? "guessed" : null, value, values: null }) as Columns["columns"][number];
const found: Columns = {
  headings: ["楼号", "楼名", "备注"].map((heading) => ({ heading, samples: [] })),
  columns: [column("kind", null, true, "building"), column("code", "楼号", true), column("name_zh", "楼名"), column("parent", null)],
  settled: false,
};

it("begins with what the server takes, and sends what stands in every row beside it", () => {
  const choices = begin(found, null);
  expect(missing(found, choices)).toEqual([]);
  expect(saying(found, choices)).toEqual({ columns: { 楼号: "code", 楼名: "name_zh" }, fixed: { kind: "building" } });
});

it("leaves a heading aside that would be taken, and says which needed column then lacks", () => {
  const choices = choose(begin(found, null), "code", "");
  expect(missing(found, choices).map((one) => one.name)).toEqual(["code"]);
  expect(saying(found, choices).columns["楼号"]).toBe("");
});

it("gives a heading to one column only", () => {
  const choices = choose(begin(found, null), "code", "楼名");
  expect(choices["name_zh"]?.heading).toBe("");
  expect(saying(found, choices).columns).toEqual({ 楼号: "", 楼名: "code" });
});

it("begins anew as it was said before in this import", () => {
  const said = saying(found, choose(begin(found, null), "code", "备注"));
  expect(begin(found, said)["code"]?.heading).toBe("备注");
  expect(saying(found, begin(found, said))).toEqual(said);
});
