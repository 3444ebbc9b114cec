/** Where a place is, in the reader's language: "Building 3 · unit 2 · 502". */
import { i18n, language } from "@/language/i18n";
import { isolated } from "@/language/isolated";
import { say } from "@/language/words";

export interface WhereLike {
  code: string;
  name?: { zh: string; en: string } | null;
  building?: { zh: string; en: string } | string | null;
  unit?: string | null;
  floor?: number | null;
  door?: string | null;
  community?: { zh: string; en: string } | null;
}

/** How many communities some doors lie in. */
export function communitiesIn(doors: readonly { where?: WhereLike | null }[]): number {
  return new Set(doors.flatMap((one) => one.where?.community?.zh ?? [])).size;
}

export function lineOf(at: WhereLike | null | undefined): string {
  if (!at) return "";
  const building = typeof at.building === "string" ? isolated(at.building) : at.building ? say(at.building) : "";
  const line = [building, doorIn(at)].filter(Boolean).join(" · ");
  return at.door || building ? line : at.name ? say(at.name) : at.code;
}

/** A door within its building: "unit 2 · 502". */
export function doorIn(at: Pick<WhereLike, "unit" | "door">): string {
  return [unitOf(at.unit), isolated(at.door ?? "")].filter(Boolean).join(" · ");
}

/** Units are often bare numbers, which alone would say nothing. */
export function unitOf(unit: string | null | undefined): string {
  if (!unit) return "";
  if (!/^\d+$/.test(unit)) return isolated(unit);
  return language() === "en" ? `unit ${unit}` : `${unit}单元`;
}

/** As a line or a heading begins: "Unit 5 · 602". Chinese is left as it is. */
export const beginning = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "3 min ago", "2 天前": how long ago, in the largest unit that fits. */
export function ago(at: string | Date, now: Date = new Date()): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  const form = new Intl.RelativeTimeFormat(i18n.global.locale.value, { numeric: "auto", style: "short" });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86400], ["hour", 3600], ["minute", 60]];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return form.format(Math.trunc(seconds / length), unit);
  }
  return form.format(0, "minute");
}
