/** The functions of XPath 1.0 and of ODK's forms that the light form knows. */
import { textOf, type Node } from "./tree";
import { number, text, truth, type Context, type Expression, type Value } from "./values";

type Given = Expression[];
type Known = (context: Context, given: Given) => Value;

const said = (context: Context, given: Given, at: number): string => text(given[at]!(context));
const figure = (context: Context, given: Given, at: number): number => number(given[at]!(context));
const chosen = (value: string): string[] => value.split(/\s+/).filter(Boolean);
/** The node that stands here where no argument is given. */
const own = (context: Context, given: Given): string => (given[0] ? said(context, given, 0) : textOf(context.node));
const figures = (context: Context, given: Given): number[] =>
  given.flatMap((one) => {
    const value = one(context);
    return Array.isArray(value) ? value.map((each) => number(textOf(each))) : [number(value)];
  });
const two = (value: number): string => String(value).padStart(2, "0");

/** The local day of an instant, as `2020-02-21`. */
export function day(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** An instant with its zone, as OpenRosa writes it. */
export function moment(at: Date): string {
  const off = -at.getTimezoneOffset();
  const zone = `${off < 0 ? "-" : "+"}${two(Math.floor(Math.abs(off) / 60))}:${two(Math.abs(off) % 60)}`;
  return `${day(at)}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}${zone}`;
}

export const FUNCTIONS: Record<string, Known> = {
  true: () => true,
  false: () => false,
  not: (context, given) => !truth(given[0]!(context)),
  boolean: (context, given) => truth(given[0]!(context)),
  number: (context, given) => (given[0] ? figure(context, given, 0) : number(own(context, given))),
  string: own,
  concat: (context, given) => given.map((one) => text(one(context))).join(""),
  "string-length": (context, given) => own(context, given).length,
  contains: (context, given) => said(context, given, 0).includes(said(context, given, 1)),
  "starts-with": (context, given) => said(context, given, 0).startsWith(said(context, given, 1)),
  "ends-with": (context, given) => said(context, given, 0).endsWith(said(context, given, 1)),
  "normalize-space": (context, given) => own(context, given).trim().replace(/\s+/g, " "),
  count: (context, given) => (given[0]!(context) as Node[]).length,
  sum: (context, given) => figures(context, given).reduce((all, one) => all + one, 0),
  min: (context, given) => Math.min(...figures(context, given)),
  max: (context, given) => Math.max(...figures(context, given)),
  round: (context, given) => Math.round(figure(context, given, 0)),
  floor: (context, given) => Math.floor(figure(context, given, 0)),
  ceiling: (context, given) => Math.ceil(figure(context, given, 0)),
  abs: (context, given) => Math.abs(figure(context, given, 0)),
  int: (context, given) => Math.trunc(figure(context, given, 0)),
  position: (context) => context.position,
  last: (context) => context.size,
  current: (context) => [context.current],
  instance: (context, given) => {
    const found = context.instance(said(context, given, 0));
    // The path goes on with the root element, so it begins above it.
    return found ? [{ ...found, name: "", text: "", attributes: new Map(), children: [found], parent: null }] : [];
  },
  if: (context, given) => (truth(given[0]!(context)) ? given[1]!(context) : given[2]!(context)),
  coalesce: (context, given) => said(context, given, 0) || said(context, given, 1),
  selected: (context, given) => chosen(said(context, given, 0)).includes(said(context, given, 1).trim()),
  "count-selected": (context, given) => chosen(said(context, given, 0)).length,
  "selected-at": (context, given) => chosen(said(context, given, 0))[figure(context, given, 1)] ?? "",
  regex: (context, given) => new RegExp(`^(?:${said(context, given, 1)})$`, "u").test(said(context, given, 0)),
  today: (context) => day(context.now()),
  now: (context) => moment(context.now()),
};
