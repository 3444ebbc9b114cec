/** Bytes and durations as people say them, in a language (`language()` for the reader's). */
import type { Language } from "@/language/i18n";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function sizeOf(bytes: number, language: Language): string {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1000)));
  const value = bytes / 1000 ** step;
  const style = { style: "unit", unit: UNITS[step], unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: step === 0 || value >= 100 ? 0 : 1 } as const;
  return new Intl.NumberFormat(language, style).format(value);
}

/** In the largest unit that fits, rounded up: nobody is helped by a promise that is too short. */
export function lengthOf(seconds: number, language: Language): string {
  const [unit, length] = seconds >= 5400 ? (["hour", 3600] as const) : seconds >= 90 ? (["minute", 60] as const) : (["second", 1] as const);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(Math.max(1, Math.ceil(seconds / length)));
}
