/**
 * XPath 1.0 as forms use it, and ODK's functions: compiled once, run at each answer.
 *
 * What is not known here is a `NotKnown` at compile time, so that a form which needs more is opened
 * with Web Forms instead of being half understood.
 */
import { FUNCTIONS } from "./functions";
import { textOf, type Node } from "./tree";
import { number, truth, type Expression, type Value } from "./values";

export class NotKnown extends Error {}

const TOKEN = /\s*(?:(\d+(?:\.\d*)?|\.\d+)|"([^"]*)"|'([^']*)'|(\/\/|::|!=|<=|>=|\.\.|[/|+\-=<>*()[\],.@])|([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?))/y;

type Token = { kind: "number" | "text" | "sign" | "name"; value: string };

function tokens(source: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const match = TOKEN.exec(source);
    if (!match) throw new NotKnown(`can't read ${source}`);
    const [, digits, double, single, sign, name] = match;
    if (digits !== undefined) found.push({ kind: "number", value: digits });
    else if (double !== undefined || single !== undefined) found.push({ kind: "text", value: double ?? single ?? "" });
    else if (sign !== undefined) found.push({ kind: "sign", value: sign });
    else found.push({ kind: "name", value: name! });
  }
  return found;
}

const LEVELS: readonly (readonly string[])[] = [["or"], ["and"], ["=", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "div", "mod"]];

export function compile(source: string): Expression {
  const reader = new Reader(tokens(source), source);
  const made = reader.level(0);
  if (reader.peek()) throw new NotKnown(`can't read ${source}`);
  return made;
}

class Reader {
  private at = 0;
  constructor(private readonly found: Token[], private readonly source: string) {}

  peek(ahead = 0): Token | undefined {
    return this.found[this.at + ahead];
  }
  private sign(value: string): boolean {
    if (this.peek()?.kind !== "sign" || this.peek()?.value !== value) return false;
    this.at++;
    return true;
  }
  private want(value: string): void {
    if (!this.sign(value)) throw new NotKnown(`no ${value} in ${this.source}`);
  }

  level(depth: number): Expression {
    const signs = LEVELS[depth];
    if (!signs) return this.unary();
    let left = this.level(depth + 1);
    for (let next = this.peek(); next && next.kind !== "text" && next.kind !== "number" && signs.includes(next.value); next = this.peek()) {
      this.at++;
      left = binary(next.value, left, this.level(depth + 1));
    }
    return left;
  }

  private unary(): Expression {
    if (!this.sign("-")) return this.union();
    const inner = this.unary();
    return (context) => -number(inner(context));
  }

  private union(): Expression {
    let left = this.path();
    while (this.sign("|")) {
      const [one, other] = [left, this.path()];
      left = (context) => [...new Set([...nodes(one(context)), ...nodes(other(context))])];
    }
    return left;
  }

  private path(): Expression {
    const next = this.peek();
    if (!next) throw new NotKnown(`${this.source} ends too early`);
    let start: Expression;
    if (next.kind === "number") {
      this.at++;
      return () => Number(next.value);
    }
    if (next.kind === "text") {
      this.at++;
      return () => next.value;
    }
    if (this.sign("(")) {
      start = this.level(0);
      this.want(")");
    } else if (next.kind === "name" && this.peek(1)?.value === "(" && this.peek(1)?.kind === "sign") {
      start = this.call();
    } else if (this.sign("/")) {
      return this.steps((context) => [rootOf(context.root)], true);
    } else {
      return this.steps((context) => [context.node], true);
    }
    start = this.predicates(start);
    return this.sign("/") ? this.steps(start, true) : start;
  }

  private call(): Expression {
    const name = this.peek()!.value;
    this.at += 2;
    const given: Expression[] = [];
    if (!this.sign(")")) {
      do given.push(this.level(0));
      while (this.sign(","));
      this.want(")");
    }
    const known = FUNCTIONS[name];
    if (!known) throw new NotKnown(`${name}()`);
    return (context) => known(context, given);
  }

  private steps(start: Expression, must: boolean): Expression {
    let made = start;
    do {
      const step = this.step(must);
      const before = made;
      made = this.predicates((context) => [...new Set(nodes(before(context)).flatMap(step))]);
    } while (this.sign("/"));
    return made;
  }

  private step(must: boolean): (from: Node) => Node[] {
    if (this.sign(".")) return (from) => [from];
    if (this.sign("..")) return (from) => (from.parent ? [from.parent] : []);
    if (this.sign("*")) return (from) => from.children;
    const attribute = this.sign("@");
    const next = this.peek();
    if (next?.kind !== "name") throw new NotKnown(must ? `a step in ${this.source}` : this.source);
    if (this.peek(1)?.value === "::") throw new NotKnown(`${next.value}:: in ${this.source}`);
    this.at++;
    const name = next.value.replace(/^.*:/, "");
    if (attribute) return (from) => [...from.attributes.values()].filter((one) => one.name === name);
    return (from) => from.children.filter((child) => child.name === name);
  }

  private predicates(inner: Expression): Expression {
    let made = inner;
    while (this.sign("[")) {
      const [before, condition] = [made, this.level(0)];
      this.want("]");
      made = (context) => {
        const all = nodes(before(context));
        return all.filter((one, index) => {
          const held = condition({ ...context, node: one, position: index + 1, size: all.length });
          return typeof held === "number" ? held === index + 1 : truth(held);
        });
      };
    }
    return made;
  }
}

/** An absolute path names the root element first, so it begins above it. */
function rootOf(root: Node): Node {
  return { name: "", text: "", attributes: new Map(), children: [root], parent: null, relevant: true };
}

function nodes(value: Value): Node[] {
  if (!Array.isArray(value)) throw new TypeError("not a set of nodes");
  return value;
}

function binary(sign: string, left: Expression, right: Expression): Expression {
  switch (sign) {
    case "or": return (context) => truth(left(context)) || truth(right(context));
    case "and": return (context) => truth(left(context)) && truth(right(context));
    case "+": return (context) => number(left(context)) + number(right(context));
    case "-": return (context) => number(left(context)) - number(right(context));
    case "*": return (context) => number(left(context)) * number(right(context));
    case "div": return (context) => number(left(context)) / number(right(context));
    case "mod": return (context) => number(left(context)) % number(right(context));
    default: return (context) => compared(sign, left(context), right(context));
  }
}

function compared(sign: string, left: Value, right: Value): boolean {
  // A set of nodes compares as any of its nodes does; against a truth, as whether there is one.
  if (Array.isArray(left)) {
    if (typeof right === "boolean") return compared(sign, left.length > 0, right);
    return left.some((one) => compared(sign, textOf(one), right));
  }
  if (Array.isArray(right)) {
    if (typeof left === "boolean") return compared(sign, left, right.length > 0);
    return right.some((one) => compared(sign, left, textOf(one)));
  }
  if (sign === "=" || sign === "!=") {
    const same = typeof left === "boolean" || typeof right === "boolean" ? truth(left) === truth(right)
      : typeof left === "number" || typeof right === "number" ? number(left) === number(right)
      : left === right;
    return (sign === "=") === same;
  }
  const [one, other] = [number(left), number(right)];
  return sign === "<" ? one < other : sign === "<=" ? one <= other : sign === ">" ? one > other : one >= other;
}
