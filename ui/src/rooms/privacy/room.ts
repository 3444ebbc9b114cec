import type { Room } from "@/rooms";

export const room: Room = {
  name: "privacy",
  routes: [{ path: "/privacy", name: "privacy", component: () => import("./Privacy.vue") }],
  nav: [{ path: "/privacy", icon: "eye", label: { zh: "隐私", en: "Privacy" }, needs: ["audit"], order: 90 }],
};
