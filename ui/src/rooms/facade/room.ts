import type { Room } from "@/rooms";

export const room: Room = {
  name: "facade",
  routes: [
    { path: "/facade", name: "facades", component: () => import("./Choose.vue") },
    { path: "/facade/:community", name: "facade", component: () => import("./Facade.vue"), props: true },
  ],
  nav: [{ path: "/facade", icon: "facade", label: { zh: "灯火", en: "Façade" }, about: { zh: "一扇扇窗：哪家亮着，哪家走访过", en: "Window by window: who is there, who was visited" }, needs: ["see_area"], order: 10, phone: true }],
};
