import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";
import { rooms } from "@/rooms";
import { fromMemory, known, session } from "@/session/session";

declare module "vue-router" {
  interface RouteMeta {
    /** Needs no account. */
    open?: boolean;
    /** Fills the screen: no menu, no margins. */
    bare?: boolean;
    /** May be shown from what the device remembers when there is no signal. */
    offline?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...rooms.flatMap((room) => room.routes),
    { path: "/", name: "start", component: () => import("@/shell/Start.vue") },
    { path: "/:rest(.*)*", name: "missing", component: () => import("@/shell/Missing.vue"), meta: { open: true } },
  ],
  scrollBehavior: (_to, _from, kept) => kept ?? { top: 0 },
});

/** A page's script comes while the session is asked for, not after it. */
function fetchMeanwhile(to: RouteLocationNormalized): void {
  for (const { components } of to.matched) {
    const page = components?.["default"];
    // It fails again, and is told, when the router asks for it.
    if (typeof page === "function" && !("setup" in page)) void Promise.resolve((page as () => unknown)()).catch(() => undefined);
  }
}

router.beforeEach(async (to) => {
  if (!session.asked) fetchMeanwhile(to);
  // In a lift a question may hang for long: what works without the server does not wait for it.
  if (to.meta.offline && fromMemory()) {
    void known();
    return true;
  }
  await known();
  if (to.meta.open) return true;
  if (!session.me || session.ended) {
    return { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
  }
  if (session.me.must_change && to.name !== "account") return { name: "account" };
  return true;
});

router.afterEach((to, from) => {
  // A page read out from its heading on, as after a full load.
  if (to.path === from.path) return;
  requestAnimationFrame(() => document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true }));
});
