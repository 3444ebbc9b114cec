import { expect, test } from "vitest";
import { browserOf } from "./browser";

test("a browser is named in two words, and by what it says of itself where nobody knows it", () => {
  expect(browserOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0")).toBe("Firefox · Windows");
  expect(browserOf("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/119.0 Mobile Safari/537.36 Edg/119.0")).toBe("Edge · Android");
  expect(browserOf("curl/8.5")).toBe("curl/8.5");
});
