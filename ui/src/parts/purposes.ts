/** What a purpose is for: the programmes' words, asked for once; a purpose's code until they come. */
import { shallowRef } from "vue";
import { api, ask } from "@/api/client";
import { say, type Said } from "@/language/words";

const known = shallowRef<Record<string, Said>>({});
let asked: Promise<void> | null = null;

async function learn(): Promise<void> {
  const packs = await ask(api.GET("/api/v1/programmes"));
  known.value = Object.fromEntries(packs.flatMap((pack) => pack.purposes.map((one) => [one.code, one.text])));
}

/** `purpose("epidemic_support")` in the reader's language. */
export function usePurposes(): (code: string) => string {
  asked ??= learn().catch(() => void (asked = null));
  return (code) => (known.value[code] ? say(known.value[code]) : code);
}
