import type { Room } from "@/rooms";

export const room: Room = {
  name: "people",
  routes: [
    { path: "/check-in", name: "check-in", component: () => import("./CheckIn.vue") },
    { path: "/people", name: "people", component: () => import("./PeopleList.vue") },
    { path: "/people/:person", name: "person", component: () => import("./PersonPage.vue"), props: true },
    { path: "/organisations", name: "organisations", component: () => import("./Organisations.vue") },
  ],
  nav: [
    { path: "/check-in", icon: "flag", label: { zh: "报到", en: "Check-in" }, needs: ["see_people"], order: 30 },
    { path: "/people", icon: "people", label: { zh: "人员", en: "People" }, needs: ["see_people"], order: 35 },
    { path: "/organisations", icon: "list", label: { zh: "组织", en: "Organisations" }, needs: ["see_people", "assign"], order: 36 },
  ],
};
