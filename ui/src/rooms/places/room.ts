import type { Room } from "@/rooms";

export const room: Room = {
  name: "places",
  routes: [
    { path: "/places/import", name: "places-import", component: () => import("./import/ImportPage.vue") },
    {
      path: "/places",
      component: () => import("./Frame.vue"),
      children: [
        { path: "", name: "places", component: () => import("./Mine.vue") },
        { path: ":place/map", name: "place-map", component: () => import("./map/MapPage.vue"), props: true },
        { path: ":place", name: "place", component: () => import("./PlacePage.vue"), props: true },
      ],
    },
  ],
  nav: [{ path: "/places", icon: "place", label: { zh: "地点", en: "Places" }, about: { zh: "社区、楼栋、住户，地图", en: "Communities, buildings, homes; the map" }, needs: ["see_people", "analyse", "import", "lead"], order: 34 }],
};
