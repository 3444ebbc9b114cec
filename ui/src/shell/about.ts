/** What this is: a demo says so, and whom to sign in as; a home with a directory says that. Asked once; without an answer it is none. */
import { shallowRef } from "vue";
import { api, ask, type Schemas } from "@/api/client";

export const demo = shallowRef<Schemas["Demo"] | null>(null);
/** Whether one may sign in through a company's directory. */
export const directory = shallowRef(false);

export async function learnAbout(): Promise<void> {
  try {
    const told = await ask(api.GET("/api/v1/about", {}));
    demo.value = told.demo;
    directory.value = told.directory;
  } catch {
    // No signal, or a server of another age: a page without the strip is no harm.
  }
}
