/** What somebody said a list is for: asked for once, and said again with each list until they leave. */
import { ref } from "vue";
import { whenLeft } from "@/session/session";

export const purpose = ref("");

whenLeft(() => {
  purpose.value = "";
  return Promise.resolve();
});
