import type { Room } from "@/rooms";

export const room: Room = {
  name: "account",
  routes: [
    { path: "/sign-in", name: "sign-in", component: () => import("./SignIn.vue"), meta: { open: true, bare: true } },
    { path: "/account", name: "account", component: () => import("./Account.vue") },
  ],
  nav: [],
};
