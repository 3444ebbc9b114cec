import { describe, expect, it } from "vitest";
import { find, node, type Node } from "./tree";
import type { Context } from "./values";
import { NotKnown, compile } from "./xpath";

const root = node("data", null);
for (const [name, text] of Object.entries({ a: "3", b: "x y", c: "", d: "3.0" })) root.children.push(node(name, root, text));

function run(source: string, at: Node = root): unknown {
  const context: Context = { node: at, current: at, root, position: 1, size: 1, now: () => new Date(0), instance: () => null };
  return compile(source)(context);
}

describe("XPath", () => {
  it.each([
    ["1 + 2 * 3 - 4 div 2", 5],
    ["-(7 mod 4)", -3],
    [" /data/a  = 3 and /data/b != 'x'", true],
    ["/data/a = '3.0' or /data/a = /data/d", false],
    ["/data/c = ''", true],
    ["/data/none = ''", false],
    ["not(/data/c)", false],
    ["number(/data/c) >= 0", false],
    ["selected(/data/b, 'y') and not(selected(/data/b, 'z'))", true],
    ["count-selected(/data/b)", 2],
    ["if(/data/a > 2, 'many', 'few')", "many"],
    ["concat('a', string(/data/a), \"'\")", "a3'"],
    ["coalesce(/data/c, 'd')", "d"],
    ["count(/data/*[. = '3'])", 1],
    ["string(/data/*[2])", "x y"],
    ["regex('13800', '[0-9]+')", true],
    ["string-length('三三')", 2],
  ])("%s", (source, wanted) => expect(run(source)).toBe(wanted));

  it("stands where it is asked from", () => {
    expect(run(". >= 0 and . <= 60", find(root, "/data/a")!)).toBe(true);
    expect(run("../b = 'x y'", find(root, "/data/a")!)).toBe(true);
  });

  it("takes what is not asked for empty", () => {
    const asked = find(root, "/data/a")!;
    asked.relevant = false;
    expect(run("/data/a = ''")).toBe(true);
    asked.relevant = true;
  });

  it.each(["pulldata('x')", "ancestor::a", "a[", "1 +", "§", "//a"])("does not guess at %s", (source) => {
    expect(() => compile(source)).toThrow(NotKnown);
  });
});
