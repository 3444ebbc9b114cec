/** The two languages, and how dates, numbers and kWh are written in each. */
import { createI18n } from "vue-i18n";

export type Language = "zh-Hans" | "en";
const KEPT = "lamplit.language";

/** Chosen before the first paint: `public/first.js` asks what was kept on this device, and the browser. */
function first(): Language {
  return document.documentElement.lang === "zh-Hans" ? "zh-Hans" : "en";
}

/** English dates are `25 Nov 2026`, here as at the command line and on paper (decision 0005). */
const BRITISH = "en-GB";

const datetime = {
  day: { year: "numeric", month: "short", day: "numeric" },
  short: { month: "short", day: "numeric" },
  weekday: { weekday: "short", month: "short", day: "numeric" },
  time: { hour: "2-digit", minute: "2-digit", hour12: false },
  moment: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false },
} as const;

const number = {
  whole: { maximumFractionDigits: 0 },
  kwh: { minimumFractionDigits: 1, maximumFractionDigits: 2 },
  percent: { style: "percent", maximumFractionDigits: 0 },
  fine: { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 },
  one: { maximumFractionDigits: 1 },
  two: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
} as const;

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: "en",
  missingWarn: true,
  fallbackWarn: false,
  messages: { "zh-Hans": {}, en: {} } as Record<Language, Record<string, Record<string, string>>>,
  datetimeFormats: { "zh-Hans": datetime, [BRITISH]: datetime },
  numberFormats: { "zh-Hans": number, en: number },
});

let zone: string | undefined;
// Made once a zone: a page may ask of thousands of instants.
let days = new Intl.DateTimeFormat("sv");

/** The office's time zone: where a deadline is at midnight, whatever the reader's device thinks. */
export function keepZone(name: string | undefined): void {
  zone = name;
  days = new Intl.DateTimeFormat("sv", { timeZone: name });
}

export function timeZone(): string | undefined {
  return zone;
}

/** The day of an instant in the office's zone, `YYYY-MM-DD`. */
export function dayOf(at: string | number | Date): string {
  return days.format(new Date(at));
}

export function today(): string {
  return dayOf(Date.now());
}

export function language(): Language {
  return i18n.global.locale.value as Language;
}

/** The locale that dates are written by. */
export function dateLocale(): Language | typeof BRITISH {
  return language() === "en" ? BRITISH : language();
}

export function speak(chosen: Language): void {
  i18n.global.locale.value = chosen;
  document.documentElement.lang = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // It lasts for this visit.
  }
}
