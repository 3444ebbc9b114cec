/**
 * An XForm read: its questions, their rules, and their words in both languages.
 *
 * Only what the light form draws is read. A form that needs more says so by `NotKnown`, and is
 * opened with Web Forms.
 */
import { node, treeOf, type Node } from "./tree";
import { text, type Context, type Expression } from "./values";
import { NotKnown, compile } from "./xpath";

const XF = "http://www.w3.org/2002/xforms";
const JR = "http://openrosa.org/javarosa";

/** A text with answers in it: `"Read it back: ", ${masks}, " masks"`. */
export type Words = (string | Expression)[];
/** By language as the form spells it; one text for all where the form has one only. */
export type Wording = { id: string } | { plain: Words } | null;

export interface Bind {
  path: string;
  type: string;
  required: Expression | null;
  relevant: Expression | null;
  readonly: Expression | null;
  constraint: Expression | null;
  calculate: Expression | null;
  complaint: Wording;
  preload: "start" | "end" | "today" | "uid" | null;
}

export interface Choices {
  nodes: Expression;
  value: string;
  label: string;
  /** Whether `label` names an id of the form's words rather than a text. */
  worded: boolean;
}

export type Kind = "one" | "many" | "text" | "whole" | "decimal" | "day" | "moment" | "photo" | "note";

export interface Control {
  kind: Kind;
  path: string;
  label: Wording;
  hint: Wording;
  appearance: string;
  choices: Choices | null;
  /** The list of a phone that it chooses from: the light form answers it itself. */
  from: string;
}

export interface Form {
  id: string;
  version: string;
  title: string;
  languages: string[];
  words: Map<string, Map<string, Words>>;
  /** A fresh copy of what is to be filled in. */
  template: () => Node;
  binds: Bind[];
  controls: Control[];
  lists: Map<string, Node>;
}

/** Lists that a phone knows without asking anybody. */
const OWN_LISTS = ["tasks", "households"];

/** Read an XForm. Throws `NotKnown` with what the light form can't do, or for what is none. */
export function readForm(xml: string): Form {
  const page = new DOMParser().parseFromString(xml, "text/xml");
  if (page.getElementsByTagName("parsererror").length) throw new NotKnown("broken XML");
  const model = page.getElementsByTagNameNS(XF, "model")[0];
  const body = page.getElementsByTagNameNS("http://www.w3.org/1999/xhtml", "body")[0];
  const data = model?.getElementsByTagNameNS(XF, "instance")[0]?.firstElementChild;
  if (!model || !body || !data) throw new NotKnown("no model, body or instance");
  refuse(model, ["setvalue", "setgeopoint", "recordaudio", "submission", "action"]);
  const words = wordsOf(model);
  const binds = children(model, "bind").map(bindOf);
  return {
    id: data.getAttribute("id") ?? "",
    version: data.getAttribute("version") ?? "",
    title: page.getElementsByTagNameNS("http://www.w3.org/1999/xhtml", "title")[0]?.textContent ?? "",
    languages: [...words.keys()],
    words,
    template: () => treeOf(data),
    binds,
    controls: controlsOf(body, new Map(binds.map((bind) => [bind.path, bind]))),
    lists: listsOf(model),
  };
}

function children(parent: Element, name: string): Element[] {
  return Array.from(parent.children).filter((child) => child.localName === name);
}

function refuse(within: Element, names: string[]): void {
  const met = Array.from(within.children).find((child) => names.includes(child.localName));
  if (met) throw new NotKnown(met.localName);
}

function wordsOf(model: Element): Form["words"] {
  const found: Form["words"] = new Map();
  for (const translation of Array.from(model.getElementsByTagNameNS(XF, "translation"))) {
    const texts = new Map<string, Words>();
    for (const one of children(translation, "text")) {
      const value = children(one, "value");
      if (value.some((each) => each.hasAttribute("form"))) throw new NotKnown("media in a text");
      texts.set(one.getAttribute("id") ?? "", value[0] ? wording(value[0]) : []);
    }
    found.set(translation.getAttribute("lang") ?? "", texts);
  }
  return found;
}

function wording(element: Element): Words {
  return Array.from(element.childNodes).map((child) => {
    if (child.nodeType === 3) return child.textContent ?? "";
    const output = child as Element;
    if (output.localName !== "output") throw new NotKnown(`${output.localName} in a text`);
    return compile(output.getAttribute("value") ?? output.getAttribute("ref") ?? "");
  });
}

const ITEXT = /^\s*jr:itext\(\s*'([^']*)'\s*\)\s*$/;

function wordingOf(parent: Element, name: string): Wording {
  const element = children(parent, name)[0];
  if (!element) return null;
  const named = ITEXT.exec(element.getAttribute("ref") ?? "");
  return named ? { id: named[1]! } : { plain: wording(element) };
}

function bindOf(element: Element): Bind {
  const compiled = (name: string) => {
    const source = element.getAttribute(name);
    return source ? compile(source) : null;
  };
  const complaint = element.getAttributeNS(JR, "constraintMsg");
  const named = ITEXT.exec(complaint ?? "");
  return {
    path: element.getAttribute("nodeset") ?? "",
    type: element.getAttribute("type") ?? "string",
    required: compiled("required"),
    relevant: compiled("relevant"),
    readonly: compiled("readonly"),
    constraint: compiled("constraint"),
    calculate: compiled("calculate"),
    complaint: named ? { id: named[1]! } : complaint ? { plain: [complaint] } : null,
    preload: preloadOf(element),
  };
}

function preloadOf(element: Element): Bind["preload"] {
  const preload = element.getAttributeNS(JR, "preload");
  if (!preload) return null;
  const parameter = element.getAttributeNS(JR, "preloadParams");
  if (preload === "uid") return "uid";
  if (preload === "timestamp" && (parameter === "start" || parameter === "end")) return parameter;
  if (preload === "date" && parameter === "today") return "today";
  throw new NotKnown(`preload ${preload} ${parameter ?? ""}`);
}

const TYPES: Record<string, Kind> = {
  string: "text", int: "whole", integer: "whole", decimal: "decimal", date: "day", dateTime: "moment",
};

function controlsOf(parent: Element, binds: Map<string, Bind>): Control[] {
  return Array.from(parent.children).flatMap((element): Control[] => {
    switch (element.localName) {
      case "group":
        return controlsOf(element, binds);
      case "label": case "hint":
        return [];
      case "select1": case "select": case "input": case "upload":
        return [controlOf(element, binds)];
      default:
        throw new NotKnown(element.localName);
    }
  });
}

function controlOf(element: Element, binds: Map<string, Bind>): Control {
  const path = element.getAttribute("ref") ?? "";
  const bind = binds.get(path);
  const choices = element.localName.startsWith("select") ? choicesOf(element) : null;
  return {
    kind: kindOf(element, bind),
    path,
    label: wordingOf(element, "label"),
    hint: wordingOf(element, "hint"),
    appearance: element.getAttribute("appearance") ?? "",
    choices: choices?.made ?? null,
    from: choices?.from ?? "",
  };
}

function kindOf(element: Element, bind: Bind | undefined): Kind {
  if (element.localName === "select1") return "one";
  if (element.localName === "select") return "many";
  if (element.localName === "upload") {
    if (element.getAttribute("mediatype") !== "image/*") throw new NotKnown(`upload ${element.getAttribute("mediatype") ?? ""}`);
    return "photo";
  }
  const kind = TYPES[bind?.type ?? "string"];
  if (!kind) throw new NotKnown(`type ${bind?.type ?? ""}`);
  return kind === "text" && bind?.readonly ? "note" : kind;
}

function choicesOf(element: Element): { made: Choices; from: string } {
  const set = children(element, "itemset")[0];
  if (!set) return { made: written(children(element, "item")), from: "" };
  const source = set.getAttribute("nodeset") ?? "";
  const label = children(set, "label")[0]?.getAttribute("ref") ?? "";
  const worded = /^jr:itext\((\w+)\)$/.exec(label.replace(/\s/g, ""));
  const from = /^\s*instance\('(\w+)'\)/.exec(source)?.[1] ?? "";
  const value = children(set, "value")[0]?.getAttribute("ref") ?? "name";
  return {
    made: { nodes: compile(source), value, label: worded ? worded[1]! : label, worded: worded !== null },
    from: OWN_LISTS.includes(from) ? from : "",
  };
}

/** Choices that stand in the question itself. */
function written(items: Element[]): Choices {
  const all = items.map((item) => {
    const made = node("item", null);
    const label = wordingOf(item, "label");
    const said = label && "id" in label ? label.id : (label?.plain ?? []).filter((one) => typeof one === "string").join("");
    made.children = [node("name", made, children(item, "value")[0]?.textContent?.trim() ?? ""), node("label", made, said)];
    return made;
  });
  const worded = items.some((item) => ITEXT.test(children(item, "label")[0]?.getAttribute("ref") ?? ""));
  return { nodes: () => all, value: "name", label: "label", worded };
}

function listsOf(model: Element): Map<string, Node> {
  const found = new Map<string, Node>();
  for (const instance of children(model, "instance").slice(1)) {
    const id = instance.getAttribute("id") ?? "";
    const inside = instance.firstElementChild;
    if (inside) found.set(id, treeOf(inside));
    else if (!OWN_LISTS.includes(id)) throw new NotKnown(`the list ${id}`);
  }
  return found;
}

/** A list of a phone as the form sees it: `root/item/…`. */
export function listOf(rows: readonly Record<string, string>[]): Node {
  const root = node("root", null);
  root.children = rows.map((row) => {
    const item = node("item", root);
    item.children = Object.entries(row).map(([name, value]) => node(name, item, value));
    return item;
  });
  return root;
}

export function said(form: Form, wanted: Wording, language: string, context: Context): string {
  if (!wanted) return "";
  const words = "id" in wanted ? inLanguage(form, wanted.id, language) : wanted.plain;
  return words.map((one) => (typeof one === "string" ? one : text(one(context)))).join("").trim();
}

function inLanguage(form: Form, id: string, language: string): Words {
  return form.words.get(language)?.get(id) ?? [...form.words.values()].find((texts) => texts.has(id))?.get(id) ?? [];
}

/** The form's name of a language: forms write `中文 (zh)` and `English (en)`. */
export function languageOf(form: Form, language: string): string {
  const short = language.slice(0, 2).toLowerCase();
  return form.languages.find((one) => one.toLowerCase().includes(`(${short}`)) ?? form.languages[0] ?? "";
}
