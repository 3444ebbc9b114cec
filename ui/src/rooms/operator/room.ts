import type { Room } from "@/rooms";

export const room: Room = {
  name: "operator",
  routes: [
    {
      path: "/operator",
      component: () => import("./OperatorFrame.vue"),
      children: [
        { path: "", name: "operator", component: () => import("./Standing.vue") },
        { path: "accounts", name: "operator-accounts", component: () => import("./Accounts.vue") },
        { path: "accounts/:username", name: "operator-account", component: () => import("./AccountPage.vue"), props: true },
        { path: "jobs", name: "operator-jobs", component: () => import("./Jobs.vue") },
      ],
    },
  ],
  nav: [{ path: "/operator", icon: "settings", label: { zh: "运维", en: "Operation" }, about: { zh: "账号、后台任务、运行状况", en: "Accounts, jobs, and how the program is" }, needs: ["operate"], order: 95, phone: true }],
};
