/** A plain tree of elements, as XPath sees it; no browser is needed to walk it. */
export interface Node {
  name: string;
  /** Text of a leaf, value of an attribute. */
  text: string;
  attributes: Map<string, Node>;
  children: Node[];
  parent: Node | null;
  /** `false` while a question is not asked: its value is then as good as empty. */
  relevant: boolean;
}

export function node(name: string, parent: Node | null, text = ""): Node {
  return { name, text, attributes: new Map(), children: [], parent, relevant: true };
}

/** An element of a document, whole. Names lose their prefix: no form of ours uses one name twice. */
export function treeOf(element: Element, parent: Node | null = null): Node {
  const made = node(element.localName, parent);
  for (const one of Array.from(element.attributes)) {
    if (one.name.startsWith("xmlns")) continue;
    made.attributes.set(one.name, node(one.localName, made, one.value));
  }
  const inside = Array.from(element.children);
  made.children = inside.map((child) => treeOf(child, made));
  if (!inside.length) made.text = element.textContent?.trim() ?? "";
  return made;
}

export function relevant(one: Node): boolean {
  for (let at: Node | null = one; at; at = at.parent) if (!at.relevant) return false;
  return true;
}

/** The text of a leaf, or of all under it; nothing where it is not asked. */
export function textOf(one: Node): string {
  if (!relevant(one)) return "";
  return one.children.length ? one.children.map(textOf).join("") : one.text;
}

/** `/data/meta/entity/@id` and such, from the root of its tree. */
export function find(root: Node, path: string): Node | null {
  const [first, ...steps] = path.split("/").filter(Boolean);
  if (first !== root.name) return null;
  let at: Node | undefined = root;
  for (const step of steps) {
    at = step.startsWith("@") ? at?.attributes.get(step.slice(1)) : at?.children.find((child) => child.name === step);
  }
  return at ?? null;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]!);
}

/** As XML, without what is not asked. XML 1.0 has no place for control characters: they go. */
export function xmlOf(one: Node): string {
  if (!one.relevant) return "";
  const attributes = [...one.attributes].map(([name, value]) => ` ${name}="${escaped(clean(value.text))}"`).join("");
  const inside = one.children.length ? one.children.map(xmlOf).join("") : escaped(clean(one.text));
  return inside ? `<${one.name}${attributes}>${inside}</${one.name}>` : `<${one.name}${attributes}/>`;
}

function clean(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "");
}
