/** Thresholds to play with: where a slider may stop, what an address says, and lines of lamplit.toml. */
import type { Schemas } from "@/api/client";

export type Threshold = Schemas["Threshold"];
/** Those that are tried otherwise than they are in force, by name. */
export type Tried = Record<string, number>;

/** What belongs together, by name; what the server has besides stands in the last. */
export const GROUPS = [
  { key: "call", names: ["enter_days", "leave_days", "enter_probability"] },
  { key: "use", names: ["dark_kwh", "low_kwh", "low_share"] },
  { key: "read", names: ["min_coverage", "hush_days", "stuck_kwh", "catchup_share", "catchup_least"] },
  { key: "habit", names: ["lived_memory", "spread_floor", "leave_rate", "return_rate"] },
  { key: "course", names: ["points_base", "drop_weight", "stir_weight", "round_weight", "unrest_weight", "crest_weight", "flat_weight", "frugal_weight"] },
  { key: "daily", names: ["daily_base", "daily_drop", "daily_flat"] },
] as const;
export type GroupKey = (typeof GROUPS)[number]["key"] | "other";

export function groupsOf(all: readonly Threshold[]): { key: GroupKey; thresholds: Threshold[] }[] {
  const by = new Map(all.map((one) => [one.name, one]));
  const found: { key: GroupKey; thresholds: Threshold[] }[] = GROUPS.map((group) => ({
    key: group.key, thresholds: group.names.flatMap((name) => by.get(name) ?? []),
  }));
  const placed = new Set(GROUPS.flatMap((group) => group.names as readonly string[]));
  found.push({ key: "other", thresholds: all.filter((one) => !placed.has(one.name)) });
  return found.filter((group) => group.thresholds.length > 0);
}

const STOPS = 100;
/** From this ratio on a range is walked by shares of itself: 0.001 to 0.2 in even steps would be blind below. */
const WIDE = 40;

/** A number as a person would write it: no tail of binary fractions. */
export function tidy(value: number): number {
  return Number(value.toPrecision(6));
}

/** The next of 1, 2, 5 × 10ⁿ. */
function niceStep(span: number): number {
  const ten = 10 ** Math.floor(Math.log10(span));
  return tidy([1, 2, 5, 10].map((one) => one * ten).find((one) => one >= span - 1e-12)!);
}

/** The values at which a slider stops, rising: its ends, even steps, and the values that matter. */
export function stopsOf(one: Threshold, ...more: (number | undefined)[]): number[] {
  const found = new Set([one.low, one.high, one.value, one.default]);
  for (const extra of more) if (extra !== undefined && extra >= one.low && extra <= one.high) found.add(extra);
  if (one.low > 0 && one.high / one.low >= WIDE) {
    for (let at = 1; at < STOPS; at++) found.add(Number((one.low * (one.high / one.low) ** (at / STOPS)).toPrecision(2)));
  } else {
    const whole = one.unit === "days" && [one.low, one.high, one.value, one.default].every(Number.isInteger);
    const step = whole ? Math.max(1, niceStep((one.high - one.low) / STOPS)) : niceStep((one.high - one.low) / STOPS);
    for (let at = Math.ceil(one.low / step); at * step < one.high; at++) found.add(tidy(at * step));
  }
  return [...found].filter((value) => value >= one.low && value <= one.high).sort((a, b) => a - b);
}

/** What an address tries: names that are known, numbers that may be tried, others than are in force. */
export function triedIn(query: Readonly<Record<string, unknown>>, all: readonly Threshold[]): Tried {
  const found: Tried = {};
  for (const one of all) {
    const text = query[one.name];
    const value = typeof text === "string" && text.trim() !== "" ? Number(text) : NaN;
    if (Number.isFinite(value)) {
      const kept = Math.min(one.high, Math.max(one.low, value));
      if (kept !== one.value) found[one.name] = kept;
    }
  }
  return found;
}

/** An address's query with what is tried now, and all that it says besides. */
export function queryOf<Query extends Record<string, unknown>>(query: Query, tried: Tried, all: readonly Threshold[]): Record<string, unknown> {
  const names = new Set(all.map((one) => one.name));
  const rest = Object.fromEntries(Object.entries(query).filter(([name]) => !names.has(name)));
  return { ...rest, ...Object.fromEntries(Object.entries(tried).map(([name, value]) => [name, String(value)])) };
}

/** What to write into lamplit.toml to have it for good. */
export function settingsLines(tried: Tried, all: readonly Threshold[]): string {
  const lines = all.filter((one) => one.name in tried).map((one) => `${one.name} = ${written(tried[one.name]!)}`);
  return ["[detector]", ...lines, ""].join("\n");
}

/** A float in TOML has a point; the settings take whole numbers as well. */
function written(value: number): string {
  return String(tidy(value));
}
