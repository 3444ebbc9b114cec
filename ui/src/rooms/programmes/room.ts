import type { Room } from "@/rooms";

export const room: Room = {
  name: "programmes",
  routes: [
    { path: "/programmes", name: "programmes", component: () => import("./Catalogue.vue") },
    { path: "/programmes/:programme", name: "programme", component: () => import("./Programme.vue"), props: true },
  ],
  nav: [{ path: "/programmes", icon: "programme", label: { zh: "方案", en: "Programmes" }, about: { zh: "每类行动怎么做，问什么", en: "How each kind of campaign goes, and what it asks" }, needs: ["lead", "see_people", "analyse"], order: 38 }],
};
