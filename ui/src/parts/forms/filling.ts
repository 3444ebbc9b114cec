/**
 * A form being filled in: the answers, what is asked because of them, and the XML that comes of it.
 *
 * Answers to questions that are not asked any more are kept, so that nothing is lost by a slip of
 * the thumb; they are not sent.
 */
import { day, moment } from "./functions";
import { find, relevant, textOf, xmlOf, type Node } from "./tree";
import { number, text, truth, type Context } from "./values";
import { said, type Bind, type Control, type Form, type Kind } from "./xform";

export interface Choice {
  value: string;
  label: string;
}

export interface Question {
  path: string;
  kind: Kind;
  label: string;
  hint: string;
  value: string;
  required: boolean;
  readonly: boolean;
  appearance: string;
  choices: Choice[];
  /** What is wrong with the answer: nothing is there, it breaks the rule, it is no number. */
  wrong: "" | "required" | "constraint" | "number";
  complaint: string;
}

export interface Given {
  form: Form;
  /** `uuid:…`, the same for as long as this is the same submission. */
  instanceId: string;
  started: Date;
  /** The clock, corrected by the server's. */
  now: () => Date;
  language: string;
  /** The phone's lists; the form's questions that choose from them are answered by `preset`. */
  lists: Record<string, Node>;
  /** Answers by the name of the list: the task and the household that this is about. */
  preset: Record<string, string>;
  answers?: Record<string, string>;
}

const ROUNDS = 12;

export class Filling {
  readonly root: Node;
  private readonly nodes = new Map<string, Node>();
  private readonly answered = new Map<string, string>();

  constructor(private readonly given: Given) {
    const { form } = given;
    this.root = form.template();
    for (const bind of form.binds) {
      const found = find(this.root, bind.path);
      if (found) this.nodes.set(bind.path, found);
    }
    for (const control of form.controls) {
      const found = find(this.root, control.path);
      if (found) this.nodes.set(control.path, found);
      const preset = control.from ? given.preset[control.from] : undefined;
      const value = preset ?? given.answers?.[control.path];
      if (value !== undefined) this.answered.set(control.path, value);
    }
    this.work();
  }

  get answers(): Record<string, string> {
    return Object.fromEntries(this.answered);
  }

  answer(path: string, value: string): void {
    this.answered.set(path, value);
    this.work();
  }

  /** What is asked now, in the form's order; what the phone knows itself is not asked. */
  questions(language = this.given.language): Question[] {
    return this.given.form.controls
      .filter((control) => !(control.from && this.given.preset[control.from] !== undefined))
      .filter((control) => relevant(this.nodes.get(control.path)!))
      .map((control) => this.question(control, language));
  }

  /** The first question that is not answered as it must be. */
  wrong(): Question | null {
    return this.questions().find((one) => one.wrong) ?? null;
  }

  /** The submission. `ended` is now: ask for it when the person says that it is done. */
  xml(): string {
    this.preload("end", moment(this.given.now()));
    this.work();
    return xmlOf(this.root);
  }

  private question(control: Control, language: string): Question {
    const own = this.nodes.get(control.path)!;
    const bind = this.bind(control.path);
    const context = this.context(own);
    const value = textOf(own);
    const required = control.kind !== "note" && bind?.required ? truth(bind.required(context)) : false;
    const wrong = control.kind === "note" ? "" : faultOf(control.kind, bind, context, value, required);
    return {
      path: control.path,
      kind: control.kind,
      label: said(this.given.form, control.label, language, context),
      hint: said(this.given.form, control.hint, language, context),
      value,
      required,
      readonly: bind?.readonly ? truth(bind.readonly(context)) : false,
      appearance: control.appearance,
      choices: this.choices(control, language, context),
      wrong,
      complaint: wrong === "constraint" ? said(this.given.form, bind?.complaint ?? null, language, context) : "",
    };
  }

  private choices(control: Control, language: string, context: Context): Choice[] {
    if (!control.choices) return [];
    const { nodes, value, label, worded } = control.choices;
    return (nodes(context) as Node[]).map((item) => {
      const named = (name: string) => textOf(item.children.find((child) => child.name === name) ?? item);
      const words = worded ? said(this.given.form, { id: named(label) }, language, context) : named(label);
      return { value: named(value), label: words };
    });
  }

  private bind(path: string): Bind | undefined {
    return this.given.form.binds.find((one) => one.path === path);
  }

  private context(own: Node): Context {
    const { lists, form, now } = this.given;
    return {
      node: own, current: own, root: this.root, position: 1, size: 1, now,
      instance: (id) => form.lists.get(id) ?? lists[id] ?? null,
    };
  }

  /** Work out what follows from the answers, until nothing changes any more. */
  private work(): void {
    this.preload("start", moment(this.given.started));
    this.preload("today", day(this.given.started));
    this.preload("uid", this.given.instanceId);
    for (const [path, value] of this.answered) this.nodes.get(path)!.text = value;
    for (let round = 0; round < ROUNDS; round++) if (!this.round()) return;
  }

  private round(): boolean {
    let changed = false;
    for (const bind of this.given.form.binds) {
      const own = this.nodes.get(bind.path);
      if (!own) continue;
      const asked = bind.relevant ? truth(bind.relevant(this.context(own))) : true;
      if (asked !== own.relevant) [own.relevant, changed] = [asked, true];
      if (!bind.calculate) continue;
      const value = text(bind.calculate(this.context(own)));
      if (value !== own.text) [own.text, changed] = [value, true];
    }
    return changed;
  }

  private preload(which: NonNullable<Bind["preload"]>, value: string): void {
    for (const bind of this.given.form.binds) {
      const own = this.nodes.get(bind.path);
      if (bind.preload === which && own) own.text = value;
    }
  }
}

function faultOf(kind: Kind, bind: Bind | undefined, context: Context, value: string, required: boolean): Question["wrong"] {
  if (value === "") return required ? "required" : "";
  if ((kind === "whole" && !/^-?\d{1,9}$/.test(value)) || (kind === "decimal" && Number.isNaN(number(value)))) return "number";
  return bind?.constraint && !truth(bind.constraint(context)) ? "constraint" : "";
}

/**
 * The answers of "no answer" by one tap: the first question that offers it, where nothing else must
 * be answered or read then. Null where the form wants more.
 */
export function noAnswer(given: Given): Record<string, string> | null {
  const filling = new Filling({ ...given, answers: {} });
  const first = filling.questions().find((one) => one.kind !== "note");
  if (first?.kind !== "one" || !first.choices.some((one) => one.value === "no_answer")) return null;
  const before = new Set(filling.questions().map((one) => one.path));
  filling.answer(first.path, "no_answer");
  const after = filling.questions();
  const more = after.some((one) => one.wrong || (one.kind === "note" && !before.has(one.path)));
  return more ? null : filling.answers;
}
