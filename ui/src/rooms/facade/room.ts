import type { Room } from "@/rooms";

export const room: Room = {
  name: "facade",
  routes: [
    { path: "/facade", name: "facades", component: () => import("./Choose.vue") },
    { path: "/facade/:community", name: "facade", component: () => import("./Facade.vue"), props: true },
  ],
  nav: [{ path: "/facade", icon: "facade", label: { zh: "灯火", en: "Façade" }, needs: ["see_area"], order: 10, phone: true }],
};
