/** What a name is made of may run from right to left, turn the words beside it, or tower over them. */

const TURNS = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u202a-\u202e\u2066-\u2069]/;
const ORDERS = /[\u202a-\u202e\u2066\u2067]/g;
/** No script needs so many marks on a letter. A tower of them is one letter, which no line can break. */
const TOWER = /(\p{M}{8})\p{M}+/gu;

/**
 * A name that may stand in a line with other words and turns none of them: between the marks that set
 * it apart (FSI, PDI), without orders of its own. Most texts come back as they are.
 */
export function isolated(text: string): string {
  const low = text.replace(TOWER, "$1");
  if (!TURNS.test(low)) return low;
  const plain = low.replace(ORDERS, "");
  const within = apart(plain);
  return within === "whole" ? plain : `\u2068${within === "parts" ? plain : bare(plain)}\u2069`;
}

/** A text without the marks that set names apart: as somebody would type it. */
export function bare(text: string): string {
  return text.replace(/[\u2068\u2069]/g, "");
}

/** Whether a text is set apart as a whole, in parts, or by marks that do not fit each other. */
function apart(text: string): "whole" | "parts" | "unfit" {
  let open = 0;
  let whole = text.startsWith("\u2068");
  for (let at = 0; at < text.length; at++) {
    open += text[at] === "\u2068" ? 1 : text[at] === "\u2069" ? -1 : 0;
    if (open < 0) return "unfit";
    if (open === 0 && at < text.length - 1) whole = false;
  }
  return open ? "unfit" : whole ? "whole" : "parts";
}
