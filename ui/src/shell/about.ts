/** What this is: a demo says so, and whom to sign in as. Asked once; without an answer it is none. */
import { shallowRef } from "vue";
import { api, ask, type Schemas } from "@/api/client";

export const demo = shallowRef<Schemas["Demo"] | null>(null);

export async function learnAbout(): Promise<void> {
  try {
    demo.value = (await ask(api.GET("/api/v1/about", {}))).demo;
  } catch {
    // No signal, or a server of another age: a page without the strip is no harm.
  }
}
