import { computed } from "vue";
import { api, ask } from "@/api/client";
import { useAsk } from "@/api/use";
import { leftOver } from "./standing";

/** Asked once, when a page opens. */
export function useStanding(now = true) {
  const asked = useAsk(async () => {
    const [jobs, imports] = await Promise.all([
      ask(api.GET("/api/v1/jobs", { params: { query: { limit: 50 } } })),
      ask(api.GET("/api/v1/imports", {})),
    ]);
    return { jobs: jobs.items, imports };
  }, now);
  const jobs = computed(() => asked.data.value?.jobs ?? []);
  const imports = computed(() => asked.data.value?.imports ?? []);
  return {
    asked, jobs, imports,
    left: computed(() => leftOver(jobs.value, imports.value, ["registry", "table"])),
  };
}
