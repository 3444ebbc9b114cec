import type { Room } from "@/rooms";

export const room: Room = {
  name: "coverage",
  routes: [{ path: "/coverage", name: "coverage", component: () => import("./Coverage.vue") }],
  nav: [{ path: "/coverage", icon: "shield", label: { zh: "包保覆盖", en: "Coverage" }, about: { zh: "哪些楼有人负责，哪些没有", en: "Which buildings somebody answers for, and which nobody" }, needs: ["see_people"], order: 32 }],
};
