import type { Room } from "@/rooms";

export const room: Room = {
  name: "stock",
  routes: [{ path: "/stock", name: "stock", component: () => import("./Stock.vue") }],
  nav: [{ path: "/stock", icon: "stock", label: { zh: "物资", en: "Supplies" }, about: { zh: "收到与发出的物资", en: "What came in, and what was handed out" }, needs: ["manage_stock"], order: 50 }],
};
