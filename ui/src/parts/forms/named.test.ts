// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { nameSliders } from "./named";

function drawn(html: string): HTMLElement {
  const root = document.createElement("div");
  root.innerHTML = html;
  nameSliders(root);
  return root;
}
const nameOf = (root: HTMLElement, at = 0): string | null | undefined => {
  const by = root.querySelectorAll('[role="slider"]')[at]?.getAttribute("aria-labelledby");
  return by ? root.querySelector(`#${by}`)?.textContent : by;
};

describe("a slider in a form", () => {
  it("is named by its own question, not by another's", () => {
    const one = (text: string) => `<div><span class="control-text">${text}</span><div><span role="slider"></span></div></div>`;
    const root = drawn(one("How warm is it") + one("How cold"));
    expect([nameOf(root), nameOf(root, 1)]).toEqual(["How warm is it", "How cold"]);
  });
  it("says that it has no answer yet", () => {
    const root = drawn('<span role="slider" aria-valuemin="3"></span><span role="slider" aria-valuenow="4"></span>');
    const said = [...root.querySelectorAll("span")].map((one) => [one.getAttribute("aria-valuenow"), one.getAttribute("aria-valuetext")]);
    expect(said).toEqual([["3", "–"], ["4", null]]);
  });
  it("keeps a name that it has, and gets none where nothing is asked", () => {
    const root = drawn('<span role="slider" aria-label="Warmth"></span><i><b role="slider"></b></i>');
    expect([nameOf(root), nameOf(root, 1)]).toEqual([null, null]);
  });
});
