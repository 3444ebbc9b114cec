import type { Room } from "@/rooms";

export const room: Room = {
  name: "privacy",
  routes: [{ path: "/privacy", name: "privacy", component: () => import("./Privacy.vue") }],
  nav: [{ path: "/privacy", icon: "eye", label: { zh: "隐私", en: "Privacy" }, about: { zh: "谁看了哪一户，为什么，到何时", en: "Who saw which home, why, and until when" }, needs: ["audit"], order: 90, phone: true }],
};
