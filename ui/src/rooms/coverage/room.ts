import type { Room } from "@/rooms";

export const room: Room = {
  name: "coverage",
  routes: [{ path: "/coverage", name: "coverage", component: () => import("./Coverage.vue") }],
  nav: [{ path: "/coverage", icon: "shield", label: { zh: "包保覆盖", en: "Coverage" }, needs: ["see_people"], order: 32 }],
};
