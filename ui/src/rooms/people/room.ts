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
    { path: "/check-in", icon: "flag", label: { zh: "报到", en: "Check-in" }, about: { zh: "谁报到了，到了哪个社区", en: "Who came, and to which community" }, needs: ["see_people"], order: 30 },
    { path: "/people", icon: "people", label: { zh: "人员", en: "People" }, about: { zh: "成员、岗位、交接", en: "Members, their roles, and hand-overs" }, needs: ["see_people"], order: 35 },
    { path: "/organisations", icon: "list", label: { zh: "组织", en: "Organisations" }, about: { zh: "单位与支部", en: "Employers and their branches" }, needs: ["see_people", "assign"], order: 36 },
  ],
};
