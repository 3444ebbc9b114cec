import type { Room } from "@/rooms";
import { beforeLeaving, whenLeft } from "@/session/session";

const offline = { meta: { offline: true } };

export const room: Room = {
  name: "phone",
  routes: [
    { path: "/phone", name: "phone", component: () => import("./Today.vue"), ...offline },
    { path: "/phone/door/:task", name: "phone-door", component: () => import("./Door.vue"), props: true, ...offline },
    { path: "/phone/form/:task", name: "phone-form", component: () => import("./FormPage.vue"), props: true, ...offline },
    { path: "/phone/finished", name: "phone-finished", component: () => import("./Finished.vue"), ...offline },
    { path: "/phone/scan", name: "phone-scan", component: () => import("./Scan.vue"), ...offline },
    { path: "/phone/check-in", name: "phone-check-in", component: () => import("./CheckIn.vue"), ...offline },
    { path: "/phone/leave", name: "phone-leave", component: () => import("./Leave.vue"), ...offline },
  ],
  nav: [{ path: "/phone", icon: "phone", label: { zh: "走访", en: "Visits" }, about: { zh: "今天要去的门和地点", en: "The doors and places to go to today" }, needs: ["perform"], order: 5, phone: true }],
};

beforeLeaving(async () => (await import("./leaving")).first());
whenLeft(async () => (await import("./leaving")).clear());
