/**
 * What `public/first.js` asked for before the application's scripts were here. An answer is given out
 * once, and only for as long as nothing can have changed since; whoever gets none asks for it as ever.
 */
interface Early {
  language: string;
  /** When, by this device's clock. */
  asked: number;
  answers: Map<string, Promise<Response>>;
}
declare global {
  interface Window {
    lamplitEarly?: Early;
  }
}
const FRESH_MS = 20_000;

/** The answer to a plain GET of `path` in `language`, and when it was asked for; null where there is none. */
export function early(path: string, language: string, now = Date.now()): { answer: Promise<Response>; asked: number } | null {
  const kept = globalThis.window?.lamplitEarly;
  const answer = kept?.answers.get(path);
  if (!kept || !answer) return null;
  kept.answers.delete(path);
  return kept.language === language && now - kept.asked < FRESH_MS ? { answer, asked: kept.asked } : null;
}
