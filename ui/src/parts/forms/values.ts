/** What an XPath expression gives, and how it is read as a text, a number or a truth. */
import { textOf, type Node } from "./tree";

export type Value = string | number | boolean | Node[];

export interface Context {
  node: Node;
  /** Where `/` begins. */
  root: Node;
  /** Where the expression stands: what `current()` gives. */
  current: Node;
  position: number;
  size: number;
  instance: (id: string) => Node | null;
  now: () => Date;
}

export type Expression = (context: Context) => Value;

export const text = (value: Value): string => {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Object.is(value, -0) ? "0" : String(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  return value[0] ? textOf(value[0]) : "";
};
export const number = (value: Value): number => {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const said = text(value).trim();
  return /^-?(\d+(\.\d*)?|\.\d+)$/.test(said) ? Number(said) : Number.NaN;
};
export const truth = (value: Value): boolean => {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0 && !Number.isNaN(value);
  return value.length > 0;
};
