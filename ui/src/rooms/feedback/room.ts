import type { Room } from "@/rooms";

export const room: Room = {
  name: "feedback",
  routes: [
    { path: "/feedback", name: "feedback", component: () => import("./Feedback.vue"), meta: { open: true } },
    { path: "/why", name: "why", component: () => import("./Why.vue"), meta: { open: true } },
    { path: "/words", name: "words", component: () => import("./Words.vue") },
  ],
  nav: [{ path: "/words", icon: "chat", label: { zh: "居民反馈", en: "Residents' words" }, about: { zh: "居民说的话，等您答复", en: "What residents said, and wait to hear" }, needs: ["lead", "operate"], order: 55 }],
};
