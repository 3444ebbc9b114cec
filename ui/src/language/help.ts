/** What a word of the pages means, in a sentence or two, for whoever meets it for the first time. */
import type { Said } from "@/language/words";

export const HELP = {
  states: {
    zh: "零度：一点电也没用，不像有人在家。微电量：只有冰箱、路由器之类在用。低电量：比这户平时少得多，但像有人。",
    en: "Dark: no use at all, nobody seems to be home. Micro: only a fridge or a router runs. Low: far less than this home's usual, yet as if somebody were there.",
  },
  fifteen: {
    zh: "少于 15 户，或其中一户占 15% 以上时，数字不予显示，免得由此推知某一家的情况。",
    en: "A figure of fewer than 15 homes, or of which one home makes more than 15 %, is not shown, so that nothing can be concluded about one family.",
  },
  expected: {
    zh: "若每天匀速推进，此刻应已办结的数量。低于它就是落后于计划。",
    en: "What would be done by now if the work went on evenly to the deadline. Fewer means behind the plan.",
  },
  forecast: {
    zh: "照最近的速度，什么时候能办完；区间表示快一些和慢一些时的结果。",
    en: "When it will be finished at the pace of late; the span says what a faster or a slower pace would mean.",
  },
  covered: {
    zh: "包保：有人负责这栋楼或这一户，经常问候，有事找得到人。",
    en: "Somebody is responsible for this building or home: asks after its people, and can be found when something happens.",
  },
  unclaimed: {
    zh: "还没有人认领的门。先派人去这些楼栋。",
    en: "Doors that nobody has taken yet. Send the next pair of hands to these buildings.",
  },
  set_aside: {
    zh: "收到但无法自动归入的记录。原文一直保留，由负责人决定重试或作废。",
    en: "Submissions that came but could not be worked in. Their text is kept; a leader tries them again or sets them aside for good.",
  },
} as const satisfies Record<string, Said>;

export type Term = keyof typeof HELP;
