/** What every page of the phone begins with: the store of who sits here, and one look at the server. */
import { onMounted, ref, type Ref } from "vue";
import { openPhone, phone, sync, wire } from "./phone";

export function usePhone(then?: () => void | Promise<void>): { ready: Ref<boolean>; broken: Ref<boolean> } {
  const ready = ref(false);
  const broken = ref(false);
  onMounted(async () => {
    wire();
    try {
      await openPhone();
      await then?.();
      ready.value = true;
    } catch {
      // No store at all: a private window, or a browser that was told to keep nothing.
      broken.value = true;
      return;
    }
    phone.online = navigator.onLine;
    void sync();
  });
  return { ready, broken };
}
