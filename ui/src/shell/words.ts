import { defineWords } from "@/language/words";

export const useWords = defineWords("shell", {
  language: { zh: "English", en: "中文" },
  theme: { zh: "切换明暗", en: "Light or dark" },
  menu: { zh: "主菜单", en: "Main menu" },
  account: { zh: "我的账户", en: "My account" },
  signOut: { zh: "退出登录", en: "Sign out" },
  update: { zh: "新版本已就绪", en: "A new version is ready" },
  reload: { zh: "立即更新", en: "Update now" },
  welcome: { zh: "{name}，您好", en: "Hello, {name}" },
  where: { zh: "今天您的岗位", en: "Your roles today" },
  noDuty: { zh: "您今天没有任何岗位。请社区负责人为您安排，或先报到。", en: "You have no role today. Ask the leader of your community for one, or check in first." },
  missing: { zh: "没有这个页面", en: "There is no such page" },
  missingLead: { zh: "链接可能已失效，或者您无权查看。", en: "The link may have ended, or what it shows is not yours to see." },
  demo: { zh: "演示：其中人物均为虚构", en: "A demo: nobody in it exists" },
  demoOld: { zh: "，故事停在 {n} 天前", en: "; its story broke off {n} day ago | ; its story broke off {n} days ago" },
  home: { zh: "回到首页", en: "To the first page" },
});
