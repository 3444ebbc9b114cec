/** Words that every room uses. DESIGN's words: one word, one meaning. */
import { defineWords } from "@/language/words";

export const useCommon = defineWords("common", {
  lamplit: { zh: "万家灯火", en: "lamplit" },
  cancel: { zh: "取消", en: "Cancel" },
  close: { zh: "关闭", en: "Close" },
  back: { zh: "返回", en: "Back" },
  retry: { zh: "重试", en: "Try again" },
  undo: { zh: "撤销", en: "Undo" },
  more: { zh: "显示更多", en: "Show more" },
  showAll: { zh: "显示全部 {n} 行", en: "Show all {n} rows" },
  search: { zh: "查找", en: "Search" },
  loading: { zh: "载入中…", en: "Loading …" },
  nothing: { zh: "暂无内容", en: "Nothing here yet" },
  offline: { zh: "没有信号", en: "No signal" },
  purpose: { zh: "目的", en: "Purpose" },
  reason: { zh: "原因", en: "Reason" },
  note: { zh: "备注", en: "Note" },
  optional: { zh: "选填", en: "optional" },
  required: { zh: "必填", en: "required" },
  yes: { zh: "是", en: "Yes" },
  menu: { zh: "菜单", en: "Menu" },
  skip: { zh: "跳到正文", en: "Skip to content" },
  print: { zh: "打印", en: "Print" },
  download: { zh: "下载", en: "Download" },
  withheld: { zh: "不足 15 户，不予显示", en: "fewer than 15 homes: not shown" },
  meaning: { zh: "“{word}”是什么意思", en: "What “{word}” means" },
  actions: { zh: "操作", en: "Actions" },
  code: { zh: "编号 {code}", en: "Code {code}" },
  lost: { zh: "连不上服务器。检查网络后重试；未发送的内容不会丢。", en: "The server can't be reached. Check the connection and try again; nothing unsent is lost." },
});

export { STATES, type HomeState } from "@/language/states";
