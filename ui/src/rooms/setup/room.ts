import type { Room } from "@/rooms";

export const room: Room = {
  name: "setup",
  routes: [{ path: "/setup", name: "setup", component: () => import("./Setup.vue"), meta: { open: true, bare: true } }],
  nav: [],
};
