import type { Room } from "@/rooms";

export const room: Room = {
  name: "programmes",
  routes: [
    { path: "/programmes", name: "programmes", component: () => import("./Catalogue.vue") },
    { path: "/programmes/:programme", name: "programme", component: () => import("./Programme.vue"), props: true },
  ],
  nav: [{ path: "/programmes", icon: "programme", label: { zh: "方案", en: "Programmes" }, needs: ["lead", "see_people", "analyse"], order: 38 }],
};
