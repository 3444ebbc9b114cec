/** Signing out from a menu: a room may want to say something first, and a failure is told. */
import { useRouter } from "vue-router";
import { toast } from "@/design/toast";
import { useDo } from "@/api/use";
import { useCommon } from "@/language/common";
import { signOut } from "@/session/session";

export function useLeave(): () => Promise<void> {
  const router = useRouter();
  const { t } = useCommon();
  const { run, problem } = useDo(async () => {
    await router.push((await signOut()) ?? { name: "sign-in" });
  });
  return async () => {
    if (!(await run()) && problem.value) toast(problem.value.lost ? t("lost") : problem.value.message, "bad");
  };
}
