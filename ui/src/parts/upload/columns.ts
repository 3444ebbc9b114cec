/** Which heading of a file stands for which column: what one chooses, and what of it is sent. */
import type { Schemas } from "@/api/client";

export type Columns = Schemas["Headings"];
export type Column = Columns["columns"][number];
export interface Said {
  columns: Record<string, string>;
  fixed: Record<string, string>;
}
/** What is chosen for a column: a heading, the same value in every row, or neither. */
export interface Choice {
  heading: string;
  value: string;
}
export type Choices = Record<string, Choice>;

/** What to begin with: as it was said before in this import, else as the server takes it. */
export function begin(found: Columns, said: Said | null): Choices {
  const told = Object.entries(said?.columns ?? {});
  return Object.fromEntries(
    found.columns.map((one) => {
      const before = told.find(([, name]) => name === one.name)?.[0];
      const gone = one.heading !== null && said?.columns[one.heading] !== undefined;
      const heading = before ?? (gone ? "" : (one.heading ?? ""));
      return [one.name, { heading, value: heading ? "" : (said?.fixed[one.name] ?? one.value ?? "") }];
    }),
  );
}

/** One heading stands for one column: the others let it go. */
export function choose(choices: Choices, name: string, heading: string): Choices {
  const others = Object.entries(choices).map(([key, one]) => [key, heading && one.heading === heading ? { ...one, heading: "" } : one] as const);
  return { ...Object.fromEntries(others), [name]: { heading, value: "" } };
}

/** The needed columns for which nothing is chosen. */
export function missing(found: Columns, choices: Choices): Column[] {
  return found.columns.filter((one) => one.needed && !choices[one.name]?.heading && !choices[one.name]?.value.trim());
}

/** What to send: the headings chosen, those to be left aside though they would be taken, and what is the same in every row. */
export function saying(found: Columns, choices: Choices): Said {
  const said: Said = { columns: {}, fixed: {} };
  for (const one of found.columns) if (one.heading) said.columns[one.heading] = "";
  for (const { name } of found.columns) {
    const { heading, value } = choices[name] ?? { heading: "", value: "" };
    if (heading) said.columns[heading] = name;
    else if (value.trim()) said.fixed[name] = value.trim();
  }
  return said;
}
