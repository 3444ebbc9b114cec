import { defineWords } from "@/language/words";

export const usePartWords = defineWords("parts", {
  byName: { zh: "输入姓名或编号", en: "Name or code" },
  byCode: { zh: "输入名称或编号", en: "Name or code" },
  choosePlace: { zh: "请选择", en: "Choose one" },
  nobody: { zh: "没有找到这样的人", en: "Nobody found" },
  noPlace: { zh: "您的地点中没有找到；户须输入完整编号", en: "No such place among yours; a home goes by its whole code" },
  asWritten: { zh: "按这个编号", en: "By this code" },
  found: { zh: "找到 {n} 个", en: "{n} found | {n} found" },
  choices: { zh: "可选", en: "Choices" },
  looking: { zh: "正在查找…", en: "Looking …" },
  notPicked: { zh: "没有选中“{text}”；请从列表中选择。", en: "“{text}” is none of the list; choose one of it." },
  // A session that ended midway
  signInAgain: { zh: "重新登录", en: "Sign in again" },
  signInLead: { zh: "当前页面和未发送的内容都会保留。", en: "This page stays as it is, with all that is unsent." },
  username: { zh: "用户名", en: "User name" },
  password: { zh: "密码", en: "Password" },
  // A home's curve
  curveOf: { zh: "每日用电量与状态，{first}至{last}", en: "Daily use and state, {first} to {last}" },
  use: { zh: "当日用电量", en: "use of the day" },
  base: { zh: "其中从不停歇的负荷", en: "of which the load that never rests" },
  usual: { zh: "有人时的常用电量（当晚所知）", en: "usual use when people are there, as known that evening" },
  gap: { zh: "未读到", en: "not read" },
  doubtful: { zh: "读数不全，或非实测", en: "read in part, or not measured" },
  curveEmpty: { zh: "没有用电记录", en: "No use is recorded" },
  kwh: { zh: "千瓦时", en: "kWh" },
  day: { zh: "日期", en: "Day" },
  state: { zh: "状态", en: "State" },
  notRead: { zh: "未读到", en: "not read" },
});
