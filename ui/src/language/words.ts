/**
 * A room's words: each text in both languages, side by side, so that none can be missing.
 *
 *     const useWords = defineWords("board", {
 *       title: { zh: "行动看板", en: "Board" },
 *       left: { zh: "还剩 {n} 户", en: "{n} door left | {n} doors left" },
 *     });
 *     const { t } = useWords();   t("left", { n: 3 }, 3)
 */
import { useI18n } from "vue-i18n";
import { dateLocale, i18n, language, timeZone } from "@/language/i18n";
import { isolated } from "@/language/isolated";

export type DateFormat = "day" | "short" | "weekday" | "time" | "moment";

/** A text in both languages; English may have a plural after ` | `. */
export interface Said {
  readonly zh: string;
  readonly en: string;
}

/** Which of both the reader reads; `null` where there is none. */
export function say(text: Said | { zh: string; en: string }): string {
  return isolated(language() === "en" ? text.en : text.zh);
}

/** A place's or organisation's name in the reader's language, else in the other, else its code. */
export function nameOf(one: { name_zh?: string | null; name_en?: string | null; code?: string }): string {
  const [first, second] = language() === "en" ? [one.name_en, one.name_zh] : [one.name_zh, one.name_en];
  return isolated(first || second || one.code || "");
}

/** Names one after another: 、 parts them in Chinese. */
export function listed(names: readonly string[]): string {
  return names.join(language() === "en" ? ", " : "、");
}

/** What stands in a sentence turns none of its words. */
function apart(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, typeof value === "string" ? isolated(value) : value]));
}

/** A key as vue-i18n keeps it: a dot in `kind.home.refused` would be a way into an object. */
const flat = (key: string): string => key.replaceAll(".", "__");

const taken = new Set<string>();

/** An instant in the office's zone; a plain day (`2026-03-01`) is that day everywhere. */
export function dated(value: string | number | Date, key: DateFormat): string {
  const plain = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
  return i18n.global.d(new Date(value), { key, locale: dateLocale(), timeZone: plain ? "UTC" : timeZone() });
}

export function defineWords<const Words extends Record<string, Said>>(room: string, words: Words) {
  if (taken.has(room) && import.meta.env.PROD) throw new Error(`two rooms speak as ${room}`);
  taken.add(room);
  const pick = (which: "zh" | "en") =>
    Object.fromEntries(Object.entries(words).map(([key, said]) => [flat(key), said[which]]));
  i18n.global.mergeLocaleMessage("zh-Hans", { [room]: pick("zh") });
  i18n.global.mergeLocaleMessage("en", { [room]: pick("en") });
  type Key = keyof Words & string;

  return function useWords() {
    const { t: translate, n } = useI18n({ useScope: "global" });
    function t(key: Key, values: Record<string, unknown> = {}, count?: number): string {
      return count === undefined
        ? translate(`${room}.${flat(key)}`, apart(values))
        : translate(`${room}.${flat(key)}`, apart(values), count);
    }
    return { t, d: dated, n };
  };
}
