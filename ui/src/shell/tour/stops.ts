/** The tour's stops, person by person: where one goes, and what to look at there. */
import type { Ability } from "@/session/session";
import type { Said } from "@/language/words";

export interface Stop {
  /** `{campaign}` stands for a campaign that runs. */
  path: string;
  title: Said;
  text: Said;
}
export interface Tour {
  name: "leader" | "analyst" | "privacy" | "operator" | "volunteer";
  /** Whose tour it is: the first that somebody may have. */
  needs: Ability;
  stops: readonly Stop[];
}

export const TOURS: readonly Tour[] = [
  {
    name: "leader", needs: "lead",
    stops: [
      { path: "/facade", title: { zh: "先看灯火", en: "First the lights" }, text: { zh: "每扇窗是一户。亮着的有人，暗下去的可能空了；拖动时间，看灯一夜夜熄灭又亮起。", en: "Each window is a home. Lit ones have people; drag the time and see lights go out night by night, and come back." } },
      { path: "/campaigns", title: { zh: "再看行动", en: "Then the campaigns" }, text: { zh: "每张卡片用一句话说明能否按期完成。点开正在进行的三天摸排。", en: "Each card says in one sentence whether the deadline holds. The three-day sweep is the one to open." } },
      { path: "/campaigns/{campaign}", title: { zh: "看板", en: "The board" }, text: { zh: "办结多少、此刻应办多少、预计何时办完。没人去的楼栋排在最前，可以直接派人。", en: "What is done, what should be by now, when it will end. Buildings that nobody goes to come first: send somebody from here." } },
      { path: "/campaigns/{campaign}/doors", title: { zh: "每一扇门", en: "Door by door" }, text: { zh: "选中几户，一次派给一个人；也可以打印走访清单，带二维码。", en: "Choose some and give them to a person at once; or print a walk list with codes to scan." } },
      { path: "/campaigns/{campaign}/plan", title: { zh: "让计划来排", en: "Let it be planned" }, text: { zh: "算出谁去哪些门、什么顺序、赶不赶得上；启用前先看会影响谁。", en: "Who goes to which doors in which order, and whether that is in time. Before it is applied you see whom it affects." } },
      { path: "/coverage", title: { zh: "谁在包保", en: "Who covers what" }, text: { zh: "选一个社区：红色的楼栋还没有人负责。给其中一栋找一个人，这一圈就走完了。", en: "Choose a community: its red buildings have nobody. Find somebody for one of them, and you have seen it all." } },
    ],
  },
  {
    name: "analyst", needs: "analyse",
    stops: [
      { path: "/analysis", title: { zh: "全城的夜晚", en: "The city's nights" }, text: { zh: "各状态的户数逐夜变化；不足 15 户的地方不予显示。今晚的名单要先说明目的。", en: "Homes by state, night by night; what fewer than 15 homes would tell is not shown. Tonight's list asks for a purpose first." } },
      { path: "/analysis/what-if", title: { zh: "试调阈值", en: "Play with a threshold" }, text: { zh: "移动滑块，看名单怎样变化；什么都不会改动。", en: "Move a slider and see the list answer. Nothing is changed by it." } },
      { path: "/analysis/trust", title: { zh: "可信到什么程度", en: "How far to trust it" }, text: { zh: "敲门的结果说明名单有多准；随机抽取的门说明漏掉了多少。", en: "What was found at the doors says how often the list is right; doors drawn by chance say what it misses." } },
      { path: "/facade", title: { zh: "回到灯火", en: "Back to the lights" }, text: { zh: "同样的状态，画成一扇扇窗。", en: "The same states, as windows." } },
    ],
  },
  {
    name: "privacy", needs: "audit",
    stops: [
      { path: "/privacy", title: { zh: "谁看了哪一户", en: "Who opened which home" }, text: { zh: "每一次查看都有姓名、目的和时间；被拒绝的也在这里。", en: "Each opening with its name, purpose and time; the refused ones too." } },
      { path: "/places", title: { zh: "别人能看到什么", en: "What others see" }, text: { zh: "打开一个社区：数字不足 15 户时不予显示，也推算不出来。", en: "Open a community: what fewer than 15 homes would tell is not shown, and can't be worked out." } },
    ],
  },
  {
    name: "operator", needs: "operate",
    stops: [
      { path: "/operator", title: { zh: "系统状态", en: "How the office stands" }, text: { zh: "磁盘、数据库、最近的夜间计算，以及账号与令牌。", en: "The disk, the store, the last nights; accounts and tokens." } },
      { path: "/places/import", title: { zh: "导入名册", en: "Bring lists in" }, text: { zh: "放入一个文件，先看会改动什么，再决定。", en: "Drop a file, read what it would change, and decide then." } },
    ],
  },
  {
    name: "volunteer", needs: "perform",
    stops: [
      { path: "/phone", title: { zh: "今天的门", en: "Today's doors" }, text: { zh: "按楼栋、单元排好。没有信号也能用；顶上写着还有几条没发出去。", en: "By building and unit. It works without a signal; the strip above says what is not sent yet." } },
      { path: "/phone/finished", title: { zh: "我完成的", en: "What I have done" }, text: { zh: "每条都有服务器的回执，不会丢。", en: "Each with the server's receipt: nothing is lost." } },
    ],
  },
];

/** The tour of whoever has these abilities, without stops whose pages are not there. */
export function tourFor(may: (one: Ability) => boolean, exists: (path: string) => boolean): Tour | null {
  const found = TOURS.find((one) => may(one.needs));
  const stops = found?.stops.filter((one) => exists(one.path.replace("{campaign}", "x"))) ?? [];
  return found && stops.length ? { ...found, stops } : null;
}
