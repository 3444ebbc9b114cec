import { defineWords } from "@/language/words";

export const useWords = defineWords("coverage", {
  title: { zh: "包保覆盖", en: "Coverage" },
  lead: { zh: "任何一天，谁负责哪一栋、哪一户，哪里还没有人。过去的日子保持原样。", en: "Who is responsible for what on any day, and what nobody is. Past days stay as they were." },
  place: { zh: "地点", en: "Place" },
  day: { zh: "日期", en: "Day" },
  homes: { zh: "有人负责的户", en: "Homes that somebody covers" },
  people: { zh: "责任人", en: "People responsible" },
  open: { zh: "无人负责", en: "Nobody" },
  some: { zh: "部分", en: "In part" },
  all: { zh: "有人负责", en: "Covered" },
  buildings: { zh: "楼栋", en: "Buildings" },
  allCovered: { zh: "每一栋都有人负责。", en: "Somebody is responsible for every building." },
  give: { zh: "指定责任人", en: "Make somebody responsible" },
  giveLead: { zh: "从今天起负责{place}。", en: "Responsible for {place} from today." },
  person: { zh: "人员", en: "Person" },
  given: { zh: "{name}负责{place}", en: "{name} is responsible for {place}" },
  of: { zh: "{covered} / {homes} 户", en: "{covered} of {homes} homes" },
  none: { zh: "这里还没有楼栋", en: "No buildings here yet" },
  communities: { zh: "各社区", en: "By community" },
  community: { zh: "社区", en: "Community" },
});
