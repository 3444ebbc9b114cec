/** What a word of the pages means, in a sentence or two, for whoever meets it for the first time. */
import type { Said } from "@/language/words";

export const HELP = {
  states: {
    zh: "零度：一点电也没用，不像有人在家。微电量：只有冰箱、路由器之类在用。低电量：比这户平时少得多，但像有人。",
    en: "Dark: no use at all, nobody seems to be home. Micro: only a fridge or a router runs. Low: far less than this home's usual, yet as if somebody were there.",
  },
  fifteen: {
    zh: "少于 15 户，或其中一户占 15% 以上时，数字不予显示，免得由此推知某一家的情况。",
    en: "A figure of fewer than 15 homes, or of which one home makes more than 15%, is not shown, so that nothing can be concluded about one family.",
  },
  events: {
    zh: "转暗：原来有人的家，连着几天没人了。返回：空着的家又有了人。恒定偏高：用电一直很高又不起伏，像是电器忘了关。作息异常：独居的人今天没有照常用电。",
    en: "Went dark: a home with people in it has been without them for some days. Returned: somebody is back. Frozen high: much use that never changes, as if something was left on. Routine broken: somebody who lives alone did not use power as usual.",
  },
  sure: {
    zh: "名单对自己这句话的把握。“可信程度”页说明它是否名副其实：说九成的，应当十户里有九户属实。",
    en: "How sure the list is of what it says. The page on trust tells whether it keeps its word: of ten homes said with 90%, nine should be so.",
  },
  threshold: {
    zh: "判断一户有没有人时用的界限，例如：一天低于多少度算没有用电。界限一换，名单就不同；在这里试不会改变任何东西。",
    en: "A limit by which a home is judged, for instance under how many kWh a day nothing is used. Other limits give another list; trying them here changes nothing.",
  },
  precision: {
    zh: "名单指向的门，敲开之后有多少确如它所说。标注越少，区间越宽。",
    en: "Of the doors that the list pointed to, the share that were as it said. The fewer labels, the wider the interval.",
  },
  recall: {
    zh: "真正无人的家，名单找到了多少。只有随机抽访的门能说明漏了什么。",
    en: "Of the homes that truly stood empty, the share that the list had found. Only doors chosen by chance tell what was missed.",
  },
  knocks: {
    zh: "平均敲多少次门，才有一个发现：有人需要帮助，或确实无人。",
    en: "How many visits it takes on average until one finds what it was made for.",
  },
  labels: {
    zh: "标注：上门之后写下的答案，与名单当时说的对在一起。每户每次走访一条。",
    en: "A label is the answer from a visit, set beside what the list had said of that home then.",
  },
  reliability: {
    zh: "把握与事实是否相符。点在虚线上方：名单说得太保守；在下方：说得太满。布里尔分越小越好，0 是全对。",
    en: "Whether how sure the list was fits what was found. A dot above the dashed line: it was too careful; below: too sure. The Brier score is better the smaller it is; 0 is never wrong.",
  },
  collector: {
    zh: "采集终端：一栋楼或一片的电表把读数交给它，再由它上传。它坏了，整片同时没有读数。",
    en: "A device that gathers the readings of a building's or a block's meters and sends them on. Where it fails, all of them are missing at once.",
  },
  quarantine: {
    zh: "读不出来的行不会丢：原样放在一边，写明文件、行号和原因。",
    en: "Rows that can't be read are not lost: they lie aside as they came, with file, line and reason.",
  },
  expected: {
    zh: "若每天匀速推进，此刻应已办结的数量。低于它就是落后于计划。",
    en: "What would be done by now if the work went on evenly to the deadline. Fewer means behind the plan.",
  },
  forecast: {
    zh: "照最近的速度，什么时候能办完；区间表示快一些和慢一些时的结果。",
    en: "When it will be finished at the pace of late; the span says what a faster or a slower pace would mean.",
  },
  deadline_holds: {
    zh: "办结：有人应门，或按方案的规定上门够了次数（如三次，且在两个不同时段）。前一个数是预计到期时办结的份额；后一个数是一户不落全部办结的可能，差一户也不算。",
    en: "A door is done when somebody opened, or when it was tried as often as the programme asks (say three times, at two times of day). The first figure is the share of doors to be expected done by the deadline; the second, how likely it is that every single one is: one door short does not count.",
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
