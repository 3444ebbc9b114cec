import type { Room } from "@/rooms";

export const room: Room = {
  name: "readings",
  routes: [
    {
      path: "/readings",
      component: () => import("./ReadingsFrame.vue"),
      children: [
        { path: "", name: "readings", component: () => import("./Intake.vue") },
        { path: "quality", name: "readings-quality", component: () => import("./Quality.vue") },
        { path: "quarantine", name: "readings-quarantine", component: () => import("./Quarantine.vue") },
        { path: "quarantine/:file", name: "readings-rejected", component: () => import("./RejectedRows.vue"), props: true },
        { path: "nights", name: "readings-nights", component: () => import("./LastNights.vue") },
      ],
    },
  ],
  nav: [{ path: "/readings", icon: "chart", label: { zh: "读数", en: "Readings" }, about: { zh: "导入读数，看质量，算夜间状态", en: "Files in, their quality, and the nights" }, needs: ["import", "analyse"], order: 75 }],
};
