/** The way from an empty home to the first night: what is done, what was left out, what is next. */
export const STEPS = ["account", "registry", "readings", "night"] as const;
export type Step = (typeof STEPS)[number];

/** What the office's status tells of it. */
export interface Standing {
  has_registry: boolean;
  last_ingest: unknown;
  night_through: string | null;
}
export interface Stage {
  step: Step;
  state: "done" | "skipped" | "open";
}

export function stages(standing: Standing | null, skipped: readonly string[]): Stage[] {
  const done: Record<Step, boolean> = {
    account: standing !== null,
    registry: Boolean(standing?.has_registry),
    readings: Boolean(standing?.last_ingest),
    night: Boolean(standing?.night_through),
  };
  return STEPS.map((step) => ({ step, state: done[step] ? "done" : skipped.includes(step) ? "skipped" : "open" }));
}

/** The first that is open; null where nothing is left to do. */
export const nextOf = (all: readonly Stage[]): Step | null => all.find((one) => one.state === "open")?.step ?? null;

/** The token of a link, and nothing that is none: it is what stands after the `#`. */
export function tokenOf(hash: string): string | null {
  const found = decodeURIComponent(hash.replace(/^#/, ""));
  return /^[\w-]{16,200}$/.test(found) ? found : null;
}

/** A code for a district's name: its Latin letters and digits, else D1. */
export function suggestedCode(name: string): string {
  const plain = name.normalize("NFKD").replace(/[^\w\s-]/g, "").trim().replace(/[\s_]+/g, "-").toUpperCase();
  return plain.slice(0, 20).replace(/-+$/, "") || "D1";
}
