import type { Room } from "@/rooms";

export const room: Room = {
  name: "campaigns",
  routes: [
    { path: "/campaigns", name: "campaigns", component: () => import("./CampaignList.vue") },
    { path: "/campaigns/new", name: "new-campaign", component: () => import("./NewCampaign.vue") },
    {
      path: "/campaigns/:campaign",
      component: () => import("./CampaignFrame.vue"),
      props: true,
      children: [
        { path: "", name: "board", component: () => import("./Board.vue"), props: true },
        { path: "doors", name: "campaign-doors", component: () => import("./Doors.vue"), props: true },
        { path: "plan", name: "campaign-plan", component: () => import("./Plan.vue"), props: true },
        { path: "report", name: "campaign-report", component: () => import("./Report.vue"), props: true },
      ],
    },
    { path: "/inbox", name: "inbox", component: () => import("./Inbox.vue") },
  ],
  nav: [
    { path: "/campaigns", icon: "board", label: { zh: "行动", en: "Campaigns" }, about: { zh: "进度、期限、还没人去的门", en: "How far each is, by when, and doors nobody has" }, needs: ["see_doors", "lead"], order: 20, phone: true },
    { path: "/inbox", icon: "flag", label: { zh: "隔离区", en: "Set aside" }, about: { zh: "收到但没能归入的记录", en: "Submissions that could not be worked in" }, needs: ["lead"], order: 25 },
  ],
};
