import type { Room } from "@/rooms";

export const room: Room = {
  name: "stock",
  routes: [{ path: "/stock", name: "stock", component: () => import("./Stock.vue") }],
  nav: [{ path: "/stock", icon: "stock", label: { zh: "物资", en: "Supplies" }, needs: ["manage_stock"], order: 50 }],
};
