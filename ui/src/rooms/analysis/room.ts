import type { Room } from "@/rooms";

export const room: Room = {
  name: "analysis",
  routes: [
    {
      path: "/analysis",
      component: () => import("./AnalysisFrame.vue"),
      children: [
        { path: "", name: "analysis", component: () => import("./City.vue") },
        { path: "list", name: "analysis-list", component: () => import("./Tonight.vue") },
        { path: "what-if", name: "what-if", component: () => import("./WhatIf.vue") },
        { path: "trust", name: "trust", component: () => import("./Trust.vue") },
      ],
    },
    { path: "/analysis/home/:home", name: "analysis-home", component: () => import("./HomePage.vue"), props: true },
  ],
  nav: [{ path: "/analysis", icon: "analysis", label: { zh: "分析", en: "Analysis" }, about: { zh: "今晚的名单，它有多可信，换个阈值会怎样", en: "Tonight's list, how far to trust it, and what other limits would give" }, needs: ["analyse"], order: 70, phone: true }],
};
